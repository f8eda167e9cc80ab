package dicom

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/chartroom/chartroom/phi"
)

// form is how the values of an attribute are read.
type form uint8

// The forms. What they make of a value is in values.go.
const (
	nothing  form = iota
	person        // a name of the record's own person, in its parts
	whole         // one value, one identifier
	list          // values between backslashes, each an identifier
	ages          // an age: an identifier above 89
	sexes         // sex
	pregnant      // pregnancy status
	address       // an address in one line
	states        // a State
	phones        // telephone numbers, or what people write there
	texts         // running text
	codes         // a code, whose system stands in an attribute beside it
	private       // what its content shows
)

// meaning is what an attribute holds.
type meaning struct {
	form    form
	kind    phi.Kind
	part    phi.Part
	subject phi.Subject
	other   bool // of a relative
}

// forms are the words of the table of meanings.
var forms = map[string]meaning{
	"nothing":       {},
	"person":        {form: person, kind: phi.Name},
	"name":          {form: list, kind: phi.Name, part: phi.PartFull},
	"maiden":        {form: list, kind: phi.Name, part: phi.PartMaiden},
	"mrn":           {form: list, kind: phi.MRN},
	"other_id":      {form: list, kind: phi.OtherID},
	"device":        {form: list, kind: phi.Device},
	"url":           {form: whole, kind: phi.URL},
	"date":          {form: list, kind: phi.Date},
	"date_of_birth": {form: list, kind: phi.DateOfBirth},
	"death":         {form: list, kind: phi.Date, part: phi.PartDeath},
	"age":           {form: ages, part: phi.PartAge},
	"sex":           {form: sexes, part: phi.PartSex},
	"pregnancy":     {form: pregnant},
	"address":       {form: address, kind: phi.Address},
	"state":         {form: states, part: phi.PartState},
	"position":      {form: whole, kind: phi.Address},
	"phone":         {form: phones, kind: phi.Phone},
	"telecom":       {form: texts, kind: phi.FreeText},
	"text":          {form: texts, kind: phi.FreeText},
	"code":          {form: codes},
}

// subjects are the words for whom an attribute is about.
var subjects = map[string]meaning{
	"patient":      {subject: phi.Patient},
	"relative":     {subject: phi.Patient, other: true},
	"provider":     {subject: phi.Provider},
	"organisation": {subject: phi.Organisation},
	"unknown":      {subject: phi.Unknown},
}

// byRepresentation is what attributes hold that the table of meanings does not name.
func byRepresentation(v vr) meaning {
	switch v {
	case vrPN:
		return meaning{form: list, kind: phi.Name, part: phi.PartFull, subject: phi.Provider}
	case vrDA, vrDT:
		return meaning{form: list, kind: phi.Date, subject: phi.Patient}
	case vrST, vrLT, vrUT, vrUC:
		return meaning{form: texts, kind: phi.FreeText, subject: phi.Patient}
	}
	return meaning{}
}

// attribute is an entry of the data dictionary with its meaning.
type attribute struct {
	tag     tag
	vr      vr
	keyword string
	meaning
}

// dictionary is the data dictionary, in the order of the tags.
type dictionary struct {
	list  []attribute
	index map[tag]int32
}

//go:embed data/dictionary.txt
var dictionaryText string

//go:embed data/meaning.txt
var meaningText string

// attributes gives the dictionary, which is read at the first call (a millisecond).
var attributes = sync.OnceValue(func() *dictionary {
	d, err := readDictionary(dictionaryText, meaningText)
	if err != nil { // the files are part of the program: a fault of the build
		panic("dicom: " + err.Error())
	}
	return d
})

func readDictionary(entries, meanings string) (*dictionary, error) {
	d := &dictionary{index: make(map[tag]int32, 5000)}
	byKeyword := make(map[string]int, 5000)
	for line := range strings.Lines(entries) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if len(line) < 13 || line[8] != ' ' || line[11] != ' ' {
			return nil, fmt.Errorf("dictionary: %q is not understood", line)
		}
		number, err := strconv.ParseUint(line[:8], 16, 32)
		if err != nil {
			return nil, fmt.Errorf("dictionary: %w", err)
		}
		v := vr(line[9])<<8 | vr(line[10])
		a := attribute{tag: tag(number), vr: v, keyword: line[12:], meaning: byRepresentation(v)}
		byKeyword[a.keyword] = len(d.list)
		d.index[a.tag] = int32(len(d.list))
		d.list = append(d.list, a)
	}
	var now meaning
	for line := range strings.Lines(meanings) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if line[0] != ' ' {
			m, ok := forms[words[0]]
			who, known := subjects[words[len(words)-1]]
			if !ok || !known || len(words) != 2 {
				return nil, fmt.Errorf("meanings: %q is not understood", line)
			}
			now, now.subject, now.other = m, who.subject, who.other
			continue
		}
		for _, w := range words {
			at, ok := byKeyword[w]
			if !ok {
				return nil, fmt.Errorf("meanings: no attribute is called %q", w)
			}
			d.list[at].meaning = now
		}
	}
	return d, nil
}

// find gives the attribute of a tag; nil where the standard has none.
func (d *dictionary) find(t tag) *attribute {
	if i, ok := d.index[t.base()]; ok {
		return &d.list[i]
	}
	return nil
}
