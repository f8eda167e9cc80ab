package playbook

import (
	"encoding/json"
	"fmt"

	"github.com/chartroom/chartroom/threat"
)

// catalogue is ATT&CK as it ships: ids, names and relations of one version, and D3FEND's relations to it.
type catalogue struct {
	Version    string `json:"version"`
	Techniques map[string]struct {
		Name       string   `json:"name"`
		Tactics    []string `json:"tactics"`
		RevokedBy  string   `json:"revoked_by"`
		Mitigates  []string `json:"mitigations"`
		Detections []string `json:"detections"`
		Defends    []string `json:"d3fend"`
	} `json:"techniques"`
	Mitigations map[string]string `json:"mitigations"`
	Detections  map[string]string `json:"detections"`
	Defends     map[string]string `json:"d3fend"`
}

func attack() (*catalogue, error) {
	var c catalogue
	if err := json.Unmarshal(attackFile, &c); err != nil {
		return nil, fmt.Errorf("the techniques that ship: %w", err)
	}
	return &c, nil
}

func (c *catalogue) techniques() map[string]*threat.Technique {
	out := make(map[string]*threat.Technique, len(c.Techniques))
	for id, t := range c.Techniques {
		out[id] = &threat.Technique{ID: id, Name: t.Name, Tactics: t.Tactics, Mitigations: t.Mitigates, Detections: t.Detections, Defends: t.Defends, RevokedBy: t.RevokedBy}
	}
	return out
}

// Names gives the names of ATT&CK's mitigations and detection strategies, and of D3FEND's countermeasures, by their ids.
func Names() (map[string]string, error) {
	c, err := attack()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, m := range []map[string]string{c.Mitigations, c.Detections, c.Defends} {
		for id, name := range m {
			out[id] = name
		}
	}
	return out, nil
}
