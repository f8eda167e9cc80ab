package worker

import (
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// allowed tells whether an address is one of those allowed, or stands beneath one. Of an address with options, all must be the same but
// how fast it is read and whether its marks are used: an option can name another server, or a secret of this machine.
func allowed(places []string, address string) bool {
	return len(places) == 0 || slices.ContainsFunc(places, func(p string) bool { return beneath(p, address) })
}

func beneath(place, address string) bool {
	if isPath(place) || isPath(address) {
		return isPath(place) && isPath(address) && beneathPath(place, address)
	}
	base, options, ok := parts(place)
	under, wanted, well := parts(address)
	if !ok || !well || !maps.EqualFunc(options, wanted, slices.Equal) {
		return false
	}
	base = strings.TrimSuffix(base, "/")
	return under == base || strings.HasPrefix(under, base+"/")
}

// parts takes an address apart. It is not well where it could lead elsewhere than it seems to.
func parts(address string) (base string, options url.Values, well bool) {
	base, query, _ := strings.Cut(address, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return "", nil, false
	}
	options.Del("rate")
	options.Del("marks")
	for part := range strings.SplitSeq(base, "/") {
		if name, err := url.PathUnescape(part); err != nil || name == ".." || name == "." || strings.ContainsAny(name, `/\`) {
			return "", nil, false
		}
	}
	return base, options, true
}

func isPath(address string) bool {
	scheme, _, ok := strings.Cut(address, "://")
	return !ok || scheme == "file"
}

// beneathPath compares paths behind all their links.
func beneathPath(place, address string) bool {
	base, err := real(place)
	under, err2 := real(address)
	if err != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(base, under)
	return err == nil && filepath.IsLocal(rel)
}

func real(path string) (string, error) {
	abs, err := filepath.Abs(strings.TrimPrefix(path, "file://"))
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
