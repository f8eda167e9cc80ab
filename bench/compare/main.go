// Command compare runs programs over the same data in turn and says how much of it each gets through in a second of
// processor time. It counts the time that the kernel charged to each process and its children (getrusage), so a busy
// machine disturbs it little; it still repeats and takes the median.
//
// The plan comes on standard input, one line a program, four fields separated by tabs:
//
//	KIND  NAME  BYTES  COMMAND LINE      (words separated by blanks, no quoting)
//
// BYTES may be PLAIN/FILE: what the data come to as plain text, by which programs are compared, and what the file has.
// Programs of one kind are run alternating, on one processor. Ratios are those of the first program to the others.
// An exit code of 1 is no failure: for ripgrep it says that nothing matched.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// job is one line of the plan.
type job struct {
	kind, name string
	bytes      int64
	file       int64 // 0 = bytes
	command    []string
}

func main() {
	rounds := flag.Int("rounds", 5, "how often each program runs")
	core := flag.Int("core", 0, "processor to run on, -1 = any")
	scratch := flag.String("scratch", "", "folder to empty before each run")
	memory := flag.Bool("memory", false, "print peak memory and wall time of each program, and no ratios")
	cores := flag.Bool("cores", false, "print wall time of each program, and the ratio of the others to the first of a kind")
	flag.Parse()
	jobs, err := readPlan(os.Stdin)
	if err == nil {
		r := runner{core: *core, scratch: *scratch, log: os.Stderr}
		results := r.all(jobs, *rounds)
		switch {
		case *memory:
			printMemory(os.Stdout, results)
		case *cores:
			printCores(os.Stdout, results)
		default:
			printSpeed(os.Stdout, results)
			printFiles(os.Stdout, results)
		}
		err = failures(results)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// readPlan reads the jobs.
func readPlan(r io.Reader) ([]job, error) {
	var jobs []job
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		f := strings.Split(lines.Text(), "\t")
		if len(f) != 4 {
			return nil, fmt.Errorf("line %d of the plan has %d fields, not 4", n, len(f))
		}
		plain, file, packed := strings.Cut(f[2], "/")
		size, err := strconv.ParseInt(plain, 10, 64)
		var fileSize int64
		if packed && err == nil {
			fileSize, err = strconv.ParseInt(file, 10, 64)
		}
		if err != nil || size <= 0 || fileSize < 0 || strings.TrimSpace(f[3]) == "" {
			return nil, fmt.Errorf("line %d of the plan: bytes or command line make no sense", n)
		}
		jobs = append(jobs, job{kind: f[0], name: f[1], bytes: size, file: fileSize, command: strings.Fields(f[3])})
	}
	return jobs, lines.Err()
}
