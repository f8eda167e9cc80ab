package framework

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chartroom/chartroom/review"
)

// The part of an OSCAL 1.x catalog that is read (https://pages.nist.gov/OSCAL, catalog model).
type (
	document struct {
		Catalog *struct {
			Metadata struct{ Title, Version string }
			Groups   []group
			Controls []controls
		}
	}
	group struct {
		ID, Title string
		Groups    []group
		Controls  []controls
	}
	controls struct {
		ID, Title string
		Props     []struct{ Name, Value string }
		Parts     []part
		Controls  []controls
	}
	part struct {
		Name, Prose string
		Parts       []part
	}
)

// readOSCAL reads a catalog. Props called topic and checks say what the columns of a table do.
func readOSCAL(f *review.Framework, b []byte) error {
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		var at *json.SyntaxError
		if errors.As(err, &at) {
			return fmt.Errorf("it is no JSON: byte %d", at.Offset)
		}
		return errors.New("it is JSON, and not built as an OSCAL catalog")
	}
	if d.Catalog == nil {
		return errors.New("it is JSON, and no OSCAL catalog: a profile has to be resolved first")
	}
	if t := d.Catalog.Metadata.Title; t != "" {
		f.Title, f.Version = brief(t), brief(d.Catalog.Metadata.Version)
	}
	if err := add(f, d.Catalog.Controls, "", 0); err != nil {
		return err
	}
	return addGroups(f, d.Catalog.Groups, "", 0)
}

func addGroups(f *review.Framework, groups []group, above string, depth int) error {
	if depth > mostDepth {
		return fmt.Errorf("its groups stand more than %d deep", mostDepth)
	}
	for i := range groups {
		g := &groups[i]
		name := brief(g.Title)
		if above != "" {
			name = brief(above + ": " + name)
		}
		if err := add(f, g.Controls, name, depth); err != nil {
			return err
		}
		if err := addGroups(f, g.Groups, name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func add(f *review.Framework, list []controls, group string, depth int) error {
	if depth > mostDepth {
		return fmt.Errorf("its controls stand more than %d deep", mostDepth)
	}
	for i := range list {
		k := &list[i]
		if k.ID == "" || len(f.Controls) == mostControls {
			return fmt.Errorf("control %d has no id, or there are more than %d", len(f.Controls)+1, mostControls)
		}
		c := review.Control{ID: k.ID, Title: brief(k.Title), Group: group}
		withdrawn := false
		for _, p := range k.Props {
			switch p.Name {
			case "topic":
				if topics[p.Value] {
					c.Topic = p.Value
				}
			case "checks":
				c.Checks = append(c.Checks, words(p.Value)...)
			case "status":
				withdrawn = withdrawn || strings.EqualFold(p.Value, "withdrawn")
			}
		}
		var text strings.Builder
		prose(&text, k.Parts, true, 0)
		c.Text = strings.TrimSpace(text.String())
		if !withdrawn {
			f.Controls = append(f.Controls, c)
		}
		if err := add(f, k.Controls, group, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// prose writes the statement of a control.
func prose(to *strings.Builder, parts []part, top bool, depth int) {
	for i := range parts {
		if top && parts[i].Name != "statement" || depth > mostDepth || to.Len() > mostText {
			continue
		}
		to.WriteString(parts[i].Prose[:min(len(parts[i].Prose), mostText)])
		to.WriteString("\n")
		prose(to, parts[i].Parts, false, depth+1)
	}
}
