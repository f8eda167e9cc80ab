package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
)

// hands makes two who can open backups: Anna, whose catalogs they are, and Kim, who keeps the key.
func hands(env *testscript.Env) error {
	for variable, file := range map[string]string{"ANNA": "anna.txt", "KIM": "kim.txt"} {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return err
		}
		if err := os.WriteFile(env.WorkDir+"/"+file, []byte(id.String()+"\n"), 0o600); err != nil {
			return err
		}
		env.Setenv(variable, id.Recipient().String())
	}
	return nil
}

// answers writes what every command of questions says, as table and as JSON, but for how long ago things were
// and when it was asked.
func answers(ts *testscript.TestScript, _ bool, args []string) {
	ages := regexp.MustCompile(`\b(\d+ (s|min|h|d) ago|just now)\b|"(until|as_of)": "[^"]+"|and \d{4}-\d\d-\d\d \d\d:\d\d\.`)
	var all bytes.Buffer
	for _, command := range [][]string{{"where"}, {"where", "--items"}, {"where", "--state", "CA"}, {"fields", "--explain"}, {"gaps"}, {"diff", "--since", "2026-01-01"},
		{"footholds"}, {"findings"}, {"cut"}, {"threat"}, {"review"}, {"compare", "Lakeside Clinics"}, {"case", "list"}, {"case", "log"}, {"claim", "--size", "8.8TB"}, {"config"}} {
		for _, form := range []string{"table", "json"} {
			err := ts.Exec("chartroom", append(slices.Clone(command), "-o", form)...)
			out := ts.ReadFile("stdout") + ts.ReadFile("stderr")
			fmt.Fprintf(&all, "%v -o %s: %v\n%s\n", command, form, err, ages.ReplaceAllString(out, "AGE"))
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), all.Bytes(), 0o600))
}
