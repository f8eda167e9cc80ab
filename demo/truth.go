package demo

import (
	"slices"
	"strings"

	"github.com/chartroom/chartroom/phi"
)

// Estate is what Write made, and what is true of it.
type Estate struct {
	Dir     string           // where it stands
	Files   []File           // by path
	Folders map[string]Truth // by top folder, which is a custodian
	All     Truth            // the whole estate, in which a person counts once
}

// Truth says who is in a part of the estate. Files that no reader is expected to open count for nothing.
type Truth struct {
	People  int               // distinct persons
	States  map[phi.State]int // by State of residence; unknown where no file of the part tells it
	Classes map[phi.Class]int // by class that a code, or the kind of the file, defines
	Noted   map[phi.Class]int // by class that only running text speaks of
	Minors  int
	Part2   int // in the records of a substance use programme
}

// Kind tells what a file of the estate is for.
type Kind uint8

// The kinds.
const (
	Records Kind = iota // shows patients
	Decoy               // looks busy and shows no patient
	Gap                 // cannot be read, at least not whole
)

// File is one file of the estate.
type File struct {
	Path   string // relative to the estate, with slashes
	Kind   Kind
	Bytes  int64
	People int // distinct patients that it shows
}

// sight is what a record shows of its person.
type sight struct {
	home  bool // the record tells where the person lives
	coded phi.Classes
	noted phi.Classes
	part2 bool
}

// known is all that the files of a folder show of one person.
type known struct {
	sight
	state phi.State
	minor bool
}

// population is who is known, by the person's index.
type population map[int]*known

func (all population) add(p *Person, s sight) {
	k := all[p.Index]
	if k == nil {
		k = &known{state: p.State, minor: p.Minor()}
		all[p.Index] = k
	}
	k.home = k.home || s.home
	k.part2 = k.part2 || s.part2
	k.coded |= s.coded
	k.noted |= s.noted
}

func (all population) merge(more population) {
	for i, m := range more {
		k := all[i]
		if k == nil {
			c := *m
			all[i] = &c
			continue
		}
		k.home = k.home || m.home
		k.part2 = k.part2 || m.part2
		k.coded |= m.coded
		k.noted |= m.noted
	}
}

func (all population) truth() Truth {
	t := Truth{
		People: len(all), States: map[phi.State]int{},
		Classes: map[phi.Class]int{}, Noted: map[phi.Class]int{},
	}
	for _, k := range all {
		state := k.state
		if !k.home {
			state = 0
		}
		t.States[state]++
		for _, c := range k.coded.List() {
			t.Classes[c]++
		}
		for _, c := range (k.noted &^ k.coded).List() {
			t.Noted[c]++
		}
		if k.minor {
			t.Minors++
		}
		if k.part2 {
			t.Part2++
		}
	}
	return t
}

// estate adds up what was written.
func (w *writer) estate() Estate {
	e := Estate{Dir: w.dir, Files: w.files, Folders: map[string]Truth{}}
	slices.SortFunc(e.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	all := population{}
	for name, folder := range w.folders {
		e.Folders[name] = folder.truth()
		all.merge(folder)
	}
	e.All = all.truth()
	return e
}
