package format

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/record"
)

// collecting makes rows of three columns that are written down as they are handed out.
func collecting() (r *Rows, got *[]string) {
	got = new([]string)
	places := &record.Places{}
	out := Output{Places: places, Batch: func(b *record.Batch) error {
		for i := range b.Len() {
			row := ""
			for _, c := range b.Record(i) {
				p := places.At(c.Place)
				row += fmt.Sprintf("%s %d %q|", p.Field, p.Mode, b.Bytes(c))
			}
			*got = append(*got, row)
		}
		return nil
	}}
	r = NewRows(out)
	for _, name := range []string{"a", "b", "c"} {
		r.Column(name, name)
	}
	return r, got
}

// TestLinesAreRows: the same rows, as lines and value by value, are handed out alike.
func TestLinesAreRows(t *testing.T) {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`)
	rapid.Check(t, func(t *rapid.T) {
		lines, want := collecting()
		single, got := collecting()
		for range rapid.IntRange(1, 3).Draw(t, "blocks") {
			var text string
			for range rapid.IntRange(1, 9).Draw(t, "rows") {
				var row []string
				for column := range 3 {
					length := rapid.SampledFrom([]int{0, 1, 5, 63, 64, 199, 201, 3000}).Draw(t, "length")
					v := strings.Repeat(rapid.SampledFrom([]string{"x", "é1", "\t", "\n", `\`, `N\`}).Draw(t, "value"), length)[:length]
					if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
						row, v = append(row, `\N`), ""
					} else {
						row = append(row, escape.Replace(v))
					}
					if err := single.Put(column, []byte(v)); err != nil {
						t.Fatal(err)
					}
				}
				if err := single.End(); err != nil {
					t.Fatal(err)
				}
				text += strings.Join(row, "\t") + "\n"
			}
			room, err := lines.Room(len(text))
			copy(room, text)
			if err == nil {
				err = lines.Lines()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := single.Flush(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*want, *got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLinesOfOtherTables(t *testing.T) {
	for _, text := range []string{"a\tb\n", "a\tb\tc\td\n", "a\n", "\n", "a\tb\tc", "a\tb\nc\td\te\tf\n"} {
		r, _ := collecting()
		room, _ := r.Room(len(text))
		copy(room, text)
		if err := r.Lines(); err == nil {
			t.Errorf("%q are rows of three columns", text)
		}
	}
}
