// Package drills is the command drill: tests of the inventory under pressure, with what was planted.
package drills

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chartroom/chartroom/audit"
	"github.com/chartroom/chartroom/catalog"
	"github.com/chartroom/chartroom/cmd/chartroom/show"
	"github.com/chartroom/chartroom/demo/plant"
	"github.com/spf13/cobra"
)

// Desk is what the command needs of the program around it.
type Desk struct {
	Print func(cmd *cobra.Command, a *show.Answer) error
	Usage func(format string, args ...any) error
	Hint  func(err error, format string, args ...any) error
	Now   func() time.Time
	Err   io.Writer
	// Folder is where the journals of drills stand.
	Folder func(cmd *cobra.Command) (string, error)
	// Targets finds what was named; where nothing was, what the file of the estate allows to plant in.
	Targets func(cmd *cobra.Command, named []string) ([]plant.Target, error)
	// Survey surveys those targets, as they would be at any time, into a catalog of their own with a key of its own.
	Survey func(cmd *cobra.Command, targets []plant.Target, catalog, key string) error
}

// Command is the command drill.
func Command(d *Desk) *cobra.Command {
	cmd := &cobra.Command{
		Use: "drill", Short: "put the inventory under pressure: plant what it has to find", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return d.Usage("there is no command drill %s; an extortion is played by chartroom case drill", args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(d.inventory())
	return cmd
}

// asked are the flags of a drill.
type asked struct {
	consent, clean, keep bool
	count, people        int
	expires              time.Duration
	logins               map[string]string
}

func (d *Desk) inventory() *cobra.Command {
	var f asked
	cmd := &cobra.Command{
		Use: "inventory [TARGET...]", Short: "plant repositories of invented people, and measure what share is found, graded right and answered",
		Long: `Inventory plants small repositories of invented people in the targets: folders with a file in one of many formats, schemas with a table in
PostgreSQL, prefixes with an object in S3. It surveys the targets, and measures what share of them is found, graded right (verdict, sensitivity,
people) and answered by where, and in how long. Then it removes what it planted, and nothing else: each plant has a name that nobody can guess,
stands in a journal before it is written, and is only removed while it holds what was planted.

  chartroom drill inventory /srv/share postgres://chartroom@ehr/portal s3://archive/incoming --plant \
      --write-login postgres://chartroom@ehr/portal=EHR_WRITER --write-login s3://archive/incoming=ARCHIVE_WRITER
  chartroom drill inventory -c estate.yaml --plant      in the targets with "drill: allowed"
  chartroom drill inventory --clean                     removes what a drill left that was ended early, or was to be kept

A variable that --write-login names holds user:password, or the access key and the secret key behind a colon. It is never the survey's own
login. Whatever becomes of a drill, the next one removes what it left. Nothing is written to the catalog.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := d.Folder(cmd)
			if err != nil {
				return err
			}
			unlock, err := plant.Lock(dir)
			if err != nil {
				return d.Hint(err, "wait for the other drill to end")
			}
			defer unlock()
			swept, err := plant.Sweep(cmd.Context(), dir, f.clean, d.Now(), os.LookupEnv)
			if f.clean || err != nil {
				return d.swept(cmd, swept, err)
			}
			d.tell(swept)
			return d.drill(cmd, dir, args, f)
		},
	}
	c := cmd.Flags()
	c.BoolVar(&f.consent, "plant", false, "consent to planting in the targets")
	c.BoolVar(&f.clean, "clean", false, "remove all that drills have left, and end")
	c.BoolVar(&f.keep, "keep", false, "let the plants stand until they expire; the next drill after that removes them, or --clean")
	c.IntVar(&f.count, "count", 100, "how many repositories to plant")
	c.IntVar(&f.people, "people", 30, "how many people in each, at least")
	c.DurationVar(&f.expires, "expires", 24*time.Hour, "how long plants may stand")
	c.StringToStringVar(&f.logins, "write-login", nil, "TARGET=VARIABLE: the variable of the environment with the login that writes there")
	return cmd
}

// swept tells what was removed of earlier drills.
func (d *Desk) swept(cmd *cobra.Command, c plant.Cleared, err error) error {
	if err != nil {
		d.tell(c)
		return d.Hint(err, "what still stands is in the journals beside the catalog; set the variables with the logins that it was planted with, and try again")
	}
	a := &show.Answer{Structs: c, First: fmt.Sprintf("Removed: %s. Not there any more: %d.", show.Plural(int64(c.Removed), "plant", "plants"), c.Absent), Columns: []show.Column{{Name: "LEFT"}, {Name: "WHY"}}}
	for _, l := range c.Left {
		a.Rows = append(a.Rows, []string{l.Where, l.Why})
	}
	return d.Print(cmd, a)
}

// tell says on the side what an earlier drill had left.
func (d *Desk) tell(c plant.Cleared) {
	if c.Removed > 0 {
		fmt.Fprintf(d.Err, "removed %s of an earlier drill\n", show.Plural(int64(c.Removed), "plant", "plants"))
	}
	for _, l := range c.Left {
		fmt.Fprintf(d.Err, "warning: %s of an earlier drill was left: %s\n", l.Where, l.Why)
	}
}

// drill plants, surveys, measures and removes.
func (d *Desk) drill(cmd *cobra.Command, dir string, named []string, f asked) (err error) {
	ctx := cmd.Context()
	targets, err := d.targets(cmd, named, f)
	if err != nil {
		return err
	}
	j, err := plant.Create(dir, plant.Head{Began: d.Now(), Expires: d.Now().Add(f.expires), Keep: f.keep, Targets: targets})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	g, err := plant.Grounds(ctx, j, os.LookupEnv)
	if err != nil {
		return d.Hint(err, "name the variable with the login that writes: --write-login TARGET=VARIABLE")
	}
	defer g.Leave()
	r := newReport(targets)
	if err = d.measure(cmd, g, r, f); err != nil || !f.keep {
		began := d.Now()
		var e error
		r.Cleared, e = g.Clear(context.WithoutCancel(ctx))
		r.Seconds.Clear = d.Now().Sub(began).Seconds()
		if err = errors.Join(err, e); err != nil {
			return err
		}
	}
	return d.Print(cmd, r.answer(f))
}

// targets finds where to plant, and asks for consent.
func (d *Desk) targets(cmd *cobra.Command, named []string, f asked) ([]plant.Target, error) {
	targets, err := d.Targets(cmd, named)
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, d.Usage("plant where? Name targets, or write drill: allowed at targets of the file of the estate and name it by -c")
	}
	var labels []string
	for i := range targets {
		t := &targets[i]
		t.Login = f.logins[t.Label]
		labels = append(labels, t.Label)
	}
	switch {
	case f.count < 1 || f.count > 10_000 || f.people < 2 || f.people > 100_000:
		return nil, d.Usage("--count is 1 to 10,000, and --people 2 to 100,000")
	case !f.consent:
		return nil, d.Usage("this would write %d small repositories of invented people into %s, and remove them again; --plant consents to it", f.count, strings.Join(labels, ", "))
	}
	return targets, nil
}

// measure plants, surveys into a catalog that is not kept, and asks it.
func (d *Desk) measure(cmd *cobra.Command, g *plant.Garden, r *report, f asked) error {
	ctx := cmd.Context()
	began := d.Now()
	err := g.Plant(ctx, f.count, f.people, func(p plant.Plant) { r.planted(p) })
	r.Seconds.Plant = d.Now().Sub(began).Seconds()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "drill-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	began = d.Now()
	path := filepath.Join(dir, "catalog.db")
	if err := d.Survey(cmd, g.Targets, path, filepath.Join(dir, "key")); err != nil {
		return err
	}
	r.Seconds.Survey = d.Now().Sub(began).Seconds()
	c, err := catalog.Open(ctx, path)
	if err != nil {
		return err
	}
	defer c.Close()
	began = d.Now()
	if err := r.ask(ctx, c, audit.Local()); err != nil {
		return err
	}
	r.Seconds.Answer = d.Now().Sub(began).Seconds()
	return r.grade(ctx, c, audit.Local())
}
