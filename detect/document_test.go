package detect

import (
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// TestAuthors: the author of a document makes it no list of persons; many names of staff do, and so does an address beside one.
func TestAuthors(t *testing.T) {
	e := New(nil)
	author := record.Place{Field: "creator", Kind: phi.Name, Part: phi.PartFull, Subject: phi.Workforce}
	mail := record.Place{Field: "mail", Kind: phi.Email, Subject: phi.Workforce}
	if got, _ := look(e, "a.docx", []value{{place: author, text: "Percy Clerk"}}); got.Verdict != phi.VerdictNone || len(got.Findings) != 1 {
		t.Errorf("one author: %v, %d findings", got.Verdict, len(got.Findings))
	}
	if got, _ := look(e, "a.docx", []value{{place: author, text: "Percy Clerk"}, {place: mail, text: "percy@lakeside.example"}}); got.Verdict != phi.VerdictPII {
		t.Errorf("with a mail address: %v", got.Verdict)
	}
	var staff [][]value
	for i := range manyNames {
		staff = append(staff, []value{{place: author, text: fmt.Sprintf("Percy Clerk %c", 'A'+i)}})
	}
	if got, _ := look(e, "a.docx", staff...); got.Verdict != phi.VerdictPII {
		t.Errorf("many names: %v", got.Verdict)
	}
}

// TestDocument: a text that speaks for itself tells whom it is about, though other places stand beside it.
func TestDocument(t *testing.T) {
	e := New(nil)
	author := value{place: record.Place{Field: "creator", Kind: phi.Name, Part: phi.PartFull, Subject: phi.Workforce}, text: "Percy Clerk"}
	for _, document := range []bool{false, true} {
		text := record.Place{Field: "text", Mode: record.Text, Kind: phi.FreeText, Document: document}
		got, met := look(e, "a.docx", []value{author}, []value{{place: text, text: "Discharge summary\nPatient: Ada Byron\nMRN: 10020034\nThe patient was admitted with pneumonia and discharged on oral medication.\n"}})
		persons := 0
		for range met {
			persons++
		}
		if got.Verdict != phi.VerdictPHI || (persons == 1) != document {
			t.Errorf("document %v: %v, %d persons", document, got.Verdict, persons)
		}
	}
}
