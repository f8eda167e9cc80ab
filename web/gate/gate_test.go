package gate

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestNobodyCanFillTheDisk: who is not logged in leaves only so many lines.
func TestNobodyCanFillTheDisk(t *testing.T) {
	var f flood
	now := time.Unix(0, 0)
	n := 0
	for range 3 * mostNobodies {
		if f.lets(now) {
			n++
		}
	}
	if n != mostNobodies {
		t.Errorf("%d lines in an hour", n)
	}
	if !f.lets(now.Add(2 * time.Hour)) {
		t.Error("none in the next")
	}
}

func TestInsideIsAnAddressOfTheRoom(t *testing.T) {
	for address, want := range map[string]string{"/gaps?q=a": "/gaps?q=a", "": "/", "gaps": "/", "//x": "/", "/\\x": "/", "https://x/": "/", "/a\nb": "/", "javascript:x": "/", "/who?of=s3%3A%2F%2Fa": "/who?of=s3%3A%2F%2Fa"} {
		if got := Inside(address); got != want {
			t.Errorf("%q: %q", address, got)
		}
	}
}

func FuzzInside(f *testing.F) {
	for _, seed := range []string{"/a", "//a", "/\\a", "/%2f/a", "http:a", "/\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://room.example/login", nil)
		http.Redirect(w, r, Inside(address), http.StatusSeeOther)
		to, err := r.URL.Parse(w.Header().Get("Location"))
		if err == nil && to.Host != "room.example" {
			t.Fatalf("%q leads to %s", address, to)
		}
	})
}
