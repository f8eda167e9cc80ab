package reviews

import (
	"fmt"

	"github.com/chartroom/chartroom/cmd/chartroom/papers"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/spf13/cobra"
)

// papers writes the documents into a folder.
func (p *Program) papers(cmd *cobra.Command, room *Room, f asked) error {
	content, err := papers.Content(cmd.Context(), room.Catalog, room.Question, f.custodian)
	if err != nil {
		return p.nobody(err)
	}
	names, err := papers.Write(f.out, content)
	if err != nil {
		return err
	}
	ans := &show.Answer{Structs: names, Columns: []show.Column{{Name: "FILE"}}, First: fmt.Sprintf("Written to %s:", f.out), Last: "They name repositories and accounts: guard them as you guard the catalog."}
	for _, n := range names {
		ans.Rows = append(ans.Rows, []string{n})
	}
	return p.Print(cmd, ans)
}
