package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed static/*
var staticFiles embed.FS

// statics are the files by their names, with a piece of their hash in it: what is cached for long is never old.
var statics, staticNames = func() (map[string][]byte, map[string]string) {
	files, names := map[string][]byte{}, map[string]string{}
	entries, _ := fs.ReadDir(staticFiles, "static")
	for _, e := range entries {
		data, _ := fs.ReadFile(staticFiles, "static/"+e.Name())
		sum := sha256.Sum256(data)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		files[name], names[e.Name()] = data, name
	}
	return files, names
}()

// staticName gives the address of a file.
func staticName(file string) string { return "/static/" + staticNames[file] }

// Static serves style, script and pictures beneath /static/.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/static/")
		data, ok := statics[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(data)
	})
}
