package ledger

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/chartroom/chartroom/estate"
)

// shards are n of a repository.
func shards(n, kind int) (out []Shard) {
	for i := range n {
		out = append(out, Shard{Kind: kind, Target: 1, Repository: archive, Bytes: 10, Spec: []byte(fmt.Sprint("spec ", i))})
	}
	return out
}

func fact(path, version string) []estate.Fact {
	return []estate.Fact{{Item: &estate.Item{Repository: archive, Path: path, Version: version, Bytes: 10, Evidence: estate.Evidence{Coverage: estate.All.String(), Rules: "1"}}}}
}

func TestAShardIsDoneOnce(t *testing.T) {
	ctx := t.Context()
	r := begun(t, nil)
	all := shards(5000, 3)
	if err := r.AddShards(ctx, all); err != nil {
		t.Fatal(err)
	}
	if all[0].Number == 0 || all[4999].Number != all[0].Number+4999 {
		t.Errorf("numbered %d to %d", all[0].Number, all[4999].Number)
	}
	first := all[0].Number
	m := Mark{Shard: first, Done: []byte{1}, Attempts: 1, Worker: "w"}
	if err := r.Enter(ctx, fact("a", "1"), m, nil); err != nil {
		t.Fatal(err)
	}
	if spec, done, err := r.ShardSpec(ctx, first); err != nil || string(spec) != "spec 0" || !slices.Equal(done, []byte{1}) {
		t.Errorf("%s %v %v", spec, done, err)
	}
	m.State = ShardDone
	if err := r.Enter(ctx, fact("b", "1"), m, shards(1, 4)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"facts": r.Enter(ctx, fact("c", "1"), m, shards(1, 4)), "a part": r.StageFor(ctx, first, estate.Part{Repository: archive, Path: "c"}, nil),
		"of another run": r.Enter(ctx, fact("c", "1"), Mark{Shard: 1 << 40}, nil)} {
		if !errors.Is(err, ErrShardClosed) {
			t.Errorf("%s of a closed shard: %v", name, err)
		}
	}
	if _, _, err := r.ShardSpec(ctx, first); !errors.Is(err, ErrShardClosed) {
		t.Error(err)
	}
	if b := r.Books(); b.Read != 2 {
		t.Errorf("what was refused is there: %+v", b)
	}
	open, err := r.OpenShards(ctx, 1, 3, first, 100)
	if err != nil || len(open) != 100 || open[0].Number != first+1 || open[0].Repository != archive || open[0].Bytes != 10 {
		t.Errorf("%d, %+v, %v", len(open), open[0], err)
	}
	if more, err := r.OpenShards(ctx, 1, 4, 0, 100); err != nil || len(more) != 1 {
		t.Errorf("%d, %v", len(more), err)
	}
	if other, err := r.OpenShards(ctx, 0, 3, 0, 100); err != nil || len(other) != 0 {
		t.Errorf("%d, %v", len(other), err)
	}
	if err := r.Enter(ctx, nil, Mark{Shard: first + 1, State: ShardDead, Attempts: 3}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(ctx, []Listing{{Repository: archive, Complete: true, Items: 2}}); err != nil {
		t.Fatal(err)
	}
	next := begun(t, r.f) // what was given up stood until now
	again := shards(1, 3)
	if err := next.AddShards(ctx, again); err != nil || again[0].Number != first+2 {
		t.Errorf("%d, %v", again[0].Number, err)
	}
}

func TestAListingThatBeginsAnewDropsItsShards(t *testing.T) {
	ctx := t.Context()
	r := begun(t, nil)
	all := append(shards(3, 3), shards(2, 2)...)
	if err := r.AddShards(ctx, all); err != nil {
		t.Fatal(err)
	}
	if err := r.Enter(ctx, fact("d/a", "1"), Mark{Shard: all[0].Number, State: ShardDone}, nil); err != nil {
		t.Fatal(err)
	}
	accounted, dropped, bytes, err := r.DropShards(ctx, archive, 3)
	if err != nil || accounted != 1 || dropped != 2 || bytes != 20 {
		t.Errorf("%d accounted for, %d shards of %d bytes, %v", accounted, dropped, bytes, err)
	}
	for path, want := range map[string]bool{"d/a": true, "d/b": false, "a": false} {
		if met, err := r.Met(ctx, archive, path); met != want || err != nil {
			t.Errorf("%s: %v, %v", path, met, err)
		}
	}
	if err := r.Enter(ctx, fact("d/b", "1"), Mark{Shard: all[1].Number, State: ShardDone}, nil); !errors.Is(err, ErrShardClosed) {
		t.Errorf("one that was dropped: %v", err)
	}
	if open, err := r.OpenShards(ctx, 1, 2, 0, 10); err != nil || len(open) != 2 {
		t.Errorf("the others: %d, %v", len(open), err)
	}
	if same, err := r.Unchanged(ctx, archive, "d/a", "1", "1"); err != nil || !same.Renewed {
		t.Errorf("what was read is read again: %v, %v", same, err)
	}
}

func TestStatesOfPiecesOutliveTheirRun(t *testing.T) {
	ctx := t.Context()
	cut := Cut{Repository: archive, Path: "large", Version: "1", Rules: "1", Plan: []byte("p"), Pieces: 4}
	r := begun(t, nil)
	id, there, err := r.OpenCut(ctx, cut)
	if err != nil || len(there) != 0 {
		t.Fatal(there, err)
	}
	all := shards(2, 4)
	if err := r.AddShards(ctx, all); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 0} {
		if err := r.KeepStates(ctx, id, []State{{Number: n, State: []byte{byte(n)}}}, Mark{Shard: all[0].Number}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.KeepStates(ctx, id, []State{{Number: 1, State: []byte{1}}}, Mark{Shard: 77}); !errors.Is(err, ErrShardClosed) {
		t.Errorf("of a closed shard: %v", err)
	}
	if err := r.Abandon(ctx); err != nil {
		t.Fatal(err)
	}
	r = begun(t, r.f)
	if same, there, err := r.OpenCut(ctx, cut); err != nil || same != id || !slices.Equal(there, []int{0, 2}) {
		t.Errorf("%d, %v, %v", same, there, err)
	}
	if plan, err := r.CutPlan(ctx, id); err != nil || string(plan) != "p" {
		t.Errorf("%s, %v", plan, err)
	}
	got := []byte{}
	for state, err := range r.States(ctx, id, 2) {
		if got = append(got, state...); err != nil {
			got = append(got, 99)
		}
	}
	if !slices.Equal(got, []byte{0, 99}) {
		t.Errorf("the states are %v, and the second is not there", got)
	}
	cut.Version = "2"
	other, there, err := r.OpenCut(ctx, cut)
	if err != nil || len(there) != 0 {
		t.Errorf("of a new version: %d, %v, %v", other, there, err)
	}
	all = shards(3, 4)
	if err := r.AddShards(ctx, all); err != nil {
		t.Fatal(err)
	}
	if n, bytes, err := r.SpoilCut(ctx, other, all[0].Number, all[1].Number); err != nil || n != 2 || bytes != 20 {
		t.Errorf("%d, %d, %v", n, bytes, err)
	}
	if _, err := r.CutPlan(ctx, other); !errors.Is(err, ErrShardClosed) {
		t.Error(err)
	}
	if _, _, err := r.OpenCut(ctx, cut); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(ctx, []Listing{{Repository: archive, Complete: true}}); err != nil {
		t.Fatal(err)
	}
	r = begun(t, r.f)
	if _, err := r.CutPlan(ctx, other+1); !errors.Is(err, ErrShardClosed) {
		t.Errorf("a run that finished leaves cuts behind: %v", err)
	}
}
