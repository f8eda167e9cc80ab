#!/bin/sh
# Measures the peak memory of chartroom on what breaks readers: a JSON document of 5 GB on one line, a table of a
# million rows and 300 columns, and a million small files.
#   LIMIT_JSON_MB (5000)   LIMIT_ROWS (1000000)   LIMIT_COLUMNS (300)   LIMIT_FILES (1000000)   BENCH_DIR
# The data need about 12 GB of disk and are removed afterwards, unless LIMIT_KEEP is set.
set -eu
cd "$(dirname "$0")/.."

data="${BENCH_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/chartroom/limits}"
mkdir -p "$data/bin" "$data/scratch"
go build -o "$data/bin/" ./bench/generate ./bench/compare
CGO_ENABLED=0 go build -trimpath -o "$data/bin/chartroom" ./cmd/chartroom

json="$data/one-line.json"
table="$data/wide.csv"
tree="$data/files"
[ -n "${LIMIT_KEEP:-}" ] || trap 'rm -rf "$json" "$table" "$tree" "$data/scratch" "$data/bin"' EXIT
"$data/bin/generate" onelinejson "${LIMIT_JSON_MB:-5000}" "$json"
"$data/bin/generate" widecsv "${LIMIT_ROWS:-1000000}" "${LIMIT_COLUMNS:-300}" "$table"
"$data/bin/generate" manyfiles "${LIMIT_FILES:-1000000}" "$tree"

line() {
    printf '%s\tchartroom\t%s\t%s scan %s --catalog %s/scratch/catalog.db --key %s/scratch/key\n' \
        "$1" "$2" "$data/bin/chartroom" "$3" "$data" "$data"
}
{
    line one-line-json "$(wc -c <"$json")" "$json"
    line wide-csv "$(wc -c <"$table")" "$table"
    line many-files "$(du -sb "$tree" | cut -f 1)" "$tree"
} | "$data/bin/compare" -rounds 1 -core -1 -memory -scratch "$data/scratch"
