package fingerprint

import (
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// TestMarksAndTracesStay: catalogs keep marks and traces, so the same key must make the same ones of the same record for ever, alone or
// behind another record, the traces before the marks or behind them.
func TestMarksAndTracesStay(t *testing.T) {
	k := Key{new([32]byte)}
	for i := range k.secret {
		k.secret[i] = byte(i)
	}
	marks, traces, several := fnv.New64a(), fnv.New64a(), k.Marker("postgres://a/b")
	pick := func(n *int, of ...string) []byte {
		v := of[*n%len(of)]
		*n /= len(of)
		return []byte(v)
	}
	const records = 3 * 4 * 4 * 3 * 2 * 3 * 6 * 2
	for i := range records {
		n := i
		id := record.Identity{Family: pick(&n, "", "Peña-Ortiz", "O'Neil"), Given: pick(&n, "", "José Luis", " Ann", "X"), Full: pick(&n, "", "Dr Jane Q Smith Jr", "SMITH, John", "Cher"),
			Birth: pick(&n, "", "1962-03-04", "3/5/1971"), Email: pick(&n, "", "A@Example.org"), Phone: pick(&n, "", "+1 (415) 556-0123", "206-555-0123")}
		switch number := pick(&n, "", "00104-231", "219-46-8317", "W685125350", "12", "d4aac6dd-e0c5"); n {
		case 0:
			id.IDs = []record.ID{{Kind: phi.MRN, Value: number}, {Kind: phi.Account, Value: []byte("77123456")}}
		default:
			id.IDs = []record.ID{{Kind: phi.SSN, Value: number}, {Kind: phi.HealthPlanID, Value: []byte("ab-98765"), Local: true}}
		}
		alone := k.Marker("postgres://a/b")
		left := fmt.Sprintln(alone.Traces(&id))
		who, ok := alone.Person(&id)
		marked := fmt.Sprintln(who.Marks, who.Birth, ok)
		marks.Write([]byte(marked))
		traces.Write([]byte(left))
		who, ok = several.Person(&id)
		if again := fmt.Sprintln(several.Traces(&id)) + fmt.Sprintln(who.Marks, who.Birth, ok); again != left+marked {
			t.Fatalf("record %d: %s behind another, %s alone", i, again, left+marked)
		}
	}
	if got := fmt.Sprintf("%x %x", marks.Sum64(), traces.Sum64()); got != "774386dfa0d344d 5ed03970bf621105" {
		t.Errorf("the marks or traces of %d records have changed: their sums are %s", records, got)
	}
}
