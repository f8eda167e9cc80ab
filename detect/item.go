package detect

import (
	"time"

	"github.com/chartroom/chartroom/detect/column"
	"github.com/chartroom/chartroom/detect/ident"
	"github.com/chartroom/chartroom/detect/text"
	"github.com/chartroom/chartroom/phi"
	"github.com/chartroom/chartroom/record"
)

// reportable is the likelihood from which a finding counts.
const reportable = 0.5

// Item looks at the records of one item. It is for one goroutine.
type Item struct {
	engine *Engine
	meet   Meet
	today  time.Time

	places  *record.Places
	labels  []label
	found   []place // by place number
	table   *column.Table
	columns bool // some place is a column
	decided bool
	scanner *text.Scanner
	loose   looseText

	id      record.Identity
	touched []*tally
	records int64
	health  evidence
}

// evidence is what speaks for health, care or payment in the item.
type evidence struct {
	coded       int64 // values of clinical and billing codes
	position    bool  // a place of a patient's record, by the format
	column      bool  // a column that speaks of health
	personText  bool  // somebody is named in running text
	patientText bool  // and as a patient
	classes     phi.Classes
	suspect     phi.Classes
	part2       bool
	minors      bool
}

// Item begins an item. Its name helps to judge a table; meet takes the person of each record.
func (e *Engine) Item(name string, places *record.Places, meet Meet) *Item {
	it := &Item{engine: e, meet: meet, places: places, today: time.Now()}
	it.table = column.NewTable(places, column.Options{Words: e.words, Codes: e.codes, Name: name, Custom: e.columns})
	it.scanner = text.New(e.words)
	return it
}

// Batch looks at a run of records.
func (it *Item) Batch(b *record.Batch) {
	it.relabel()
	if it.columns {
		it.judge(b)
	}
	for i := range b.Len() {
		it.record(b, b.Record(i))
	}
	it.records += int64(b.Len())
}

// relabel makes the labels of places that are new.
func (it *Item) relabel() {
	for i := len(it.labels); i < it.places.Len(); i++ {
		p := it.places.At(uint32(i))
		it.labels = append(it.labels, byPosition(p))
		it.found = append(it.found, place{})
		switch {
		case p.Mode == record.Column:
			it.columns = true
		case p.Subject == phi.Patient && p.Kind != phi.None:
			it.health.position = true
		}
	}
}

// judge lets the column engine see the batch, and takes over what it makes of the columns.
func (it *Item) judge(b *record.Batch) {
	it.table.Observe(b)
	if !it.decided {
		it.table.Decide()
		it.decided = true
	}
	it.relabelColumns()
}

func (it *Item) relabelColumns() {
	for i := range it.labels {
		if p := it.places.At(uint32(i)); p.Mode == record.Column {
			it.labels[i] = byColumn(p, it.table.Decision(uint32(i)))
		}
	}
}

