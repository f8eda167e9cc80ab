package threats

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"
)

// Brief prints in a few lines what a crew could do: how many people, by which path first, and what breaks it.
func (p *Program) Brief(cmd *cobra.Command) error {
	book, err := p.book(asked{})
	if err != nil {
		return err
	}
	room, err := p.Open(cmd)
	if err != nil {
		return err
	}
	defer room.Close()
	told, err := room.facts(cmd.Context(), book)
	if err != nil {
		return err
	}
	w := &walk{Program: p, asked: asked{most: 1, mostCuts: 1}, room: room, book: book, told: told}
	if err := w.walk(); err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "\n%s\n", w.first())
	for i := range w.answer.Paths {
		path := &w.answer.Paths[i]
		fmt.Fprintf(&b, "  %s, %s: %s\n", sure(path.Certain), people(&path.Loss), path.Title)
		for _, c := range path.Cuts[:min(len(path.Cuts), 3)] {
			fmt.Fprintf(&b, "    broken by: %s (%s)\n", c.Words, effort(c.Effort))
		}
	}
	b.WriteString("Every path, and what to ask: chartroom threat\n")
	_, err = b.WriteTo(cmd.OutOrStdout())
	return err
}
