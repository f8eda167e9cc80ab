package detect

import (
	"hash/maphash"
	"time"

	"github.com/chartroom/chartroom/detect/codes"
	"github.com/chartroom/chartroom/detect/column"
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/text"
	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// reportable is the likelihood from which a finding counts.
const reportable = 0.5

// Item looks at the records of one item. It is for one goroutine.
type Item struct {
	engine *Engine
	meet   Meet
	adult  int // who was born after this year is a minor, or may be

	places  *record.Places
	marks   []uint64 // of the first places: of those whose names came as answers show them, else 0
	labels  []label
	found   []place // by place number
	table   *column.Table
	columns bool // some place is a column
	judged  int  // places whose columns were judged; one that a batch begins with is judged by that batch
	spent   int  // columns that were judged because new ones came
	looks   int  // the judgements of the table that the labels rest on
	*desk
	loose looseText

	id      record.Identity
	touched []*tally
	records int64
	shutAt  int64  // the number of records at which shut is asked again
	bar     uint64 // what the tallies that are shut may still be changed by
	health  evidence
}

// evidence is what speaks for health, care or payment in the item.
type evidence struct {
	coded       int64 // values of clinical and billing codes
	position    bool  // a place of a patient's record, by the format
	personText  bool  // somebody is named in running text
	patientText bool  // and as a patient
	classes     phi.Classes
	suspect     phi.Classes
	part2       bool
	minors      bool
}

// Item begins an item. Its name helps to judge a table; meet takes the person of each record.
func (e *Engine) Item(name string, places *record.Places, meet Meet) *Item {
	it := &Item{engine: e, meet: meet, places: places, adult: time.Now().Year() - 18}
	it.table = column.NewTable(places, column.Options{Words: e.words, Name: name, Custom: e.columns})
	it.desk = e.desk()
	return it
}

// Batch looks at a run of records.
func (it *Item) Batch(b *record.Batch) {
	it.relabel()
	if it.columns {
		it.judge(b)
	}
	memory := b.Memory()
	for i := range b.Len() {
		it.record(b, memory, b.Record(i))
	}
	it.records += int64(b.Len())
	if it.records >= it.shutAt {
		it.shut()
	}
}

// relabel makes the labels of places that are new.
func (it *Item) relabel() {
	for i := len(it.labels); i < it.places.Len(); i++ {
		p := it.places.At(uint32(i))
		if i == len(it.found) { // else it came with a state
			it.found = append(it.found, place{})
		}
		if p.Mode == record.Column {
			it.labels = append(it.labels, byColumn(p, it.table.Decision(uint32(i))))
			it.columns = true
			continue
		}
		it.labels = append(it.labels, byPosition(p))
		if p.Subject == phi.Patient && p.Kind != phi.None {
			it.health.position = true
		}
	}
}

// judge lets the column engine see the batch, and takes over what it makes of the columns.
func (it *Item) judge(b *record.Batch) {
	it.table.Observe(b)
	if n := it.places.Len(); n > it.judged && it.spent < maxSpent && it.begins(b) { // a small item, or table, has no other batch
		it.table.Decide()
		it.judged, it.spent = n, it.spent+n
	}
	if it.looks != it.table.Looks() {
		it.relabelColumns()
	}
}

// maxSpent bounds the columns that are judged because others came: an item may begin new ones in each batch.
const maxSpent = 1 << 18

// begins tells whether a batch holds values of columns that were not judged.
func (it *Item) begins(b *record.Batch) bool {
	for _, c := range b.Cells {
		if int(c.Place) >= it.judged && it.places.At(c.Place).Mode == record.Column {
			return true
		}
	}
	return false
}

func (it *Item) relabelColumns() {
	it.looks = it.table.Looks()
	for i := range it.labels {
		if p := it.places.At(uint32(i)); p.Mode == record.Column {
			it.labels[i] = byColumn(p, it.table.Decision(uint32(i)))
		}
	}
}

// record looks at one record: first what stands in it and whose it is, then who that is.
func (it *Item) record(b *record.Batch, memory []byte, cells []record.Cell) {
	it.id.Reset()
	it.touched = it.touched[:0]
	labels := it.labels
	for i := range cells {
		c := &cells[i]
		l := &labels[c.Place]
		if l.idle || c.Len == 0 {
			continue
		}
		v := memory[c.Off : c.Off+c.Len : c.Off+c.Len]
		if l.quiet {
			it.own(l, v)
			continue
		}
		if !l.counted && l.use != running && ident.Blank(v) {
			continue
		}
		switch l.use {
		case noted:
			it.labelled(c.Place, l)
		case identifier:
			it.identifier(c.Place, l, v)
		case residence:
			it.residence(c.Place, l, v)
		case code:
			it.code(b, cells, i)
		case running:
			it.text(b, c, v)
		case fact:
			it.fact(l, v)
		}
		if l.classes != 0 {
			it.id.Classes |= l.classes
			it.health.classes |= l.classes
		}
	}
	if it.id.Empty() {
		return
	}
	who := it.meet(&it.id)
	if who == 0 {
		return
	}
	for _, t := range it.touched {
		t.meets(who)
	}
	if estate.Rest(who) <= it.bar {
		it.metAgain(cells, memory, who)
	}
}

// identifier counts a value where an identifier stands, and keeps what tells who the record's person is.
func (it *Item) identifier(at uint32, l *label, v []byte) {
	t := it.labelled(at, l)
	if l.counted || t.counts(l, v) {
		it.own(l, v)
	} else if l.role == birth || l.role == birthPart {
		it.born(v)
	}
}

// counts counts a value of a place whose format says what stands there. A bare year is no identifier, and is not counted.
func (t *tally) counts(l *label, v []byte) bool {
	wellFormed := l.check == nil || l.check(v) >= ident.Valid
	if l.kind.Coarse() == phi.Date {
		day, ok := phi.ParseDay(v)
		if ok && !day.Precise() && l.part != phi.PartMonth && l.part != phi.PartDay {
			return false
		}
		wellFormed = ok
	}
	t.values++
	if wellFormed {
		t.wellFormed++
	}
	return true
}

// own keeps a value that tells who the record's person is; of several of a kind the first.
func (it *Item) own(l *label, v []byte) {
	id := &it.id
	switch l.role {
	case number:
		id.IDs = append(id.IDs, record.ID{Kind: l.kind, Local: l.part == phi.PartLocal, Value: v})
	case family:
		keep(&id.Family, v)
	case given:
		keep(&id.Given, v)
	case full:
		keep(&id.Full, v)
	case birth:
		keep(&id.Birth, v)
		it.born(v)
	case birthPart:
		it.born(v)
	case email:
		keep(&id.Email, v)
	case phone:
		keep(&id.Phone, v)
	}
}

func keep(slot *[]byte, v []byte) {
	if len(*slot) == 0 {
		*slot = v
	}
}

// born notes a minor. The usual way of writing tells cheaply of most people that they are none.
func (it *Item) born(v []byte) {
	if len(v) == 10 && v[4] == '-' && v[0]-'0' <= 9 && v[1]-'0' <= 9 && v[2]-'0' <= 9 && v[3]-'0' <= 9 &&
		int(v[0]-'0')*1000+int(v[1]-'0')*100+int(v[2]-'0')*10+int(v[3]-'0') <= it.adult {
		return
	}
	if day, ok := phi.ParseDay(v); ok && day.Year > it.adult && day.Year <= it.adult+19 { // 9999-12-31 is nobody's birth
		it.id.Minor, it.health.minors = true, true
	}
}

// residence reads the State in which the record's person lives.
func (it *Item) residence(at uint32, l *label, v []byte) {
	state := phi.State(0)
	if l.kind == phi.ZIP {
		t := it.labelled(at, l)
		t.values++
		if l.counted && (!l.own || it.id.States != 0) {
			return // the column engine looks whether it is one, and the State is known
		}
		var ok bool
		if state, ok = it.engine.words.ZIP(v[:min(5, len(v))]); ok {
			t.wellFormed++
		}
	} else {
		state = phi.ParseState(string(v))
		if l.kind != phi.None {
			it.labelled(at, l).values++
		}
	}
	if l.own && state != 0 && (l.kind != phi.ZIP || it.id.States == 0) {
		it.id.States |= 1 << state
	}
}

// fact reads the age.
func (it *Item) fact(l *label, v []byte) {
	if l.part == phi.PartAge && l.own && len(v) < 3 && v[0] >= '0' && v[0] <= '9' {
		if n := int(v[0] - '0'); len(v) == 1 || v[1] >= '0' && v[1] <= '9' && n*10+int(v[1]-'0') < 18 {
			it.id.Minor, it.health.minors = true, true
		}
	}
}

// code counts and grades a code.
func (it *Item) code(b *record.Batch, cells []record.Cell, i int) {
	c := &cells[i]
	l, v := &it.labels[c.Place], b.Bytes(*c)
	system := c.System
	if system == phi.NoSystem {
		system = l.system
	}
	if l.systemFrom >= 0 {
		system = version(b, cells, i, uint32(l.systemFrom), system)
	}
	if l.counted && system == phi.OtherSystem { // a column of several systems: each code tells by its own form
		system = codes.SystemOf(v)
	}
	kind := l.kind
	if k := system.Kind(); k != phi.None && !kind.Identifier() {
		kind = k
	}
	if kind == phi.None && system == phi.NoSystem {
		return
	}
	t := it.tally(c.Place, kind, l.subject)
	if !l.counted {
		t.values++
		if check := checkOf(kind); check == nil || check(v) >= ident.Valid {
			t.wellFormed++
		}
	}
	it.health.coded++
	if g := it.grade(system, v); g.ok && c.Flags == 0 {
		t.graded(&g.Grade)
		it.health.classes |= g.Defines
		it.health.suspect |= g.Suggests
		it.id.Classes |= g.Defines
		if g.Part2 && g.Defines.Has(phi.SUD) {
			it.id.Part2, it.health.part2 = true, true
		}
	}
}

// graded is an answer of the table of codes that the item remembers, by a hash of what was asked. Short codes are a hash of their own.
type graded struct {
	codes.Grade
	hash uint64
	ok   bool
}

// grade asks the table of codes. Codes repeat, so the last answers are kept.
func (it *Item) grade(system phi.System, v []byte) *graded {
	h := uint64(system+1) << 56
	if n := len(v); n < 7 {
		short := uint64(1)
		for _, c := range v {
			short = short<<8 | uint64(c)
		}
		h ^= short
	} else {
		h ^= maphash.Bytes(it.seed, v)
	}
	slot := &it.grades[h*0x9e3779b97f4a7c15>>54%uint64(len(it.grades))]
	if slot.hash != h {
		slot.hash = h
		slot.Grade, slot.ok = codes.Load().Grade(system, v)
	}
	return slot
}

// version reads which edition of ICD a diagnosis is in from the field that says so, searching outward from the code.
func version(b *record.Batch, cells []record.Cell, i int, from uint32, otherwise phi.System) phi.System {
	for d := 1; i-d >= 0 || i+d < len(cells); d++ {
		for _, j := range [2]int{i - d, i + d} {
			if j >= 0 && j < len(cells) && cells[j].Place == from {
				return codes.Versioned(otherwise, b.Bytes(cells[j]))
			}
		}
	}
	return otherwise
}

// text scans running text, a window at a time.
func (it *Item) text(b *record.Batch, c *record.Cell, v []byte) {
	from, to := 0, len(v)
	if b.To != 0 {
		from, to = int(b.From), min(int(b.To), len(v))
	}
	l := it.labels[c.Place]
	if l.subject != phi.Unknown || it.places.Len() > 1 {
		it.tally(c.Place, phi.FreeText, l.subject).values++
	}
	it.loose.begin(it, c.Place, l)
	var w window
	it.scanner.ScanWindows(v, from, to, text.Windows{
		Size: windowSize,
		Span: func(s text.Span) {
			w.add(&s)
			it.loose.span(v, s)
		},
		Class: it.loose.class,
		Closed: func(from, to int) {
			it.window(c.Place, &w, v, from, to)
			w = window{}
		},
	})
}

// window judges v[from:to] by what was found in it.
func (it *Item) window(at uint32, w *window, v []byte, from, to int) {
	l := &it.labels[at]
	it.custom(at, l, v, from, to)
	person, patient := w.judge(to-from, it.scanner.Health())
	it.health.personText = it.health.personText || person
	it.health.patientText = it.health.patientText || patient
	classes := it.scanner.Classes()
	if classes == 0 || !patient && !l.own {
		return
	}
	it.health.classes |= classes
	it.id.Classes |= classes
	it.tally(at, phi.FreeText, l.subject).classes |= classes
}

// custom finds the organisation's own identifiers in running text.
func (it *Item) custom(at uint32, l *label, v []byte, from, to int) {
	for i := range it.engine.custom {
		c := &it.engine.custom[i]
		c.spans(v, from, to, func(int, int) {
			t := it.tally(at, c.id.Kind, phi.Patient)
			t.values++
			t.wellFormed++
			t.likelihood, t.custom = customLikelihood, c.id.Name
		})
	}
}

// customLikelihood is how sure a match of the organisation's own pattern in running text is.
const customLikelihood = 0.9
