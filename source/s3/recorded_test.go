package s3

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
)

// store answers as recorded: by method, and the query or the path. What it has no answer for is there and empty.
func store(t testing.TB, answers map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for key, answer := range answers {
			method, what, _ := strings.Cut(key, " ")
			q := r.URL.Query()
			if r.Method != method || !(q.Has(what) || r.URL.Path == what) {
				continue
			}
			code, text, _ := strings.Cut(answer, " ")
			status, _ := strconv.Atoi(code)
			if status >= 300 {
				text = "<Error><Code>" + text + "</Code><Message>in other words</Message></Error>"
			}
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
			return
		}
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestUnknownIsNeverNo: what a store does not answer stays open.
func TestUnknownIsNeverNo(t *testing.T) {
	login(t, "a", "b")
	b := open1(t, store(t, map[string]string{
		"GET encryption": "501 NotImplemented", "GET publicAccessBlock": "403 AccessDenied", "GET policyStatus": "404 NoSuchBucketPolicy",
		"GET acl":        `200 <AccessControlPolicy><Owner><ID>42</ID><DisplayName>records</DisplayName></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`,
		"GET versioning": "200 <VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", "GET logging": "200 <BucketLoggingStatus/>",
		"PUT uploadId": "403 AccessDenied",
	}), "s3://archive")
	want := []estate.Trait{{Name: "encryption", Value: "the store does not answer this question"}, {Name: "public_access_block", Value: "the login may not ask"},
		{Name: "public_policy", Value: "no", Known: true}, {Name: "public_acl", Value: "yes", Known: true}, {Name: "versioning", Value: "suspended", Known: true},
		{Name: "access_log", Value: "no", Known: true}}
	if d := cmp.Diff(want, b.Repository().Traits); d != "" {
		t.Error(d)
	}
	if b.Repository().Owner != "records" || b.Warnings() != nil {
		t.Errorf("%q %q", b.Repository().Owner, b.Warnings())
	}
}

func TestTraitsThatAreThere(t *testing.T) {
	login(t, "a", "b")
	b := open1(t, store(t, map[string]string{
		"GET encryption":        "200 <ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:us-west-2:123456789012:key/k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
		"GET publicAccessBlock": "200 <PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
		"GET policyStatus":      "200 <PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>", "GET acl": "404 NoSuchBucket", "GET versioning": "500 InternalError",
		"GET logging": "200 <BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket></LoggingEnabled></BucketLoggingStatus>",
	}), "s3://archive")
	got := map[string]string{}
	for _, tr := range b.Repository().Traits {
		if tr.Known {
			got[tr.Name] = tr.Value
		}
	}
	want := map[string]string{"encryption": "aws:kms", "encryption_key": "arn:aws:kms:us-west-2:123456789012:key/k", "public_access_block": "yes", "public_policy": "yes", "access_log": "to logs"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestWhatCannotBeReadIsAGap: the answers are those that the stores give.
func TestWhatCannotBeReadIsAGap(t *testing.T) {
	login(t, "a", "b")
	b := open1(t, store(t, map[string]string{
		"GET list-type": `200 <ListBucketResult><IsTruncated>false</IsTruncated>` + content("frozen", "GLACIER", "") + content("deep", "DEEP_ARCHIVE", "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>") +
			content("thawed", "GLACIER", "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2030-01-01T00:00:00Z</RestoreExpiryDate></RestoreStatus>") +
			content("cold", "GLACIER_IR", "") + content("tiered", "INTELLIGENT_TIERING", "") + content("ssec", "STANDARD", "") + content("kms", "STANDARD", "") + content("denied", "STANDARD", "") + content("gone", "STANDARD", "") + "</ListBucketResult>",
		"GET /archive/tiered": "403 InvalidObjectState", "GET /archive/ssec": "400 InvalidRequest", "GET /archive/kms": "400 KMS.DisabledException", "GET /archive/denied": "403 AccessDenied",
		"GET /archive/gone": "404 NoSuchKey",
	}), "s3://archive")
	items, gaps := list(t, b)
	got := map[string]estate.GapReason{}
	for _, g := range gaps {
		got[g.Path] = g.Reason
		if !strings.Contains(g.Detail, "restored") || g.Bytes != 3 {
			t.Errorf("%+v", g)
		}
	}
	for name, it := range items {
		if _, err := b.Open(t.Context(), it); err != nil && name != "thawed" && name != "cold" {
			got[name] = reasonOf(t, err)
		}
	}
	want := map[string]estate.GapReason{"frozen": estate.GapUnreadable, "deep": estate.GapUnreadable, "tiered": estate.GapUnreadable, "ssec": estate.GapEncrypted,
		"kms": estate.GapEncrypted, "denied": estate.GapUnreadable, "gone": estate.GapVanished}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// content is an object of a listing.
func content(key, class, more string) string {
	return "<Contents><Key>" + key + "</Key><LastModified>2026-01-01T00:00:00Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size><StorageClass>" + class + "</StorageClass>" + more + "</Contents>"
}

// pages is a store with n objects, whose listing breaks off behind so many pages; 0 = it does not.
func pages(t testing.TB, n, broken int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if !q.Has("list-type") {
			if r.Method != http.MethodHead {
				w.WriteHeader(http.StatusNotImplemented)
			}
			return
		}
		from, _ := strconv.Atoi(q.Get("continuation-token"))
		if broken > 0 && from/pageSize >= broken {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		size, _ := strconv.Atoi(q.Get("max-keys"))
		to := min(n, from+size)
		fmt.Fprintf(w, "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>%t</IsTruncated>", to < n)
		if to < n {
			fmt.Fprintf(w, "<NextContinuationToken>%d</NextContinuationToken>", to)
		}
		for i := from; i < to; i++ {
			_, _ = io.WriteString(w, content(url.QueryEscape(fmt.Sprintf("\x01%07d", i)), "STANDARD", ""))
		}
		_, _ = io.WriteString(w, "</ListBucketResult>")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestManyObjectsTakeNoMemory(t *testing.T) {
	login(t, "a", "b")
	b := open1(t, pages(t, 100_000, 0), "s3://archive")
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most, n := m.HeapAlloc, uint64(0), 0
	err := b.Items(t.Context(), func(l source.Listed) error {
		if l.Gap != nil || !strings.HasPrefix(l.Item.Path, `\x01`) {
			t.Fatalf("%+v", l)
		}
		if n++; n%10_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		return nil
	})
	if err != nil || n != 100_000 {
		t.Fatalf("%d listed, %v", n, err)
	}
	if most > before+8<<20 {
		t.Errorf("the listing holds %d KiB", (most-before)>>10)
	}
}

func TestListingThatBreaksOffIsAGap(t *testing.T) {
	login(t, "a", "b")
	items, gaps := list(t, open1(t, pages(t, 5000, 2), "s3://archive"))
	if len(items) != 2*pageSize || len(gaps) != 1 || !gaps[0].Under || gaps[0].Path != "" {
		t.Errorf("%d items, %v", len(items), gaps)
	}
	b := open1(t, store(t, map[string]string{"GET list-type": "403 AccessDenied"}), "s3://archive")
	if err := b.Items(t.Context(), func(source.Listed) error { return nil }); err == nil || !strings.Contains(err.Error(), "access denied") {
		t.Errorf("%v", err)
	}
	stop := errors.New("stop")
	b = open1(t, pages(t, 5000, 0), "s3://archive")
	if err := b.Items(t.Context(), func(source.Listed) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// TestPrefixThatIsAnObjectAndAFolder: a store that is no file system may have both.
func TestPrefixThatIsAnObjectAndAFolder(t *testing.T) {
	login(t, "a", "b")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, prefix := "", r.URL.Query().Get("prefix")
		switch {
		case !r.URL.Query().Has("list-type"):
			return
		case prefix == "2019/":
			key = "2019/2019"
		case prefix == "2019" && r.URL.Query().Get("max-keys") == "1":
			key = "2019"
		case prefix == "20":
			key = "2019"
		}
		_, _ = io.WriteString(w, "<ListBucketResult><IsTruncated>false</IsTruncated>")
		if key != "" {
			_, _ = io.WriteString(w, content(key, "STANDARD", ""))
		}
		_, _ = io.WriteString(w, "</ListBucketResult>")
	}))
	t.Cleanup(s.Close)
	for target, want := range map[string][]string{"s3://archive/2019": {"../2019", "2019"}, "s3://archive/2019/": {"2019"}, "s3://archive/20": nil} {
		items, _ := list(t, open1(t, s.URL, target))
		if got := slices.Sorted(maps.Keys(items)); !slices.Equal(got, want) {
			t.Errorf("%s lists %q, want %q", target, got, want)
		}
	}
}

func TestLocal(t *testing.T) {
	for address, want := range map[string]bool{"http://127.0.0.1:1": true, "http://localhost": true, "http://[::1]:9": true, "http://minio:9000": false, "http://10.0.0.1": false, "http://%": false} {
		if local(address) != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}

// TestStoreThatLies: neither other bytes nor another version pass for those that were asked for.
func TestStoreThatLies(t *testing.T) {
	login(t, "a", "b")
	lie := http.Header{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k := range lie {
			w.Header().Set(k, lie.Get(k))
		}
		_, _ = io.WriteString(w, "abc")
	}))
	t.Cleanup(s.Close)
	b := open1(t, s.URL, "s3://archive")
	item := source.Item{Path: "a", Bytes: 3, Ref: ref{key: "a", etag: `"e"`, size: 3}}
	if r, err := b.Open(t.Context(), item); err != nil || string(read(t, b, item)) != "abc" || r.Close() != nil {
		t.Errorf("a whole object for the range of all of it: %v", err)
	}
	for name, c := range map[string]struct {
		header, value string
		want          estate.GapReason
	}{
		"other version": {"Etag", `"f"`, estate.GapChanging}, "other size": {"Content-Range", "bytes 0-2/9", estate.GapChanging}, "other range": {"Content-Range", "bytes 1-2/3", estate.GapUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			clear(lie)
			lie.Set(c.header, c.value)
			if _, err := b.Open(t.Context(), item); reasonOf(t, err) != c.want {
				t.Error(err)
			}
		})
	}
}

func TestRegionIsFound(t *testing.T) {
	login(t, "a", "b")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/s3/") {
			w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
			w.WriteHeader(http.StatusMovedPermanently)
		}
	}))
	t.Cleanup(s.Close)
	if region := open1(t, s.URL, "s3://archive").client.Options().Region; region != "eu-central-1" {
		t.Error(region)
	}
}

