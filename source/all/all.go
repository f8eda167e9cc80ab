// Package all is the list of the sources: it opens a target, as a user writes it, by its scheme.
package all

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chartroom/chartroom/estate"
	"github.com/chartroom/chartroom/source"
	"github.com/chartroom/chartroom/source/fhir"
	"github.com/chartroom/chartroom/source/files"
	"github.com/chartroom/chartroom/source/iam"
	"github.com/chartroom/chartroom/source/mongodb"
	"github.com/chartroom/chartroom/source/mysql"
	"github.com/chartroom/chartroom/source/postgres"
	"github.com/chartroom/chartroom/source/s3"
	"github.com/chartroom/chartroom/source/sqlserver"
)

// opener makes the sources of a target.
type opener func(ctx context.Context, target, custodian string) ([]source.Source, error)

// kind is one kind of source.
type kind struct {
	schemes []string // the first is the one to write
	open    opener
}

// kinds are all kinds of sources but files, which have no scheme.
func kinds() []kind {
	return []kind{
		{[]string{"postgres", "postgresql"}, postgres.Open},
		{[]string{"mysql", "mariadb"}, mysql.Open},
		{[]string{"sqlserver", "mssql"}, sqlserver.Open},
		{[]string{"aws"}, iam.Open},
		{[]string{"s3"}, s3.Open},
		{[]string{"mongodb", "mongodb+srv"}, mongodb.Open},
		{[]string{"fhir+https", "fhir+http"}, fhir.Open},
	}
}

// Schemes are the schemes of the addresses that can be scanned.
func Schemes() []string {
	out := []string{"file"}
	for _, k := range kinds() {
		out = append(out, k.schemes[0])
	}
	return out
}

// Known tells whether addresses of a scheme can be scanned.
func Known(scheme string) bool {
	return scheme == "file" || slices.ContainsFunc(kinds(), func(k kind) bool { return slices.Contains(k.schemes, strings.ToLower(scheme)) })
}

// Open makes the sources of a target: a path, or an address such as postgres://host/database. Some targets are several repositories.
// It reaches for servers, so that what is wrong with a login shows before anything is scanned; its errors are TargetErrors where the
// user can do something about them, and hold no secret.
func Open(ctx context.Context, target, custodian string) ([]source.Source, error) {
	scheme, _, ok := strings.Cut(target, "://")
	if !ok || scheme == "file" {
		return path(strings.TrimPrefix(target, "file://"), custodian)
	}
	for _, k := range kinds() {
		if slices.Contains(k.schemes, strings.ToLower(scheme)) {
			return k.open(ctx, target, custodian)
		}
	}
	return nil, &source.TargetError{Usage: true, Err: fmt.Errorf("%s:// targets cannot be scanned; files, directories and %s can", scheme, strings.Join(Schemes()[1:], "://, ")+"://"),
		Hint: "chartroom scan --help has the forms of a target"}
}

func path(target, custodian string) ([]source.Source, error) {
	t, err := files.Open(target, custodian)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &source.TargetError{Err: fmt.Errorf("scan %s: there is no such file or directory", target), Hint: "check the path", Repository: lost(target, custodian)}
	case errors.Is(err, fs.ErrPermission):
		return nil, &source.TargetError{Err: fmt.Errorf("scan %s: permission denied", target), Hint: "run as a user who may read it", Repository: lost(target, custodian)}
	case err != nil:
		return nil, err
	}
	return []source.Source{t}, nil
}

// lost is the repository of a path that cannot be opened just now: a share that is not mounted, say.
func lost(target, custodian string) (r estate.Repository) {
	if abs, err := filepath.Abs(target); err == nil {
		r = estate.Repository{Name: "file://" + source.Display(abs), Kind: "files", Custodian: custodian}
	}
	return r
}

// Warnings says what a source's login may do that a survey does not need, and what else about it is unsafe; nothing for most.
func Warnings(s source.Source) []string {
	if w, ok := s.(interface{ Warnings() []string }); ok {
		return w.Warnings()
	}
	return nil
}
