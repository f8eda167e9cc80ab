// Command generate writes synthetic data of a wanted kind and size, for measurements. The same arguments give the same bytes.
//
//	generate csv|csvwide|fhir|hl7v2|notes|logs MB [FILE]   a stream of records
//	generate x12 MB [FILE]                                 claims
//	generate parquet|xlsx|pdf|targz|zip MB [FILE]          people whose plain text comes to so much
//	generate plain-KIND MB [FILE]                          that plain text
//	generate ccda MB DIR                                   clinical documents of about 60 KB
//	generate onelinejson MB [FILE]                         one FHIR Bundle on one line
//	generate widecsv ROWS COLS [FILE]                      a table of measured values with five columns about people
//	generate manyfiles N DIR                               N small files, a thousand a folder
//
// MB are 1,000,000 bytes. Without FILE it writes to standard output.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

const usage = "usage: generate csv|csvwide|fhir|hl7v2|notes|logs|x12|parquet|xlsx|pdf|targz|zip|plain-...|onelinejson MB [FILE], ccda MB DIR, widecsv ROWS COLS [FILE], manyfiles N DIR"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// errUsage says that the arguments make no sense.
var errUsage = errors.New(usage)

func run(args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n <= 0 {
		return errUsage
	}
	switch kind := args[0]; kind {
	case "manyfiles":
		if len(args) != 3 {
			return errUsage
		}
		return manyFiles(args[2], n)
	case "ccda":
		if len(args) != 3 {
			return errUsage
		}
		return documents(args[2], int64(n)*1_000_000)
	case "widecsv":
		if len(args) < 3 {
			return errUsage
		}
		columns, err := strconv.Atoi(args[2])
		if err != nil || columns <= 0 {
			return errUsage
		}
		return to(args[3:], func(w io.Writer) error { return wideTable(w, n, columns) })
	default:
		write := streams(kind)
		if write == nil {
			return errUsage
		}
		return to(args[2:], func(w io.Writer) error { return write(w, int64(n)*1_000_000) })
	}
}

// to opens the file that the rest of the arguments name, or standard output, and fills it.
func to(rest []string, fill func(io.Writer) error) error {
	if len(rest) == 0 {
		return fillBuffered(os.Stdout, fill)
	}
	f, err := os.Create(rest[0])
	if err != nil {
		return err
	}
	return errors.Join(fillBuffered(f, fill), f.Close())
}

func fillBuffered(w io.Writer, fill func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<20)
	return errors.Join(fill(b), b.Flush())
}