func TestTargets(t *testing.T) {
	for address, want := range map[string]target{
		"s3://archive": {bucket: "archive", folder: true}, "s3://archive/": {bucket: "archive", folder: true}, "s3://archive/a/b": {bucket: "archive", prefix: "a/b"},
		"s3://archive/a/": {bucket: "archive", prefix: "a", folder: true}, "s3://": {folder: true}, "s3://archive/a%20b": {bucket: "archive", prefix: "a b"},
		"s3://archive?endpoint=https://minio:9000&region=x&path_style=1&versions=all&profile=lakeside": {bucket: "archive", folder: true, endpoint: "https://minio:9000", region: "x", pathStyle: true, versions: true, profile: "lakeside"},
	} {
		if got, err := parse(address); err != nil || got != want {
			t.Errorf("%s: %+v %v", address, got, err)
		}
	}
	for address, why := range map[string]string{
		"http://x": "no s3://", "s3://KEY:SECRET@archive": "credentials", "s3://KEY:SECRET@archive/x": "credentials", "s3:///a": "without a bucket", "s3://a?regoin=x": "no option regoin",
		"s3://a?endpoint=minio": "endpoint", "s3://a?endpoint=https://k:s@minio": "endpoint", "s3://a?versions=some": "all or latest", "s3://a/%zz": "%25", "s3://a?%zz": "options",
	} {
		if _, err := parse(address); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", address, err)
		} else if strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "k:s") {
			t.Errorf("%s: the error shows a secret: %v", address, err)
		}
	}
}

// TestKeysHaveOneFormEach: no two keys are shown alike, and what is shown can be shown.
func TestKeysHaveOneFormEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a!/?\\x0-9]{0,8}(\?versionId=)?[!/a]{0,3}`), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		a, b := key.Draw(t, "a"), key.Draw(t, "b")
		da, db := display(a), display(b)
		if (a == b) != (da == db) {
			t.Fatalf("%q and %q are shown as %q and %q", a, b, da, db)
		}
		if !utf8.ValidString(da) || strings.ContainsFunc(da, func(r rune) bool { return r < ' ' || r == 0x7f }) || strings.Contains(da, "!/") || strings.Contains(da, versionMark) || strings.HasSuffix(da, "/") {
			t.Fatalf("%q is shown as %q", a, da)
		}
	})
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"s3://archive/a?endpoint=https://minio", "s3://", "s3://a@b", "s3://%zz?x=%zz;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got, err := parse(address)
		if err == nil && got.bucket == "" && got.prefix != "" {
			t.Errorf("%+v", got)
		}
	})
}
