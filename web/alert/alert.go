// Package alert tells people outside of the room what they should hear of at once: a new repository with patient data, a reach that widened,
// evidence that went stale, a threshold of a case that was crossed, a clock at half its time. It finds them in the catalog, puts them into its
// outbox, and sends them until they went out. Alerts name repositories, kinds and numbers, never a person.
package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// The kinds of alerts.
const (
	NewPHI    = "new PHI repository"
	Widened   = "widened reach"
	Stale     = "stale evidence"
	Threshold = "threshold"
	HalfTime  = "clock at half time"
)

// Severity of an alert, by the numbers of OCSF's severity_id.
type Severity int

// The severities.
const (
	Informational Severity = 1
	Medium        Severity = 3
	High          Severity = 4
	Critical      Severity = 5
)

// String gives the severity's name in OCSF.
func (s Severity) String() string {
	return map[Severity]string{Informational: "Informational", Medium: "Medium", High: "High", Critical: "Critical"}[s]
}

// Alert is something that somebody should hear of.
type Alert struct {
	Mark       string    `json:"mark"` // the same for what was told before
	Kind       string    `json:"kind"`
	Title      string    `json:"title"`
	Text       string    `json:"text"`
	Severity   Severity  `json:"severity"`
	Repository string    `json:"repository,omitempty"`
	At         time.Time `json:"at"`
}

// ID is a name of the alert that tells nothing of it.
func (a *Alert) ID() string {
	sum := sha256.Sum256([]byte(a.Mark))
	return hex.EncodeToString(sum[:16])
}

// The numbers of OCSF: class Detection Finding of category Findings, activity Create (https://schema.ocsf.io/1.4.0/classes/detection_finding).
const (
	ocsfVersion  = "1.4.0"
	ocsfFindings = 2
	ocsfFinding  = 2004
	ocsfCreate   = 1
)

// Event gives the alert as an event of the Open Cybersecurity Schema Framework. Version is the program's.
func (a *Alert) Event(version string) ([]byte, error) {
	at := a.At.UnixMilli()
	event := map[string]any{
		"activity_id": ocsfCreate, "category_uid": ocsfFindings, "class_uid": ocsfFinding, "type_uid": ocsfFinding*100 + ocsfCreate,
		"time": at, "severity_id": int(a.Severity), "severity": a.Severity.String(), "status_id": 1, "is_alert": true, "message": a.Text,
		"metadata":     map[string]any{"version": ocsfVersion, "uid": a.ID(), "product": map[string]any{"name": "Chartroom", "vendor_name": "Chartroom", "version": version}},
		"finding_info": map[string]any{"uid": a.ID(), "title": a.Title, "desc": a.Text, "types": []string{a.Kind}, "created_time": at},
	}
	if a.Repository != "" {
		event["resources"] = []any{map[string]any{"name": a.Repository, "type": "data repository"}}
	}
	b, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("write the alert %s: %w", a.Mark, err)
	}
	return b, nil
}
