package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// plantedValues are one value of each kind of identifier, none of which can occur by chance.
var plantedValues = map[string]string{
	"given name": "Thessaloniana", "family name": "Quillfeather", "street": "48213 Brambleknock Terrace", "city": "Wexcombeville",
	"zip": "97531-8642", "birth": "1947-11-23", "birth packed": "19471123", "admission": "2019-02-27", "admission packed": "20190227",
	"phone": "413-586-7291", "fax": "413-586-7292", "email": "tq.planted@brambleknock-mail.org", "ssn": "219-46-8317", "ssn bare": "219468317",
	"mrn": "LC-77318842", "plan": "7QK9WD4HR58", "account": "ACCT-99120347711", "licence": "Q4471-9932-0815", "vehicle": "1M8GDM9AXKP042788",
	"device": "SN-DEV-5518820093", "url": "https://portal.brambleknock-mail.org/p/55188", "ip": "73.118.204.91", "other": "XK-ENC-88231907",
	"patient id": "pt-5f2d8c91e7aa", "headerless": "Brunhilda Okonkwo-Planted", "key": "keyed.person@brambleknock-mail.org",
	"note": "Thessaloniana said that her sister drove her",
}

// plant writes the values in every format that is read, and in broken ones.
func plant(t *testing.T, dir string) {
	v := plantedValues
	fhir := fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":%q},{"value":%q}],"name":[{"family":%q,"given":[%q]}],`+
		`"telecom":[{"system":"phone","value":%q},{"system":"email","value":%q}],"birthDate":%q,"address":[{"line":[%q],"city":%q,"postalCode":%q}]}`,
		v["patient id"], v["ssn"], v["mrn"], v["family name"], v["given name"], v["phone"], v["email"], v["birth"], v["street"], v["city"], v["zip"])
	note := fmt.Sprintf("Patient: %s %s\nMRN: %s\nSSN: %s\nDOB: %s\n%s. Call %s or write to %s, see %s from %s. Lives at %s, %s. VIN %s.\n", v["given name"], v["family name"],
		v["mrn"], v["ssn"], v["birth"], v["note"], v["phone"], v["email"], v["url"], v["ip"], v["street"], v["city"], v["vehicle"])
	row := strings.Join([]string{v["mrn"], v["ssn"], v["given name"], v["family name"], v["birth"], v["street"], v["city"], v["zip"], v["phone"], v["fax"], v["email"],
		v["plan"], v["account"], v["licence"], v["vehicle"], v["device"], v["url"], v["ip"], v["other"], v["admission"], v["note"]}, ",")
	head := "mrn,ssn,first_name,last_name,birth_date,street,city,zip,phone,fax,email,member_id,account_number,drivers_license,vin,device_serial,portal_url,ip_address,encounter_id,admit_date,note"
	hl7 := strings.Join([]string{"MSH|^~\\&|A|B|C|D|20190227||ADT^A01|1|P|2.5.1", "PID|1||" + v["mrn"] + "^^^X^MR~" + v["ssn bare"] + "^^^X^SS||" + v["family name"] + "^" + v["given name"] + "||" +
		v["birth packed"] + "|F|||" + v["street"] + "^^" + v["city"] + "^CA^" + v["zip"] + "||" + v["phone"], "PV1|1|I|||||||||||||||||" + v["other"] + "|||||||||||||||||||||||||" + v["admission packed"],
		"OBX|1|TX|^note||" + v["note"], ""}, "\r")
	files := map[string]string{
		"people.csv": head + "\n" + row + "\n" + row + "\n", "headerless.csv": v["headerless"] + "," + v["ssn"] + "," + v["email"] + "\nJohn Smith," + v["ssn"] + ",a@b.org\n",
		"one.fhir.json": fhir, "bulk.ndjson": fhir + "\n" + fhir + "\n", "feed.hl7": hl7, "note.txt": note, "app.log": "2019-02-27 ERROR user " + v["email"] + " from " + v["ip"] + "\n",
		"document.json": `{"resourceType":"DocumentReference","subject":{"reference":"Patient/` + v["patient id"] + `"},"content":[{"attachment":{"contentType":"text/plain","data":"` + base64.StdEncoding.EncodeToString([]byte(note)) + `"}}]}`,
		"keyed.json":    `{"` + v["key"] + `":{"` + v["ssn"] + `":"x","` + v["family name"] + `, ` + v["given name"] + `":1}}`,
		"broken.json":   fhir[:len(fhir)-40] + "\x01" + v["ssn"], "broken.hl7": hl7[:80] + "\x00\x01\xff" + v["family name"], "broken.csv": head + "\n\"" + row, "unread.pdf": "%PDF-1.4 " + note, "binary.bin": "\x00\x01" + note,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plantDocuments(t, dir, head, row, note)
	filler := strings.Repeat(note, 60_000) // long enough to be killed in
	if err := os.WriteFile(filepath.Join(dir, "long.txt"), []byte(filler), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holds fails the test where some planted value stands in what was written, as text or in another common form.
func holds(t *testing.T, where string, b []byte) {
	t.Helper()
	low := bytes.ToLower(b)
	for kind, v := range plantedValues {
		for form, s := range map[string]string{"text": v, "hex": fmt.Sprintf("%x", v), "base64": base64.StdEncoding.EncodeToString([]byte(v))[:len(v)], "without separators": strings.NewReplacer("-", "", " ", "").Replace(v)} {
			if bytes.Contains(low, bytes.ToLower([]byte(s))) {
				t.Errorf("%s holds the planted %s as %s", where, kind, form)
			}
		}
	}
}

// TestNoValueIsWritten plants values of every kind, runs every command, and looks for them in everything that was written.
func TestNoValueIsWritten(t *testing.T) {
	home, estate := t.TempDir(), t.TempDir()
	plant(t, estate)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "chartroom")
	if err := os.Symlink(self, bin); err != nil { // testscript.Main runs the command of this name
		t.Fatal(err)
	}
	tmp := filepath.Join(home, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	command := func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, bin, args...)
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home+"/data", "XDG_CONFIG_HOME="+home+"/config", "TMPDIR="+tmp, "GOTRACEBACK=all")
		return cmd
	}
	run := func(args ...string) {
		t.Helper()
		out, err := command(t.Context(), args...).CombinedOutput()
		if len(out) == 0 {
			t.Errorf("chartroom %v printed nothing: %v", args, err)
		}
		holds(t, fmt.Sprintf("the output of chartroom %v", args), out)
	}
	if !crash(t, command, estate) {
		t.Error("no scan could be made to crash in the middle")
	}
	run("scan", estate)
	for _, form := range []string{"table", "json", "csv"} {
		for _, args := range [][]string{{"scan", estate}, {"where"}, {"where", "--items"}, {"fields", "--explain"}, {"gaps"}, {"diff", "--since", "24h"}, {"config"}, {"version"}, {"review", "--controls"}, {"review", "--posture"},
			{"inspect", filepath.Join(estate, "note.txt")}, {"inspect", filepath.Join(estate, "binary.bin")}} {
			run(append(args, "-o", form)...)
		}
	}
	seen := 0
	err = filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		seen += len(b)
		holds(t, path, b)
		return err
	})
	if err != nil || seen < 1000 {
		t.Errorf("looked at %d written bytes: %v", seen, err)
	}
}

// crash makes a scan dump its goroutines in the middle of its work, and looks at the dump; the journal that it leaves is looked
// at with all else.
func crash(t *testing.T, command func(context.Context, ...string) *exec.Cmd, estate string) bool {
	t.Helper()
	for _, wait := range []time.Duration{150, 300, 75, 600, 40, 20} {
		cmd := command(t.Context(), "scan", estate)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait * time.Millisecond)
		cmd.Process.Signal(syscall.SIGQUIT) // an error says that it is done already
		cmd.Wait()
		holds(t, "the crash dump", out.Bytes())
		if strings.Contains(out.String(), "goroutine ") {
			return true
		}
	}
	return false
}
