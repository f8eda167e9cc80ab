package threat

import (
	"fmt"
	"testing"

	"github.com/chartroom/chartroom/threat"
	"github.com/chartroom/chartroom/threat/playbook"
)

func TestFull(t *testing.T) {
	w := world{principals: 100_000, stores: 2_000, permissions: 1_000_000, people: 2_000_000}
	book, _ := playbook.Shipped()
	f := w.facts()
	c := w.newCounter(f)
	var a *threat.Answer
	var err error
	fmt.Println(spent(func() { a, err = threat.Walk(threat.Input{Facts: f, Book: book, Counter: c}) }), err)
	fmt.Println(len(a.Paths), a.Omitted, len(a.Controls), a.Doubts)
}
