package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// printSpeed prints a row a kind: the rate of each program, and the ratio of the first program to each other.
func printSpeed(w io.Writer, results []*result) {
	var kinds, names []string
	by := map[string]*result{}
	for _, r := range results {
		if !slices.Contains(kinds, r.kind) {
			kinds = append(kinds, r.kind)
		}
		if !slices.Contains(names, r.name) {
			names = append(names, r.name)
		}
		by[r.kind+"\t"+r.name] = r
	}
	fmt.Fprintln(w, "MB (1,000,000 bytes) per second of processor time, one core, medians:")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "kind\t")
	for _, n := range names {
		fmt.Fprint(t, n, "\t")
	}
	for _, n := range names[1:] {
		fmt.Fprintf(t, "%s/%s\t", names[0], n)
	}
	fmt.Fprintln(t)
	for _, k := range kinds {
		fmt.Fprint(t, k, "\t")
		first := rateOf(by[k+"\t"+names[0]])
		for _, n := range names {
			fmt.Fprint(t, figure(rateOf(by[k+"\t"+n])), "\t")
		}
		for _, n := range names[1:] {
			if other := rateOf(by[k+"\t"+n]); other > 0 && first > 0 {
				fmt.Fprintf(t, "%.2f\t", first/other)
			} else {
				fmt.Fprint(t, "-\t")
			}
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// printFiles prints a row for each run over a packed form: how much of the file itself, and of what it comes to, is read in a second
// of processor time.
func printFiles(w io.Writer, results []*result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows := 0
	for _, r := range results {
		if r.file == 0 {
			continue
		}
		if rows++; rows == 1 {
			fmt.Fprintln(t, "packed\tprogram\tfile MB\tplain MB\tfile MB/s\tplain MB/s\t")
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f\t%.1f\t%s\t%s\t\n", r.kind, r.name, float64(r.file)/1e6, float64(r.bytes)/1e6,
			figure(r.rate()*float64(r.file)/float64(r.bytes)), figure(r.rate()))
	}
	t.Flush()
}

// printCores prints a row a program, with how much faster by the clock on the wall it was than the first program of the same kind.
func printCores(w io.Writer, results []*result) {
	first := map[string]*result{}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "kind\tprogram\tMB per wall s\tMB per CPU s\ttimes the first\t")
	for _, r := range results {
		if first[r.kind] == nil {
			first[r.kind] = r
		}
		ratio := 0.0
		if base := first[r.kind].wallRate(); base > 0 {
			ratio = r.wallRate() / base
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.2f\t\n", r.kind, r.name, figure(r.wallRate()), figure(r.rate()), ratio)
	}
	t.Flush()
}

func rateOf(r *result) float64 {
	if r == nil {
		return 0
	}
	return r.rate()
}

// figure writes a rate with as many digits as it deserves.
func figure(rate float64) string {
	switch {
	case rate == 0:
		return "-"
	case rate < 10:
		return fmt.Sprintf("%.2f", rate)
	}
	return fmt.Sprintf("%.0f", rate)
}

// printMemory prints a row a program: the highest peak of memory, and the median rates.
func printMemory(w io.Writer, results []*result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "kind\tprogram\tpeak MiB\tMB per CPU s\tMB per wall s\t")
	for _, r := range results {
		var peak int64
		for _, u := range r.uses {
			peak = max(peak, u.peak)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t\n", r.kind, r.name, peak>>20, figure(r.rate()), figure(r.wallRate()))
	}
	t.Flush()
}
