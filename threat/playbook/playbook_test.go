package playbook

import "testing"

func TestShippedRowsAreSound(t *testing.T) {
	b, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Rows) != 64 {
		t.Errorf("%d rows", len(b.Rows))
	}
}
