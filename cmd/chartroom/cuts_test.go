package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/chartroom/chartroom/source/servertest"
)

// TestCutsHideNothing surveys a bucket while its connections are cut at random moments: each object is found to hold what it holds, or
// is a gap, and none is called clean. CHARTROOM_CUTS is how many surveys there are.
func TestCutsHideNothing(t *testing.T) {
	surveys, _ := strconv.Atoi(os.Getenv("CHARTROOM_CUTS"))
	surveys = max(surveys, 2)
	g := servertest.StartGateway(t)
	p := g.Proxy(t)
	dir := t.TempDir()
	for name, v := range map[string]string{"HOME": dir, "XDG_DATA_HOME": dir + "/data", "XDG_CONFIG_HOME": dir + "/config", "AWS_ACCESS_KEY_ID": servertest.Admin, "AWS_SECRET_ACCESS_KEY": servertest.AdminPassword,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": dir + "/none", "AWS_SHARED_CREDENTIALS_FILE": dir + "/none", "AWS_PROFILE": "", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://" + p.Address()} {
		t.Setenv(name, v)
	}
	const objects = 40
	g.Bucket(t, "archive", "")
	c := g.Client(servertest.Admin, servertest.AdminPassword)
	for i := range objects {
		var csv strings.Builder
		csv.WriteString("visit,note,mrn,ssn,last_name,birth_date\n")
		for row := range 10 + i*1000 {
			fmt.Fprintf(&csv, "%d,nothing to see,,,,\n", row)
		}
		for row := range 30 { // whoever does not read to the end sees nothing of them
			fmt.Fprintf(&csv, "x,x,10%06d,2%02d-4%d-83%02d,Plantagenet,1962-03-%02d\n", i*100+row, row, row%10, row, 1+row%28)
		}
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("archive"), Key: aws.String(fmt.Sprintf("%02d.csv", i)), Body: strings.NewReader(csv.String())}); err != nil {
			t.Fatal(err)
		}
	}
	whole, cuts := 0, 0
	for i := range surveys {
		stop, ended := make(chan struct{}), sync.WaitGroup{}
		ended.Go(func() {
			for {
				select {
				case <-time.After(time.Duration(1+rand.IntN(40)) * time.Millisecond):
					cuts += p.Cut()
				case <-stop:
					return
				}
			}
		})
		catalog := filepath.Join(dir, fmt.Sprintf("%d.db", i))
		out, _ := typedIn(t, 0, "scan", "s3://archive?path_style=1", "--catalog", catalog)
		close(stop)
		ended.Wait()
		if strings.HasPrefix(out, fmt.Sprintf("%d listed = %[1]d read", objects)) {
			whole++
		}
		hidden(t, catalog, objects)
	}
	t.Logf("%d surveys, %d of them whole, %d cuts", surveys, whole, cuts)
	if cuts < surveys {
		t.Errorf("only %d connections were cut", cuts)
	}
}

// hidden checks that each object is known to hold patients, or is a gap.
func hidden(t *testing.T, catalog string, objects int) {
	t.Helper()
	var items []struct{ Item, Verdict string }
	var gaps []struct {
		Item  string
		Under bool
	}
	for command, into := range map[string]any{"where --items": &items, "gaps": &gaps} {
		out, _ := typedIn(t, 0, append(strings.Fields(command), "--catalog", catalog, "-o", "json")...)
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	seen, brokeOff := map[string]bool{}, false
	for _, g := range gaps {
		seen[g.Item] = true
		brokeOff = brokeOff || g.Item == ""
	}
	for _, it := range items {
		if it.Verdict != "phi" && it.Verdict != "pii" && !seen[it.Item] {
			t.Errorf("%s is called %s", it.Item, it.Verdict)
		}
		seen[it.Item] = true
	}
	if len(seen) < objects && !brokeOff {
		t.Errorf("%d of %d objects are in the books", len(seen), objects)
	}
}
