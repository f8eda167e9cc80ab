package page

import (
	"time"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/incident"
	"github.com/chartroom/chartroom/incident/obligation"
	"github.com/chartroom/chartroom/incident/protocol"
	"github.com/chartroom/chartroom/incident/texts"
	"github.com/chartroom/chartroom/threat"
)

// Query is what a list was narrowed by, as it stood in the address.
type Query struct {
	Search      string
	Custodian   string
	Kind        string
	Sensitivity string
	State       string
	Age         string // "", fresh, stale
}

// Choices are what a filter can be set to.
type Choices struct {
	Custodians, Kinds, Sensitivities, States []string
}

// Map is WHERE: what is drawn, and a page of the list beneath.
type Map struct {
	Query   Query
	Choices Choices
	Total   catalog.Total
	Tiles   []catalog.Row // those with the most people, for the picture; at most 300
	Others  int           // repositories that are not in the picture
	Rows    []catalog.Row
	Next    string // address of the next page, "" = this is the last
}

// Repository is one repository.
type Repository struct {
	Row     catalog.Row
	Items   []catalog.Row // the most sensitive
	Fields  []catalog.Field
	Next    string // address of further fields
	Gaps    []catalog.Gap
	Who     *access.WhoAnswer // nil = may not be seen, or there is no graph
	History []Moment
}

// Moment is what a repository was at a time.
type Moment struct {
	At      time.Time
	People  int64
	Items   int64
	Gaps    int64
	Readers *int64
	Words   string // what changed, in words
}

// Who is who can read a repository.
type Who struct {
	Asked      string
	Candidates []string // that the question could mean, where it is not clear
	Answer     *access.WhoAnswer
	All        bool // also those who read by what everybody has
	Open       int  // the reader whose path is drawn by itself; below 0 = none
}

// Reach is what footholds read.
type Reach struct {
	Asked      string
	Candidates []access.Principal
	Answer     *access.ReachAnswer
}

// Footholds are the logins that are worst to lose.
type Footholds struct {
	List   []access.Foothold
	Search string
	Next   string
}

// Cut is what to take away.
type Cut struct {
	Most       int
	Repository string
	All        bool
	Try        []int
	Answer     *access.CutAnswer // nil = nothing was asked yet
	Single     []access.CutAnswer
}

// Findings are what of access somebody should act on.
type Findings struct{ Answer *access.FindingsAnswer }

// Gaps are what was not read.
type Gaps struct {
	Query Query
	Rows  []catalog.Gap
	Next  string
}

// Changes are what became different.
type Changes struct {
	Since   string
	Changes catalog.Changes
	Readers []access.RepositoryReaders
}

// Scans are surveys: those that run, those to come and those that were.
type Scans struct {
	Fleet   bool // workers make them
	Targets []Target
	Running []Progress
	Runs    []catalog.RunInfo
}

// Target is something that can be surveyed.
type Target struct {
	Name, Address, Custodian, Schedule string
	Last, Next                         *time.Time
}

// Progress is a survey under way.
type Progress struct {
	ID      string
	Target  string
	Began   time.Time
	Items   int64
	Listed  int64
	Bytes   int64
	People  int64
	Gaps    int64
	Left    time.Duration // 0 = not known
	Message string
}

// Threats are a playbook walked over the estate.
type Threats struct{ Answer *threat.Answer }

// Tables are what a page without a form of its own shows: the review, a comparison.
type Tables struct {
	First  string // the sentence that answers
	Last   string
	Tables []Table
	Burn   []Burn
}

// Table is a table with a heading.
type Table struct {
	Title   string
	Columns []string
	Numbers []bool // which columns hold numbers
	Rows    [][]Cell
}

// Cell is a cell; Mood colours it: good, bad, unknown, or "".
type Cell struct {
	Text string
	Mood string
	Link string
}

// Burn is how much is left to do at a time.
type Burn struct {
	At         time.Time
	Left, Done int64
}

// Review is the integration review.
type Review struct {
	Custodian  string
	Custodians []string
	Tables
}

// Compare is custodian beside custodian, or before beside after.
type Compare struct {
	A, B       string
	Custodians []string
	Tables
}

// Cases lists the cases.
type Cases struct{ Names []catalog.CaseName }

// Case is the room of one extortion.
type Case struct {
	Name      string
	Case      *incident.Case
	Holdings  *incident.Holdings
	Clocks    []Clock
	Duties    []obligation.Duty
	Fired     []protocol.Fired
	Texts     []TextState
	Log       []Line
	Levels    []string
	FactNames []string
	Verified  string // what the check of the chain said
}

// Clock is one that runs.
type Clock struct {
	Name   string
	Since  time.Time
	Until  time.Time
	Words  string // what is due then
	Passed bool
}

// TextState is one text of a case and how far it came.
type TextState struct {
	texts.Template
	Missing  []string
	Approved *incident.Approval // nil = not
	Current  bool               // what was approved is what would be said now
	Sent     bool
}

// Line is one line of a case's log, for people.
type Line struct {
	Number int
	At     time.Time
	Author string
	Kind   string
	Words  string
	Hash   string
}

// Text is one text, to be read and approved.
type Text struct {
	Case string
	Text *texts.Text
	TextState
}

// Settings are the people, their logins and the tokens.
type Settings struct {
	Accounts []Account
	Tokens   []Token
	Passkeys []Passkey // of who looks
	NewToken string    // shown once
	Invite   string    // a one-time token for somebody new, shown once
	Roles    []string
	OIDC     bool
}

// Account is somebody who may log in.
type Account struct {
	Name     string
	Role     string
	Disabled bool
	Login    string // password, passkey, oidc
	Last     *time.Time
	Sessions int
}

// Token is a key of the API.
type Token struct {
	ID, Name, Owner, Role string
	Expires               time.Time
	Last                  *time.Time
}

// Passkey is one that somebody registered.
type Passkey struct {
	ID, Name string
	Added    time.Time
}

// Audit is the trail.
type Audit struct {
	Search  string
	Records []audit.Record
	Next    string
}

// Login is the page on which somebody logs in.
type Login struct {
	Next    string // where to go afterwards
	Name    string
	OIDC    string // name of the provider, "" = none
	Waiting time.Duration
}

// Setup is the first run: the first account is made with the token that the terminal shows.
type Setup struct{ Invited bool }

// Error is a page that tells what went wrong and what to do.
type Error struct {
	Code    int
	Message string
	Hint    string
}
