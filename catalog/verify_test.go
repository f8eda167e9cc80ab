package catalog

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/catalog/store/storetest"
)

func TestVerifyFindsContradictions(t *testing.T) {
	for name, damage := range map[string]string{
		"an inner item outlives its outer": `UPDATE items SET to_at = from_at WHERE top IS NULL`,
		"time runs backwards":              `UPDATE items SET to_at = from_at - 1`,
		"a sketch is missing":              `UPDATE contents SET people = NULL`,
		"a trace is of nothing":            `INSERT INTO traces (item, number, bytes) SELECT 1000000, 0, people FROM contents WHERE people IS NOT NULL LIMIT 1`,
		"a word is missing":                `PRAGMA foreign_keys = 0; DELETE FROM words`,
	} {
		t.Run(name, func(t *testing.T) {
			if storetest.OnServer() && strings.HasPrefix(damage, "PRAGMA") {
				t.Skip("a server lets nobody remove what others refer to")
			}
			s := newStory(t)
			s.survey([]thing{zipped()})
			if _, err := s.c.file.Write.ExecContext(context.Background(), damage); err != nil {
				t.Fatal(err)
			}
			if err := s.c.Verify(s.ctx, officer); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
		})
	}
}
