#!/bin/sh
# Measures chartroom against ripgrep with four patterns and against the peers that could be built, each on one core:
# megabytes per second of processor time, medians of alternating runs, from the page cache.
#   BENCH_MB       size for chartroom and ripgrep (256)
#   BENCH_SLOW_MB  size for the slow peers (4)
#   BENCH_ROUNDS   runs of each (5)
#   BENCH_KINDS    kinds of data ("csv csvwide fhir hl7v2 notes logs")
#   BENCH_DIR      where the data go (a folder in the user's cache)
#   BENCH_PEERS    set to "only" to leave chartroom out
set -eu
cd "$(dirname "$0")/.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/chartroom"
data="${BENCH_DIR:-$cache/bench}"
peers="${CHARTROOM_PEERS:-$cache/peers}"
mb="${BENCH_MB:-256}"
slow="${BENCH_SLOW_MB:-4}"
kinds="${BENCH_KINDS:-csv csvwide fhir hl7v2 notes logs}"
mkdir -p "$data/bin" "$data/scratch"

sh bench/peers.sh
go build -o "$data/bin/" ./bench/generate ./bench/compare
[ "${BENCH_PEERS:-}" = only ] || CGO_ENABLED=0 go build -trimpath -o "$data/bin/chartroom" ./cmd/chartroom

extension() {
    case "$1" in csv | csvwide) echo csv ;; fhir) echo ndjson ;; hl7v2) echo hl7 ;; notes) echo txt ;; *) echo log ;; esac
}

# make_data KIND MB FILE: unless it is there already, and no older than the generator.
make_data() {
    if [ ! -s "$3" ] || [ "$data/bin/generate" -nt "$3" ]; then
        "$data/bin/generate" "$1" "$2" "$3.part"
        mv "$3.part" "$3"
    fi
}

# The four patterns: social security number, telephone, e-mail, date.
ssn='\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b'
phone='\(?[2-9][0-9]{2}\)?[-.\s]?[0-9]{3}[-.\s][0-9]{4}\b'
email='[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}'
day='\b(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]\b|\b[01]?[0-9]/[0-3]?[0-9]/(19|20)[0-9]{2}\b'
four="-e $ssn -e $phone -e $email -e $day"

plan="$data/plan"
: >"$plan"
for kind in $kinds; do
    big="$data/$kind-$mb.$(extension "$kind")"
    small="$data/$kind-$slow.$(extension "$kind")"
    make_data "$kind" "$mb" "$big"
    make_data "$kind" "$slow" "$small"
    bytes=$(wc -c <"$big")
    less=$(wc -c <"$small")
    cat "$big" "$small" >/dev/null # into the page cache
    if [ "${BENCH_PEERS:-}" != only ]; then
        printf '%s\tchartroom\t%s\t%s scan %s --catalog %s/scratch/catalog.db --key %s/scratch/key --workers 1\n' \
            "$kind" "$bytes" "$data/bin/chartroom" "$big" "$data" "$data" >>"$plan"
    fi
    if command -v rg >/dev/null 2>&1; then
        printf '%s\trg\t%s\trg -c -j1 %s %s\n' "$kind" "$bytes" "$four" "$big" >>"$plan"
        printf '%s\trg-ascii\t%s\trg -a --no-unicode -c -j1 %s %s\n' "$kind" "$bytes" "$four" "$big" >>"$plan"
        printf '%s\trg-all\t%s\trg --count-matches -j1 %s %s\n' "$kind" "$bytes" "$four" "$big" >>"$plan"
    fi
    if [ -x "$peers/pdscan" ]; then
        printf '%s\tpdscan\t%s\t%s file://%s\n' "$kind" "$less" "$peers/pdscan" "$small" >>"$plan"
    fi
    if [ -x "$peers/ferret-scan" ]; then
        printf '%s\tferret\t%s\t%s --file %s --quiet\n' "$kind" "$less" "$peers/ferret-scan" "$small" >>"$plan"
    fi
done
"$data/bin/compare" -rounds "${BENCH_ROUNDS:-5}" -scratch "$data/scratch" <"$plan"
echo "rg counts lines with a hit (-c), rg-ascii the same without Unicode (-a --no-unicode), rg-all every hit (--count-matches)."
echo "They know four patterns and no structure."
echo "pdscan and ferret are timed on $slow MB, the others on $mb MB."
