// Command gen makes data/words.bin, the tables of package words, from a folder of CSV files. The folder's own notes tell
// where the facts come from; detect/words/NOTICE repeats what their licences ask for.
//
//	go run ./gen -from FOLDER
package main

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/chartroom/chartroom/detect/words"
	"github.com/chartroom/chartroom/phi"
)

//go:embed lists
var lists embed.FS

func main() {
	from := flag.String("from", "", "folder of the CSV files")
	to := flag.String("to", "data/words.bin", "file to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	b := &builder{dir: from, entries: map[string]*words.Facts{}, zip: bytes.Repeat([]byte{255}, 100000)}
	for _, step := range []func() error{b.names, b.words, b.notNames, b.places, b.streets, b.zips, b.areas} {
		if err := step(); err != nil {
			return err
		}
	}
	return b.write(to)
}

// builder gathers what is known of each folded string.
type builder struct {
	dir     string
	entries map[string]*words.Facts
	zip     []byte
	zip3    [1000]byte
	area    [1000]byte
}

func (b *builder) at(s string) *words.Facts {
	key := string(words.Fold(nil, []byte(s)))
	e := b.entries[key]
	if e == nil {
		e = &words.Facts{}
		b.entries[key] = e
	}
	return e
}

// rows calls f for each row of a CSV file of the folder, with a function that gives a column by name.
func (b *builder) rows(name string, f func(col func(string) string)) error {
	file, err := os.Open(filepath.Join(b.dir, name))
	if err != nil {
		return err
	}
	defer file.Close()
	r := csv.NewReader(bufio.NewReader(file))
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f(func(c string) string { return row[slices.Index(header, c)] })
	}
}

// log is how a count is kept: the binary logarithm plus one, so that 1 is not 0.
func log(count int) uint8 { return uint8(bits.Len(uint(count))) }

func count(s string) int { n, _ := strconv.Atoi(s); return n }

func (b *builder) names() error {
	err := b.rows("given_names.csv", func(c func(string) string) {
		e := b.at(c("name"))
		e.Given = max(e.Given, log(count(c("female"))+count(c("male"))))
	})
	if err != nil {
		return err
	}
	return b.rows("surnames.csv", func(c func(string) string) {
		e := b.at(c("surname"))
		e.Surname = max(e.Surname, log(count(c("count"))))
	})
}

// words sets the share of ordinary use. A word that is a name as well has its weight in name_words; of the others the
// share of lower-case print counts, and where nothing was counted, its level: the rarer the word, the less sure.
func (b *builder) words() error {
	err := b.rows("words.csv", func(c func(string) string) {
		lower, capital := count(c("lower")), count(c("capital"))
		share := 1 - float64(count(c("level")))/150
		if lower+capital > 0 {
			share = float64(lower) / float64(lower+capital)
		}
		b.at(c("word")).Word = byteShare(share)
	})
	if err != nil {
		return err
	}
	return b.rows("name_words.csv", func(c func(string) string) {
		share, _ := strconv.ParseFloat(c("word_weight"), 64)
		b.at(c("word")).Word = byteShare(share)
	})
}

func byteShare(share float64) uint8 { return uint8(max(1, min(255, share*255))) }

func (b *builder) notNames() error {
	unknown := ""
	err := b.rows("not_names.csv", func(c func(string) string) {
		for n := words.Eponym; n.String() != ""; n++ {
			if n.String() == c("kind") {
				e := b.at(c("term"))
				if e.Not == words.NoClass || e.Not == words.Eponym || n == words.Title {
					e.Not = n
				}
				return
			}
		}
		unknown = c("kind")
	})
	if unknown != "" {
		return fmt.Errorf("not_names.csv: kind %q has no class", unknown)
	}
	return err
}

func (b *builder) places() error {
	err := b.rows("cities.csv", func(c func(string) string) {
		name := c("city")
		b.at(name).City = true
		if rest, ok := strings.CutPrefix(name, "St. "); ok {
			b.at("Saint " + rest).City = true
		}
		if rest, ok := strings.CutPrefix(name, "Saint "); ok {
			b.at("St. " + rest).City = true
		}
	})
	if err != nil {
		return err
	}
	err = b.rows("counties.csv", func(c func(string) string) {
		b.at(c("county")).County = true
		b.at(c("short")).County = true
	})
	if err != nil {
		return err
	}
	err = b.rows("states.csv", func(c func(string) string) { b.at(c("name")).State = true })
	if err != nil {
		return err
	}
	for _, s := range b.list("countries.txt", "|") {
		b.at(s).Country = true
	}
	for _, s := range b.list("provinces.txt", "|") {
		b.at(s).State = true
	}
	return nil
}

// list reads an own list: terms with a separator between them, comments from # on.
func (b *builder) list(name, sep string) (terms []string) {
	text, err := lists.ReadFile("lists/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		for term := range strings.SplitSeq(strings.TrimSpace(line), sep) {
			if term != "" {
				terms = append(terms, term)
			}
		}
	}
	return terms
}

func (b *builder) streets() error {
	roles := map[string]words.StreetWord{"suffix": words.Suffix, "unit": words.Unit, "direction": words.Direction, "line": words.Line}
	err := b.rows("street_words.csv", func(c func(string) string) {
		b.at(c("word")).Street |= roles[c("kind")]
	})
	if err != nil {
		return err
	}
	for _, s := range b.list("streets.txt", " ") {
		if rest, ok := strings.CutPrefix(s, "-"); ok {
			b.at(rest).Street |= words.Foreign | words.Attached
		} else {
			b.at(s).Street |= words.Foreign
		}
	}
	return nil
}

func (b *builder) zips() error {
	err := b.rows("zip5.csv", func(c func(string) string) {
		b.zip[count(c("zip"))] = byte(phi.ParseState(c("state")))
	})
	if err != nil {
		return err
	}
	return b.rows("zip3.csv", func(c func(string) string) {
		if states := strings.Fields(strings.ReplaceAll(c("states"), ";", " ")); len(states) > 0 {
			b.zip3[count(c("zip3"))] = byte(phi.ParseState(states[0]))
		}
	})
}

func (b *builder) areas() error {
	return b.rows("area_codes.csv", func(c func(string) string) {
		if kind := c("kind"); kind == "n11_service" || kind == "planned" {
			return
		}
		state := phi.State(0)
		if c("country") != "CA" {
			state = phi.ParseState(c("state"))
		}
		b.area[count(c("npa"))] = byte(state) + 1
	})
}

// write writes the tables as the program holds them.
func (b *builder) write(to string) error {
	entries := map[string]words.Entry{}
	for key, facts := range b.entries {
		if key != "" && len(key) < 200 {
			entries[key] = facts.Pack()
		}
	}
	fmt.Printf("%d strings\n", len(entries))
	return os.WriteFile(to, words.Image(entries, b.zip, b.zip3[:], b.area[:]), 0o644)
}
