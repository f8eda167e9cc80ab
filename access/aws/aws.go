// Package aws compiles the policies of AWS accounts and of S3 buckets into who can read which buckets.
//
// Principals that have the same policies are decided on together, by package iampolicy, and only the policies that treat one of them
// apart are asked again for each. An edge rests on the policy that allows and on how the principal comes to have it; boundaries, SCPs,
// RCPs, the bucket's policy and the key's are part of the decision. Where policies give parts of a bucket, the parts are places of their
// own. What hangs on a condition keeps it in words; what was not collected is a doubt, and never a no.
//
// Roles that can be assumed, and the ways in escalation.csv, are edges of escalation.
package aws

import (
	"maps"
	"slices"

	"github.com/chartroom/chartroom/access"
	"github.com/chartroom/chartroom/estate"
)

// Compile is the compiler of the system aws. All accounts are judged together, as policies name principals of others.
func Compile(facts []access.Fact, places []access.Place, out access.Sink) {
	c := newCompiler(out)
	first := map[estate.Grant]bool{}
	for _, f := range slices.SortedFunc(slices.Values(facts), func(a, b access.Fact) int { return a.ID - b.ID }) {
		key := f.Grant
		key.Repository, key.From, key.Why = "", "", "" // told with each of the files that have it
		if f.System != "aws" || f.Kind != access.Unseen && first[key] {
			continue
		}
		first[key] = true
		c.take(f)
	}
	c.settle()
	c.principals()
	c.choose(places)
	for _, name := range sorted(c.buckets) {
		c.bucketReaders(c.buckets[name])
	}
	c.roles()
	c.escalations()
	c.doubts()
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