// record looks at one record: first what stands in it and whose it is, then who that is.
func (it *Item) record(b *record.Batch, cells []record.Cell) {
	it.id.Reset()
	it.touched = it.touched[:0]
	for i := range cells {
		c := &cells[i]
		l := &it.labels[c.Place]
		if l.use == unused {
			continue
		}
		v := b.Bytes(*c)
		if l.use != running && ident.Blank(v) {
			continue
		}
		switch l.use {
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
	if who := it.meet(&it.id); who != 0 {
		for _, t := range it.touched {
			t.meets(who)
		}
	}
}

// identifier counts a value where an identifier stands, and keeps what tells who the record's person is.
func (it *Item) identifier(at uint32, l *label, v []byte) {
	day, dated := phi.Day{}, false
	if l.kind.Coarse() == phi.Date && l.part != phi.PartMonth && l.part != phi.PartDay {
		if day, dated = phi.ParseDay(v); dated && !day.Precise() {
			it.born(l, day) // a bare year is no identifier, and still tells a minor
			return
		}
	}
	t := it.tally(at, l.kind, l.subject)
	t.values++
	switch {
	case l.check != nil && l.check(v) >= ident.Valid, l.check == nil && (dated || l.kind.Coarse() != phi.Date):
		t.wellFormed++
	}
	if l.own {
		it.own(l, v)
		it.born(l, day)
	}
}

// own keeps a value that tells who the record's person is; of several of a kind the first.
func (it *Item) own(l *label, v []byte) {
	id := &it.id
	switch l.kind {
	case phi.MRN, phi.HealthPlanID, phi.SSN:
		id.IDs = append(id.IDs, record.ID{Kind: l.kind, Local: l.part == phi.PartLocal, Value: v})
	case phi.Name:
		switch l.part {
		case phi.PartFamily:
			keep(&id.Family, v)
		case phi.PartGiven:
			keep(&id.Given, v)
		case phi.PartFull, phi.PartNone:
			keep(&id.Full, v)
		}
	case phi.DateOfBirth:
		if l.part == phi.PartNone || l.part == phi.PartFull {
			keep(&id.Birth, v)
		}
	case phi.Email:
		keep(&id.Email, v)
	case phi.Phone:
		keep(&id.Phone, v)
	}
}

func keep(slot *[]byte, v []byte) {
	if len(*slot) == 0 {
		*slot = v
	}
}

// born notes a minor.
func (it *Item) born(l *label, day phi.Day) {
	if l.kind == phi.DateOfBirth && l.own && day.Year > it.today.Year()-18 {
		it.id.Minor = true
		it.health.minors = true
	}
}

// residence reads the State in which the record's person lives.
func (it *Item) residence(at uint32, l *label, v []byte) {
	state := phi.State(0)
	if l.kind == phi.ZIP {
		t := it.tally(at, l.kind, l.subject)
		t.values++
		var ok bool
		if state, ok = it.engine.words.ZIP(v[:min(5, len(v))]); ok {
			t.wellFormed++
		}
	} else {
		state = phi.ParseState(string(v))
		if l.kind != phi.None {
			it.tally(at, l.kind, l.subject).values++
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
	kind := l.kind
	if k := system.Kind(); k != phi.None && !kind.Identifier() {
		kind = k
	}
	if kind == phi.None && system == phi.NoSystem {
		return
	}
	t := it.tally(c.Place, kind, l.subject)
	t.values++
	if check := checkOf(kind); check == nil || check(v) >= ident.Valid {
		t.wellFormed++
	}
	it.health.coded++
	if g, ok := it.engine.codes.Grade(system, v); ok && c.Flags == 0 {
		t.graded(g)
		it.health.classes |= g.Defines
		it.health.suspect |= g.Suggests
		it.id.Classes |= g.Defines
		if g.Part2 && g.Defines.Has(phi.SUD) {
			it.id.Part2, it.health.part2 = true, true
		}
	}
}

// version reads which edition of ICD a diagnosis is in from the field that says so, searching outward from the code.
func version(b *record.Batch, cells []record.Cell, i int, from uint32, otherwise phi.System) phi.System {
	for d := 1; i-d >= 0 || i+d < len(cells); d++ {
		for _, j := range [2]int{i - d, i + d} {
			if j >= 0 && j < len(cells) && cells[j].Place == from {
				switch v := b.Bytes(cells[j]); {
				case len(v) > 0 && v[0] == '9':
					return phi.ICD9CM
				case len(v) > 0 && (v[0] == '0' || v[0] == '1'):
					return phi.ICD10CM
				}
				return otherwise
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
	for ; from < to; from += windowSize {
		it.window(c.Place, &l, v, from, min(from+windowSize, to))
	}
}

// window scans v[from:to]; the bytes around it are context.
func (it *Item) window(at uint32, l *label, v []byte, from, to int) {
	var w window
	it.scanner.Reset()
	it.scanner.Scan(v, from, to, func(s text.Span) {
		w.add(&s)
		it.loose.span(v, s)
	})
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
