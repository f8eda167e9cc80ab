package s3

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"pgregory.net/rapid"

	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/servertest"
	"github.com/chartroom/chartroom/source/sourcetest"
)

func TestOddKeysAreFoundAgain(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "odd", "")
	for _, key := range []string{"a.txt", "a.txt.more", "50%", "%41", "a b+c", "back\\slash", `\x61`, "ü", "zip!/x", "q?versionId=1", "turn\u202eround", "in/side",
		"in/in", "in/" + strings.Repeat("k", 200), "other/in", "new\nline", "in/../x"} {
		c := g.Client(servertest.Admin, servertest.AdminPassword)
		_, err := c.PutObject(t.Context(), &aws3.PutObjectInput{Bucket: aws.String("odd"), Key: aws.String(key), Body: strings.NewReader("of " + key)})
		if err != nil {
			t.Logf("the gateway does not keep %q", key)
		}
	}
	for _, target := range []string{"s3://odd", "s3://odd/in", "s3://odd/in/", "s3://odd/a.txt"} {
		t.Run(target, func(t *testing.T) {
			sourcetest.Finds(t, func(t testing.TB) source.Source { return open1(t, g.URL(), target) })
		})
	}
}

func TestVersionsAreFoundAgain(t *testing.T) {
	g := servertest.StartGateway(t)
	login(t, servertest.Admin, servertest.AdminPassword)
	g.Bucket(t, "kept", "")
	c := g.Client(servertest.Admin, servertest.AdminPassword)
	_, err := c.PutBucketVersioning(t.Context(), &aws3.PutBucketVersioningInput{Bucket: aws.String("kept"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first", "second", "third!"} {
		put(t, g, "kept", "a.txt", []byte(text))
		put(t, g, "kept", "a.txt.more", []byte(text))
	}
	if n := len(listOf(t, g.URL(), "s3://kept?versions=all")); n != 6 {
		t.Errorf("%d versions are listed", n)
	}
	sourcetest.Finds(t, func(t testing.TB) source.Source { return open1(t, g.URL(), "s3://kept?versions=all") })
}

func listOf(t testing.TB, endpoint, target string) map[string]source.Item {
	items, _ := list(t, open1(t, endpoint, target))
	return items
}

func TestDisplayIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "/", "\\", "!/", versionMark, "x61", "\xff", "\n", "é", "\u202e", "?", "u202e"})).Draw(t, "key"), "")
		if got, ok := undisplay(display(key)); !ok || got != key {
			t.Fatalf("%q came back as %q", key, got)
		}
		if got, ok := undisplay(key); ok && display(got) != key {
			t.Fatalf("%q has two forms", got)
		}
	})
}
