package format

import (
	"strings"
	"testing"
)

func TestShown(t *testing.T) {
	for name, want := range map[string]string{
		"last_name": "last_name", " a\nb\x00 ": "a b", "n\xe9": "n", strings.Repeat("é", 100): strings.Repeat("é", 64), "a" + strings.Repeat("é", 100): "a" + strings.Repeat("é", 63), "": "",
	} {
		if got := Shown(name); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}

func TestPlainText(t *testing.T) {
	for b, want := range map[string]bool{
		"": true, "seen today\r\n\tand well": true, "caf\xc3\xa9": true, "caf\xc3": true, "\xe2\x82": false, "a\xe2\x82": true, "\x00\x01": false, "a\xff": false, "a\xffb": false, "\xf0\x9f\x98\x80": true,
	} {
		if got := PlainText([]byte(b)); got != want {
			t.Errorf("%q: %v", b, got)
		}
	}
}
