// Package page draws the pages of the web room: templates, style and a little
// script, all embedded. It is given answers and asks for none; each page has a
// struct that holds all it shows.
package page

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

//go:embed templates/*.html
var templateFiles embed.FS

// User is who looks.
type User struct {
	Name string
	Role string          // viewer, analyst, privacy officer, admin
	Can  map[string]bool // actions of package audit, by their names
}

// View is one page for one person.
type View struct {
	Title string
	Path  string // of the request, for the menu
	User  *User  // nil = nobody logged in
	Flash string // what just happened, in a sentence
	Wrong string // what just went wrong, in a sentence
	Now   time.Time
	Data  any // one of the structs of this package
}

// Names of the pages, each with the struct that it shows.
const (
	NameMap        = "map"        // Map
	NameRepository = "repository" // Repository
	NameWho        = "who"        // Who
	NameReach      = "reach"      // Reach
	NameFootholds  = "footholds"  // Footholds
	NameCut        = "cut"        // Cut
	NameFindings   = "findings"   // Findings
	NameGaps       = "gaps"       // Gaps
	NameChanges    = "changes"    // Changes
	NameScans      = "scans"      // Scans
	NameWorkers    = "workers"    // fleet.Status
	NameThreats    = "threats"    // Threats
	NameReview     = "review"     // Review
	NameCompare    = "compare"    // Compare
	NameCases      = "cases"      // Cases
	NameCase       = "case"       // Case
	NameText       = "text"       // Text
	NameSettings   = "settings"   // Settings
	NameAudit      = "audit"      // Audit
	NameLogin      = "login"      // Login
	NameSetup      = "setup"      // Setup
	NameError      = "error"      // Error
)

// Pages are the parsed templates.
type Pages struct{ each map[string]*template.Template }

// New parses the templates. It fails only where the program was built wrong.
func New() (*Pages, error) {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	p := &Pages{each: map[string]*template.Template{}}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if strings.HasPrefix(name, "_") {
			continue
		}
		t, err := template.New("_layout.html").Funcs(functions()).ParseFS(templateFiles, "templates/_*.html", file)
		if err != nil {
			return nil, fmt.Errorf("read the page %s: %w", name, err)
		}
		p.each[name] = t
	}
	return p, nil
}

// Render writes a page. It may have written a part of it when it fails.
func (p *Pages) Render(w io.Writer, name string, v View) error {
	t := p.each[name]
	if t == nil {
		return fmt.Errorf("there is no page %q", name)
	}
	if err := t.ExecuteTemplate(w, "_layout.html", shown{View: v, Name: name}); err != nil {
		return fmt.Errorf("draw the page %s: %w", name, err)
	}
	return nil
}

// shown is a view as templates see it.
type shown struct {
	View
	Name string
}
