package hl7v2

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/format"
	"github.com/chartroom/chartroom/format/formattest"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// kinds are the kinds at each field, without its component.
type kinds map[string]map[phi.Kind]bool

// kindsOf reads a file.
func kindsOf(t testing.TB, path string) kinds {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := kinds{}
	places := &record.Places{}
	out := format.Output{
		Places: places,
		Batch: func(b *record.Batch) error {
			for _, c := range b.Cells {
				p := places.At(c.Place)
				kind := p.Kind
				if kind == phi.None {
					kind = c.System.Kind()
				}
				field, _, _ := strings.Cut(p.Field, ".")
				if got[field] == nil {
					got[field] = map[phi.Kind]bool{}
				}
				got[field][kind] = true
			}
			return nil
		},
		Inner: func(_, _ string, body io.Reader) error { _, err := io.Copy(io.Discard, body); return err },
		Gap:   func(estate.GapReason, string) {},
	}
	in := format.Input{Name: path, Size: int64(len(data)), Head: data[:min(len(data), format.HeadSize)], Body: bytes.NewReader(data)}
	if err := (Reader{}).Read(context.Background(), in, out); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return got
}

// scored folds kinds as the corpus's scorer does: the numbers that one standard calls by several names are one.
func scored(k phi.Kind) string {
	switch k = k.Coarse(); k {
	case phi.MRN, phi.Account, phi.HealthPlanID, phi.License, phi.OtherID:
		return "id"
	case phi.Fax:
		return "phone"
	}
	return k.String()
}

// tally counts what agrees.
type tally struct {
	hit, missed, extra int
	worst              map[string]int
	codes              map[string][2]int // label: found, wanted
}

func (c *tally) compare(at string, want map[string]bool, got map[phi.Kind]bool) {
	have := map[string]bool{}
	for k := range got {
		if k.Identifier() {
			have[scored(k)] = true
		}
	}
	for k := range want {
		if have[k] {
			c.hit++
		} else {
			c.missed++
			c.worst[fmt.Sprintf("missed %s at %s", k, at)]++
		}
	}
	for k := range have {
		if !want[k] {
			c.extra++
			c.worst[fmt.Sprintf("extra %s at %s", k, at)]++
		}
	}
}

// TestCorpus compares the kinds at each labelled place with the labels.
func TestCorpus(t *testing.T) {
	dir := formattest.Corpus(t)
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	brackets, place := regexp.MustCompile(`\[[^\]]*\]`), regexp.MustCompile(`^[A-Z][A-Z0-9]{2}-\d+`)
	c := &tally{worst: map[string]int{}, codes: map[string][2]int{}}
	files, want := map[string]kinds{}, map[string]map[string]map[string]bool{}
	for _, row := range rows[1:] {
		file, label, n, wellformed := row[0], row[2], row[5], row[6]
		if row[3] != "hl7v2_field" || n == "0" {
			continue
		}
		if files[file] == nil {
			files[file], want[file] = kindsOf(t, filepath.Join(dir, file)), map[string]map[string]bool{}
		}
		at := place.FindString(brackets.ReplaceAllString(row[1], ""))
		if want[file][at] == nil {
			want[file][at] = map[string]bool{}
		}
		kind, _ := phi.ParseKind(label)
		if kind.Identifier() {
			want[file][at][scored(kind)] = true
		} else if kind != phi.None && !(kind == phi.NPI && wellformed != "" && wellformed != n) {
			found := c.codes[label]
			found[1]++
			if files[file][at][kind] {
				found[0]++
			} else {
				c.worst[fmt.Sprintf("no %s at %s of %s", label, row[1], file)]++
			}
			c.codes[label] = found
		}
	}
	for file, places := range want {
		for at, kinds := range places {
			c.compare(at, kinds, files[file][at])
		}
	}
	f1 := 2 * float64(c.hit) / float64(2*c.hit+c.missed+c.extra)
	t.Logf("%d files, identifiers: F1 %.4f (%d right, %d missed, %d extra); codes: %v", len(files), f1, c.hit, c.missed, c.extra, c.codes)
	for _, k := range slices.SortedFunc(maps.Keys(c.worst), func(a, b string) int { return c.worst[b] - c.worst[a] }) {
		t.Logf("%4d %s", c.worst[k], k)
	}
	if f1 < 0.99 {
		t.Errorf("F1 %.4f", f1)
	}
}
