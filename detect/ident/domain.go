package ident

import "bytes"

// Domain tells whether a value is a host name with a likely top domain.
func Domain(v []byte) bool {
	dot := bytes.LastIndexByte(v, '.')
	top := v[dot+1:]
	if dot < 2 || len(top) < 2 || len(top) > 6 {
		return false
	}
	for _, c := range top {
		if !letter(c) {
			return false
		}
	}
	for i, c := range v[:dot] {
		if c == '.' && (i == 0 || v[i-1] == '.') {
			return false
		}
	}
	if len(top) == 2 { // of a country, unless it is the ending of a source file
		switch string(top) {
		case "py", "md", "rs", "js", "ts", "go", "sh", "cs", "pl", "rb", "cc", "gz", "xz", "so", "db":
			return false
		}
		return true
	}
	switch string(top) {
	case "com", "org", "net", "edu", "gov", "mil", "info", "biz", "health", "app", "dev":
		return true
	}
	return false
}
