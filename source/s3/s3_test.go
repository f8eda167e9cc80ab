package s3

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
)

// policy lets a user act on a bucket and its objects.
func policy(bucket, user string, actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":%q,"Action":["%s"],"Resource":["arn:aws:s3:::%[3]s","arn:aws:s3:::%[3]s/*"]}]}`,
		user, strings.Join(actions, `","`), bucket)
}

// login makes a user's credentials those of the environment, and shuts out all others.
func login(t testing.TB, user, secret string) {
	t.Helper()
	for name, v := range map[string]string{"AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ENDPOINT_URL": "", "AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none"} {
		t.Setenv(name, v)
	}
}

// put writes an object as the gateway's root.
func put(t testing.TB, g servertest.Gateway, bucket, key string, content []byte) {
	t.Helper()
	_, err := g.Client(servertest.Admin, servertest.AdminPassword).PutObject(t.Context(), &aws3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(content)})
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

// open1 opens a target of an endpoint, and makes its waits short.
func open1(t testing.TB, endpoint, target string) *Bucket {
	t.Helper()
	sep := "?"
	if strings.Contains(target, "?") {
		sep = "&"
	}
	all, err := Open(t.Context(), target+sep+"path_style=1&endpoint="+url.QueryEscape(endpoint), "Lakeside Clinics")
	if err != nil {
		t.Fatal(err)
	}
	b := all[0].(*Bucket)
	b.client = aws3.New(b.client.Options(), func(o *aws3.Options) { o.Retryer = patient(20 * time.Millisecond) })
	b.wait = func(ctx context.Context, _ int) error { return ctx.Err() }
	return b
}

// list gives what a source lists: items by path, and gaps.
func list(t testing.TB, s source.Source) (items map[string]source.Item, gaps []*estate.Gap) {
	t.Helper()
	items = map[string]source.Item{}
	err := s.Items(t.Context(), func(l source.Listed) error {
		if l.Gap != nil {
			gaps = append(gaps, l.Gap)
			return nil
		}
		if _, twice := items[l.Item.Path]; twice {
			t.Errorf("%s is listed twice", l.Item.Path)
		}
		items[l.Item.Path] = l.Item
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items, gaps
}

func read(t testing.TB, s source.Source, item source.Item) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), item)
	if err != nil {
		t.Fatalf("open %s: %v", item.Path, err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("read %s: %v", item.Path, err)
	}
	return data
}

func reasonOf(t testing.TB, err error) estate.GapReason {
	t.Helper()
	var g *source.GapError
	if !errors.As(err, &g) {
		t.Fatalf("%v is no gap", err)
	}
	return g.Reason
}

// random gives n bytes that are the same for the same seed.
func random(seed uint64, n int) []byte {
	out := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = r.Read(out)
	return out
}

func TestWhatTheLoginMayDo(t *testing.T) {
	g := servertest.StartGateway(t)
	for _, u := range []string{"reader", "lister", "writer", "nobody"} {
		g.User(t, u, u+"-secret")
	}
	for bucket, p := range map[string]string{"reader": policy("reader", "reader", "s3:ListBucket", "s3:GetObject"), "lister": policy("lister", "lister", "s3:ListBucket"),
		"writer": policy("writer", "writer", "s3:ListBucket", "s3:GetObject", "s3:PutObject"), "nobody": ""} {
		g.Bucket(t, bucket, p)
		put(t, g, bucket, "2019/charts.csv", []byte("mrn\n1\n"))
	}
	t.Run("read", func(t *testing.T) {
		login(t, "reader", "reader-secret")
		b := open1(t, g.URL(), "s3://reader")
		items, gaps := list(t, b)
		if len(items) != 1 || gaps != nil || string(read(t, b, items["2019/charts.csv"])) != "mrn\n1\n" {
			t.Errorf("%v %v", items, gaps)
		}
		if p := b.Warnings(); p != nil {
			t.Errorf("%v", p)
		}
		if r := b.Repository(); r.Name != "s3://reader?endpoint="+g.URL() || r.Kind != "s3" || r.Custodian != "Lakeside Clinics" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("list only", func(t *testing.T) {
		login(t, "lister", "lister-secret")
		b := open1(t, g.URL(), "s3://lister")
		items, _ := list(t, b)
		_, err := b.Open(t.Context(), items["2019/charts.csv"])
		if reasonOf(t, err) != estate.GapUnreadable || !strings.Contains(err.Error(), "access denied") {
			t.Error(err)
		}
	})
	t.Run("write", func(t *testing.T) {
		login(t, "writer", "writer-secret")
		b := open1(t, g.URL(), "s3://writer")
		if p := b.Warnings(); len(p) != 1 || !strings.Contains(p[0], "may write there") {
			t.Errorf("%q", p)
		}
		if items, _ := list(t, b); len(items) != 1 {
			t.Errorf("the probe left something: %v", items)
		}
	})
	for name, c := range map[string][3]string{
		"nothing": {"nobody", "nobody-secret", "may not"}, "wrong secret": {"reader", "wrong", "secret key"}, "unknown": {"stranger", "x", "access key"},
	} {
		t.Run(name, func(t *testing.T) {
			login(t, c[0], c[1])
			all, err := Open(t.Context(), "s3://nobody?path_style=1&endpoint="+g.URL(), "")
			if err == nil || !strings.Contains(err.Error(), c[2]) && !strings.Contains(err.Error(), "access denied") {
				t.Errorf("%v %v", all, err)
			}
		})
	}
	t.Run("no such bucket", func(t *testing.T) {
		login(t, servertest.Admin, servertest.AdminPassword)
		if _, err := Open(t.Context(), "s3://nowhere?path_style=1&endpoint="+g.URL(), ""); err == nil || !strings.Contains(err.Error(), "no such bucket") {
			t.Error(err)
		}
	})
	t.Run("every bucket", func(t *testing.T) {
		login(t, servertest.Admin, servertest.AdminPassword)
		all, err := Open(t.Context(), "s3://?path_style=1&endpoint="+g.URL(), "")
		if err != nil || len(all) != 4 {
			t.Errorf("%v %v", all, err)
		}
	})
}

func TestListing(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	const many = 1500
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := w; i < many; i += 4 {
				put(t, g, "archive", fmt.Sprintf("notes/%04d.txt", i), fmt.Append(nil, i))
			}
		})
	}
	wg.Wait()
	odd := []string{"notes2/a.txt", "notes", "odd/a+b c&d=e.txt", "odd/%41.txt", "odd/ü 漢.txt", "odd/q?versionId=7", "odd/zip!/member", "odd/back\\slash", "odd/tab\t.txt"}
	for _, k := range odd {
		if k != "notes" { // a directory to this gateway
			put(t, g, "archive", k, []byte(k))
		}
	}
	put(t, g, "archive", "folder/", nil)
	t.Run("paging", func(t *testing.T) {
		items, gaps := list(t, open1(t, g.URL(), "s3://archive"))
		if len(items) != many+len(odd)-1 || gaps != nil {
			t.Errorf("%d items, %v", len(items), gaps)
		}
	})
	t.Run("prefix is a folder", func(t *testing.T) {
		b := open1(t, g.URL(), "s3://archive/notes")
		if items, _ := list(t, b); len(items) != many || items["0001.txt"].Bytes != 1 {
			t.Errorf("%d items", len(items))
		}
		if n := b.Repository().Name; !strings.HasPrefix(n, "s3://archive/notes?endpoint=") {
			t.Error(n)
		}
	})
	t.Run("prefix is an object", func(t *testing.T) {
		b := open1(t, g.URL(), "s3://archive/notes/0007.txt")
		items, _ := list(t, b)
		if len(items) != 1 || string(read(t, b, items["0007.txt"])) != "7" {
			t.Errorf("%v", items)
		}
	})
	t.Run("odd keys", func(t *testing.T) {
		b := open1(t, g.URL(), "s3://archive/odd/")
		items, _ := list(t, b)
		var paths []string
		for p, it := range items {
			paths = append(paths, p)
			if key := it.Ref.(ref).key; string(read(t, b, it)) != key {
				t.Errorf("%s is not %q", p, key)
			}
		}
		slices.Sort(paths)
		want := []string{"%41.txt", "a+b c&d=e.txt", `back\x5cslash`, `q\x3fversionId=7`, `tab\x09.txt`, `zip\x21/member`, "ü 漢.txt"}
		if d := cmp.Diff(want, paths); d != "" {
			t.Error(d)
		}
	})
}

func TestVersions(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	c := g.Client(servertest.Admin, servertest.AdminPassword)
	if _, err := c.PutBucketVersioning(t.Context(), &aws3.PutBucketVersioningInput{Bucket: aws.String("archive"),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		put(t, g, "archive", "a.txt", fmt.Appendf(nil, "version %d", i))
	}
	put(t, g, "archive", "gone.txt", []byte("deleted and still there"))
	if _, err := c.DeleteObject(t.Context(), &aws3.DeleteObjectInput{Bucket: aws.String("archive"), Key: aws.String("gone.txt")}); err != nil {
		t.Fatal(err)
	}
	latest, gaps := list(t, open1(t, g.URL(), "s3://archive"))
	if len(latest) != 1 || len(gaps) != 1 || gaps[0].Reason != estate.GapNotFollowed || !strings.Contains(gaps[0].Detail, "versions=all") {
		t.Errorf("%v %v", latest, gaps)
	}
	b := open1(t, g.URL(), "s3://archive?versions=all")
	b.page = 2 // the versions of one object stand on two pages
	all, gaps := list(t, b)
	if len(all) != 4 || gaps != nil {
		t.Fatalf("%v %v", all, gaps)
	}
	got := map[string]bool{}
	for p, it := range all {
		if !strings.Contains(p, ".txt?versionId=") {
			t.Error(p)
		}
		got[string(read(t, b, it))] = true
	}
	for _, want := range []string{"version 0", "version 1", "version 2", "deleted and still there"} {
		if !got[want] {
			t.Errorf("%q was not read", want)
		}
	}
}

func TestVersionMarkFollowsContent(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	large := random(1, 5<<20)
	put(t, g, "archive", "small", []byte("one"))
	put(t, g, "archive", "large", large)
	b := open1(t, g.URL(), "s3://archive")
	first, _ := list(t, b)
	if again, _ := list(t, b); again["small"].Version != first["small"].Version {
		t.Error("the mark changes by itself")
	}
	r, err := b.Open(t.Context(), first["large"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	put(t, g, "archive", "small", []byte("two"))
	put(t, g, "archive", "large", random(2, 5<<20))
	if again, _ := list(t, b); again["small"].Version == first["small"].Version {
		t.Error("the mark is that of other content")
	}
	if _, err := b.Open(t.Context(), first["small"]); reasonOf(t, err) != estate.GapChanging || !errors.Is(err, source.ErrChanged) {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, source.ErrChanged) {
		t.Errorf("the rest of another object was read: %v", err)
	}
	if err := r.Close(); !errors.Is(err, source.ErrChanged) {
		t.Errorf("close: %v", err)
	}
	if _, err := g.Client(servertest.Admin, servertest.AdminPassword).DeleteObject(t.Context(), &aws3.DeleteObjectInput{Bucket: aws.String("archive"), Key: aws.String("small")}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(t.Context(), first["small"]); reasonOf(t, err) != estate.GapVanished {
		t.Error(err)
	}
}

// counting passes requests on to a server and counts those for contents.
func counting(t testing.TB, to string) (endpoint string, gets *atomic.Int64) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	gets = &atomic.Int64{}
	p := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u); r.Out.Host = r.In.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			gets.Add(1)
		}
		p.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, gets
}

func TestZipCostsFewRequests(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i := range 40 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%02d.bin", i), Method: zip.Store})
		if err == nil {
			_, err = w.Write(random(uint64(i), 1<<20))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, g, "archive", "charts.zip", buf.Bytes())
	endpoint, gets := counting(t, g.URL())
	b := open1(t, endpoint, "s3://archive")
	items, _ := list(t, b)
	r, err := b.Open(t.Context(), items["charts.zip"])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in, err := zip.NewReader(r.(io.ReaderAt), items["charts.zip"].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if n := gets.Load(); n > 2 { // the first, and the end
		t.Errorf("%d requests for the directory", n)
	}
	f, err := in.Open("20.bin")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(data, random(20, 1<<20)) {
		t.Fatalf("the member is not what was written: %v", err)
	}
	if n := gets.Load(); n > 6 {
		t.Errorf("%d requests for one member of 1 MiB", n)
	}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
	}
	if n := gets.Load(); n > 35 {
		t.Errorf("%d requests for 40 MiB in order", n)
	}
	if h := r.(*body).cache.held; h > keptSize {
		t.Errorf("%d bytes are kept", h)
	}
}

func TestReadAtIsThatOfTheContent(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	b := open1(t, g.URL(), "s3://archive")
	for _, size := range []int{0, 1, firstSize, firstSize + 1, 9<<20 + 77} {
		name, content := fmt.Sprint(size), random(7, size)
		put(t, g, "archive", name, content)
		items, _ := list(t, b)
		r, err := b.Open(t.Context(), items[name])
		if err != nil {
			t.Fatal(err)
		}
		at := r.(io.ReaderAt)
		for range 60 {
			off, n := rand.IntN(size+10), rand.IntN([]int{10, 5000, 3 << 20}[rand.IntN(3)])
			p := make([]byte, n)
			k, err := at.ReadAt(p, int64(off))
			want := content[min(off, size):min(off+n, size)]
			if !bytes.Equal(p[:k], want) || (k < n) != (err == io.EOF) {
				t.Fatalf("%d bytes at %d of %d: %d bytes, %v", n, off, size, k, err)
			}
		}
		if data, err := io.ReadAll(r); err != nil || !bytes.Equal(data, content) {
			t.Fatalf("the stream of %d bytes: %d, %v", size, len(data), err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestManyReadAtOnce: each of several who read on from different places costs a request for each two MiB, as one alone does.
func TestManyReadAtOnce(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	const pieces, size = 8, 6 << 20
	content := random(3, pieces*size)
	put(t, g, "archive", "export.csv", content)
	endpoint, gets := counting(t, g.URL())
	b := open1(t, endpoint, "s3://archive")
	items, _ := list(t, b)
	r, err := b.Open(t.Context(), items["export.csv"])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var wg sync.WaitGroup
	for i := range pieces {
		wg.Go(func() {
			section := io.NewSectionReader(r.(io.ReaderAt), int64(i*size), size)
			got := sha256.New()
			if _, err := io.CopyBuffer(struct{ io.Writer }{got}, struct{ io.Reader }{section}, make([]byte, 64<<10)); err != nil {
				t.Error(err)
			}
			if want := sha256.Sum256(content[i*size : (i+1)*size]); !bytes.Equal(got.Sum(nil), want[:]) {
				t.Errorf("piece %d was read otherwise than it is", i)
			}
		})
	}
	wg.Wait()
	if n := gets.Load(); n > 1+pieces*8 {
		t.Errorf("%d requests for %d pieces of %d MiB", n, pieces, size>>20)
	}
}

func TestCutConnectionsLoseNothing(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "archive", "")
	want := map[string][]byte{}
	for i := range 30 {
		name, content := fmt.Sprintf("%02d", i), random(uint64(i), 1+i*i*9000)
		put(t, g, "archive", name, content)
		sum := sha256.Sum256(content)
		want[name] = sum[:]
	}
	p := g.Proxy(t)
	b := open1(t, "http://"+p.Address(), "s3://archive")
	stop := make(chan struct{})
	var cuts, failed int
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-time.After(time.Duration(1+rand.IntN(40)) * time.Millisecond):
				cuts += p.Cut()
			case <-stop:
				return
			}
		}
	})
	for range 2 {
		items, gaps := list(t, b)
		if len(items)+len(gaps) < len(want) && gaps == nil {
			t.Errorf("%d of %d listed, and no gap", len(items), len(want))
		}
		for name, it := range items {
			got := sha256.New()
			r, err := b.Open(t.Context(), it)
			if err == nil {
				_, err = io.Copy(got, r)
				err = errors.Join(err, r.Close())
			}
			switch {
			case err != nil: // cut too often: that is told
				failed++
			case !bytes.Equal(got.Sum(nil), want[name]):
				t.Errorf("%s was read otherwise than it is", name)
			}
		}
	}
	close(stop)
	wg.Wait()
	t.Logf("%d cuts, %d objects given up", cuts, failed)
	if cuts < 10 || failed > len(want) {
		t.Errorf("%d cuts, %d objects given up", cuts, failed)
	}
}
