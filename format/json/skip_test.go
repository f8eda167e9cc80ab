package json

import (
	"context"
	"strings"
	"testing"
)

func TestPassKnown(t *testing.T) {
	for _, c := range []struct {
		text, known string
		want        bool
	}{
		{`{"a":"http://loinc.org","b":1}`, "http://loinc.org", true},
		{`{"a": "http://loinc.org" ,"b":1}`, "http://loinc.org", true},
		{`{"a":"","b":1}`, "", true},
		{`{"a":"http://loinc.org/x","b":1}`, "http://loinc.org", false},
		{`{"a":"http://loinc","b":1}`, "http://loinc.org", false},
		{`{"a":"http:\/\/loinc.org","b":1}`, "http://loinc.org", false},
		{`{"a":["http://loinc.org"],"b":1}`, "http://loinc.org", false},
		{`{"a":12,"b":1}`, "12", false},
		{`{"a":"x`, "xyz", false},
	} {
		s := NewScanner(context.Background(), strings.NewReader(c.text), -1)
		s.Next()
		s.Member()
		if got := s.PassKnown(c.known); got != c.want {
			t.Errorf("%s: passed %v, want %v", c.text, got, c.want)
			continue
		}
		if !c.want {
			continue // nothing was read
		}
		if more, err := s.Member(); err != nil || !more || string(s.Value()) != "b" {
			t.Errorf("%s: then %q %v %v, want the key b", c.text, s.Value(), more, err)
		}
	}
}

func TestPassKnownLeavesOthers(t *testing.T) {
	s := NewScanner(context.Background(), strings.NewReader(`{"a":"one","b":2}`), -1)
	s.Next()
	s.Member()
	if s.PassKnown("two") {
		t.Fatal("another string was passed")
	}
	if token, err := s.Next(); err != nil || token != String || string(s.Value()) != "one" {
		t.Errorf("then %v %q %v, want the string", token, s.Value(), err)
	}
}
