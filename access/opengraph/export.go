package opengraph

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate/opengraph"
)

// prefix begins the kinds of what is exported, so that they are nobody else's.
const prefix = "Chartroom_"

// Export writes a graph as BloodHound takes it. What describe says of a node stands with it: people, bytes, sensitivity; values are texts,
// numbers, truth values, and lists of texts. It may be nil.
func Export(w io.Writer, nodes iter.Seq[access.Node], edges iter.Seq[access.Edge], describe func(access.Node) map[string]any) error {
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(`{"metadata":{"source_kind":"Chartroom"},"graph":{"nodes":[`)
	sep := "\n"
	write := func(v any) error {
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("export graph: %w", err)
		}
		out.WriteString(sep)
		sep = ",\n"
		_, err = out.Write(b)
		return err
	}
	for n := range nodes {
		o, err := exported(n, describe)
		if err == nil {
			err = write(o)
		}
		if err != nil {
			return err
		}
	}
	out.WriteString("\n],\"edges\":[")
	sep = "\n"
	for e := range edges {
		if err := write(exportedEdge(e)); err != nil {
			return err
		}
	}
	out.WriteString("\n]}}\n")
	return out.Flush()
}

func exported(n access.Node, describe func(access.Node) map[string]any) (opengraph.Node, error) {
	props := map[string]any{}
	if describe != nil {
		for k, v := range describe(n) {
			switch v.(type) {
			case string, bool, int, int64, float64, []string:
				props["chartroom_"+strings.ToLower(k)] = v
			default:
				return opengraph.Node{}, fmt.Errorf("export graph: the property %s of a node is no text, number, truth value or list of texts", k)
			}
		}
	}
	for k, v := range map[string]string{"name": n.Name, "displayname": n.Name, "system": n.System, "custodian": n.Custodian, "repository": n.Place.Repository, "path": n.Place.Path} {
		if v != "" {
			props[k] = v
		}
	}
	for k, v := range n.Traits {
		props["chartroom_trait_"+k] = v
	}
	return opengraph.Node{ID: n.ID, Kinds: []string{prefix + title(n.Kind.String()), "Chartroom"}, Properties: props}, nil
}

// exportedEdge writes an edge. Its kind is what it gives, and on which layer: BloodHound's kinds have no spaces.
func exportedEdge(e access.Edge) opengraph.Edge {
	props := map[string]any{"chartroom_verb": e.Verb, "chartroom_layer": e.Layer.String()}
	if e.Condition != "" {
		props["chartroom_condition"] = e.Condition
	}
	if len(e.Proof) > 0 {
		props["chartroom_proof"] = e.Proof
	}
	kind := prefix + title(e.Right.String())
	if e.Layer == access.Escalation {
		kind += "_Escalation"
	}
	return opengraph.Edge{Kind: kind, Start: opengraph.Endpoint{MatchBy: "id", Value: e.From}, End: opengraph.Endpoint{MatchBy: "id", Value: e.To}, Properties: props}
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
