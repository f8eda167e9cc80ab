package plant

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Garden is the grounds of a drill, opened.
type Garden struct {
	*Journal
	grounds []Ground
	settle  time.Duration // how long a store may take to finish what it was sent
}

// Grounds opens the grounds of a journal. secret gives the value of a variable of the environment.
func Grounds(ctx context.Context, j *Journal, secret func(string) (string, bool)) (*Garden, error) {
	g := &Garden{Journal: j, settle: 10 * time.Second}
	for _, t := range j.Targets {
		var login string
		if t.Kind != Files {
			var ok bool
			if login, ok = secret(t.Login); t.Login == "" || !ok {
				g.Leave()
				return nil, fmt.Errorf("plant in %s: %w: the variable %q of the environment has to hold it", t.Label, ErrLogin, t.Login)
			}
		}
		ground, err := Open(ctx, t, login)
		if err != nil {
			g.Leave()
			return nil, err
		}
		g.grounds = append(g.grounds, ground)
	}
	return g, nil
}

// Leave gives the grounds back.
func (g *Garden) Leave() {
	for _, x := range g.grounds {
		x.Close()
	}
}

// Plant plants so many, in turn over the targets, with so many people each, and calls done after each.
func (g *Garden) Plant(ctx context.Context, count, people int, done func(Plant)) error {
	for n := range count {
		if err := ctx.Err(); err != nil {
			return err
		}
		target := n % len(g.grounds)
		p, err := New(g.grounds[target], target, n, people+n%7)
		if err == nil {
			err = g.Announce(p)
		}
		if err == nil {
			err = g.grounds[target].Plant(ctx, &p)
		}
		if err == nil {
			err = g.Planted(n)
		}
		if err != nil {
			return err
		}
		done(p)
	}
	return nil
}

// Left is a plant that could not be removed.
type Left struct {
	Plant
	Where string `json:"where"`
	Why   string `json:"why"`
}

// Cleared is what became of the plants.
type Cleared struct {
	Removed int    `json:"removed"`
	Absent  int    `json:"absent"` // those that were not there any more, or had never come to be
	Left    []Left `json:"left"`
}

// Clear removes all that stands, the latest first. What cannot be removed is told, and the rest goes on; the error is that of the journal, or the
// end of the context.
func (g *Garden) Clear(ctx context.Context) (Cleared, error) {
	out := Cleared{Left: []Left{}}
	for _, p := range g.Standing() {
		was, err := g.remove(ctx, &p)
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if err != nil {
			out.Left = append(out.Left, Left{p, g.Targets[p.Target].Label + " " + p.Name, err.Error()})
			continue
		}
		if err := g.Gone(p.Number); err != nil {
			return out, err
		}
		if was {
			out.Removed++
		} else {
			out.Absent++
		}
	}
	return out, nil
}

// remove takes a plant away. One that nobody has said stands may still come: a store finishes what it was sent by a process that was killed
// since. So it is looked for until that cannot be any more.
func (g *Garden) remove(ctx context.Context, p *Plant) (bool, error) {
	for {
		was, err := g.grounds[p.Target].Remove(ctx, p)
		if was || err != nil || g.sure[p.Number] || g.Targets[p.Target].Kind != S3 || time.Since(g.last) > g.settle {
			return was, err
		}
		if err := wait(ctx, look); err != nil {
			return false, err
		}
	}
}

const look = time.Second

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Sweep removes the plants of drills that ended without doing so, or whose time has come; all of them, where all is asked for. A drill that
// cannot be swept is told in the error, and the others are.
func Sweep(ctx context.Context, dir string, all bool, now time.Time, secret func(string) (string, bool)) (Cleared, error) {
	out := Cleared{Left: []Left{}}
	paths, err := Journals(dir)
	for _, path := range paths {
		c, e := sweep(ctx, path, all, now, secret)
		out.Removed, out.Absent, out.Left = out.Removed+c.Removed, out.Absent+c.Absent, append(out.Left, c.Left...)
		err = errors.Join(err, e)
	}
	return out, err
}

func sweep(ctx context.Context, path string, all bool, now time.Time, secret func(string) (string, bool)) (out Cleared, err error) {
	j, err := Read(path)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if len(j.Standing()) == 0 || !all && !j.Due(now) {
		return out, nil
	}
	g, err := Grounds(ctx, j, secret)
	if err != nil {
		return out, err
	}
	defer g.Leave()
	return g.Clear(ctx)
}
