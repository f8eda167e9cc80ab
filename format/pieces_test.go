package format

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestPiecesLoseNothing: what counts of all pieces is the text, each begins and ends at a character, and each but the last has context
// behind it.
func TestPiecesLoseNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		unit := rapid.SampledFrom([]string{"a", "é", "😀", "abc é 😀 "}).Draw(r, "unit")
		text := strings.Repeat(unit, rapid.SampledFrom([]int{0, 1, 100, pieceSize - 1, pieceSize, pieceSize + 1, 3 * pieceSize}).Draw(r, "times"))
		var got strings.Builder
		last := false
		err := Pieces(iotest.HalfReader(strings.NewReader(text)), func(p Piece) error {
			if last || !utf8.Valid(p.Text[p.From:p.To]) || !p.Last && len(p.Text)-p.To < overlap || p.From > overlap+utf8.UTFMax {
				r.Errorf("a piece from %d to %d of %d, last %v", p.From, p.To, len(p.Text), p.Last)
			}
			last = p.Last
			got.Write(p.Text[p.From:p.To])
			return nil
		})
		if err != nil || got.String() != text || !last && text != "" {
			r.Errorf("%d bytes of %d, %v", got.Len(), len(text), err)
		}
	})
}

func TestPiecesGiveErrorsBack(t *testing.T) {
	broken := errors.New("broken")
	n := 0
	err := Pieces(io.MultiReader(strings.NewReader("some"), iotest.ErrReader(broken)), func(p Piece) error { n += p.To - p.From; return nil })
	if !errors.Is(err, broken) || n != 4 {
		t.Errorf("%v after %d bytes", err, n)
	}
	if err := Pieces(strings.NewReader("some"), func(Piece) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}
