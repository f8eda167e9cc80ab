package inventory

import (
	"encoding/json"
	"testing"
)

func parse(t *testing.T, s string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	return strip(v)
}

func TestDifference(t *testing.T) {
	const calm = `[{"repository":"a","people":{"estimate":5},"evidence":{"seen":"2025-01-02T03:04:05Z","coverage":"all"}},{"repository":"b"}]`
	for _, c := range []struct{ name, other, want string }{
		{"same", calm, ""},
		{"other times and coverage", `[{"repository":"a","people":{"estimate":5},"evidence":{"seen":"2026-11-12T13:14:15.678+02:00","coverage":"unchanged"}},{"repository":"b"}]`, ""},
		{"other count", `[{"repository":"a","people":{"estimate":6},"evidence":{"seen":"2025-01-02T03:04:05Z"}},{"repository":"b"}]`, "[0].people.estimate: 5 undisturbed, 6 after the kills"},
		{"one entry less", `[{"repository":"a","people":{"estimate":5},"evidence":{"seen":"2025-01-02T03:04:05Z"}}]`, ": 2 entries undisturbed, 1 after the kills"},
		{"missing", `[{"repository":"a","evidence":{"seen":"2025-01-02T03:04:05Z"}},{"repository":"b"}]`, "[0].people: missing after the kills"},
		{"more", `[{"repository":"a","people":{"estimate":5},"evidence":{"seen":"2025-01-02T03:04:05Z"}},{"repository":"b","x":1}]`, "[1].x: only after the kills"},
		{"other shape", `[{"repository":"a","people":[],"evidence":{"seen":"2025-01-02T03:04:05Z"}},{"repository":"b"}]`, "[0].people: object on one side only"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := difference(parse(t, calm), parse(t, c.other), ""); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
