#!/bin/sh
# Measures chartroom against ripgrep with four patterns and against the peers that could be built, each on one core:
# megabytes per second of processor time, medians of alternating runs, from the page cache. Then one large file on one core and on two,
# by the clock on the wall; and, where they are asked for by name, surveys of real servers (bench/servers).
#   BENCH_MB         size for chartroom and ripgrep (256)
#   BENCH_PACKED_MB  what packed and binary forms come to as plain text (48)
#   BENCH_SLOW_MB    size for the slow peers (4)
#   BENCH_CORES_MB   size of the large files (1000)
#   BENCH_ROUNDS     runs of each (5)
#   BENCH_KINDS      kinds of data ("csv csvwide fhir hl7v2 notes logs x12 ccda parquet xlsx pdf targz zip")
#                    of servers: "postgres" (a table of BENCH_ROWS (2000000) rows beside COPY), "columns" (BENCH_TABLES (200) tables of 50
#                    columns by sample), "bucket" (a tenth of BENCH_OBJECTS (100000) objects, and all of them)
#                    of questions: "access" (who, reach, footholds, cuts on an estate of BENCH_PRINCIPALS (1000000), which is kept in
#                    the folder BENCH_ACCESS where one is named), "claim" (20 records
#                    against BENCH_TRACES (100000000) traces), "catalog" (the answers of a catalog of BENCH_REPOSITORIES (20000) repositories,
#                    BENCH_FIELDS (100 a repository) fields and BENCH_PEOPLE (300 a repository) people, in a file, on a server and restored from a backup, BENCH_ROUNDS
#                    (50) times each; kept in the folder BENCH_CATALOG where one is named)
#                    of a fleet: "shards" (BENCH_SHARDS (1000000) shards through the hub: time, and peak memory)
#                    "fleet" (BENCH_FLEET_MB (4800) of CSV and FHIR by one process and by a hub with one worker on the same core; by a hub with one
#                    worker, and with two; and by processes that know nothing of each other)
#                    "scale" (what the simulation of docs/scale.md makes of small surveys, beside the surveys; then its table)
#   BENCH_CORES      kinds of the large files ("csv fhir"), empty for none
#   BENCH_DIR        where the data go (a folder in the user's cache)
#   BENCH_PEERS      set to "only" to leave chartroom out, to "none" to leave out all but ripgrep
set -eu
cd "$(dirname "$0")/.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/chartroom"
data="${BENCH_DIR:-$cache/bench}"
peers="${CHARTROOM_PEERS:-$cache/peers}"
mb="${BENCH_MB:-256}"
packed="${BENCH_PACKED_MB:-48}"
slow="${BENCH_SLOW_MB:-4}"
kinds="${BENCH_KINDS-csv csvwide fhir hl7v2 notes logs x12 ccda parquet xlsx pdf targz zip}"
only="${BENCH_PEERS:-}"
mkdir -p "$data/bin" "$data/scratch"

[ "$only" = none ] || sh bench/peers.sh
go build -o "$data/bin/" ./bench/generate ./bench/compare
[ "$only" = only ] || CGO_ENABLED=0 go build -trimpath -o "$data/bin/chartroom" ./cmd/chartroom

extension() {
    case "$1" in
        csv | csvwide) echo csv ;; fhir) echo ndjson ;; hl7v2) echo hl7 ;; notes) echo txt ;; logs) echo log ;;
        x12) echo 837 ;; ccda) echo d ;; targz) echo tar.gz ;; *) echo "$1" ;;
    esac
}

# make_data KIND MB PATH: unless it is there already, and no older than the generator.
make_data() {
    if [ ! -e "$3" ] || [ "$data/bin/generate" -nt "$3" ]; then
        rm -rf "$3" "$3.part"
        "$data/bin/generate" "$1" "$2" "$3.part"
        mv "$3.part" "$3"
        touch "$3"
    fi
}

size() { find "$1" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }'; }

# The four patterns: social security number, telephone, e-mail, date.
ssn='\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b'
phone='\(?[2-9][0-9]{2}\)?[-.\s]?[0-9]{3}[-.\s][0-9]{4}\b'
email='[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}'
day='\b(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]\b|\b[01]?[0-9]/[0-3]?[0-9]/(19|20)[0-9]{2}\b'
four="-e $ssn -e $phone -e $email -e $day"

plan="$data/plan"
: >"$plan"

# program KIND NAME BYTES COMMAND: a line of the plan.
program() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$plan"; }

chartroom() { echo "$data/bin/chartroom scan $1 --catalog $data/scratch/catalog.db --key $data/scratch/key --workers $2"; }

servers="" others="" access="" threat="" claim="" room="" catalog="" shards="" fleet="" scale=""
for kind in $kinds; do
    case "$kind" in
        access) access=1 ;;
        threat) threat=1 ;;
        claim) claim=1 ;;
        room) room=1 ;;
        catalog) catalog=1 ;;
        shards) shards=1 ;;
        fleet) fleet=1 ;;
        scale) scale=1 ;;
        postgres) servers="$servers|Postgres" ;;
        columns) servers="$servers|Columns" ;;
        bucket) servers="$servers|Bucket" ;;
        *) others="$others $kind" ;;
    esac
done
if [ -n "$servers" ] && [ "$only" != only ]; then
    BENCH_CHARTROOM="$data/bin/chartroom" BENCH_PEERS_DIR="$peers" go test -count 1 -timeout 2h -v -run "^Test(${servers#|})\$" ./bench/servers
    [ -n "$others$access$claim" ] || exit 0
fi
if [ -n "$access" ] && [ "$only" != only ]; then
    BENCH_PRINCIPALS="${BENCH_PRINCIPALS:-1000000}" go test -count 1 -timeout 2h -v -run '^TestAccess$' ./bench/access
    [ -n "$others$claim" ] || exit 0
fi
if [ -n "$claim" ] && [ "$only" != only ]; then
    mkdir -p "$data/claim"
    BENCH_CHARTROOM="$data/bin/chartroom" BENCH_CLAIM="$data/claim" BENCH_TRACES="${BENCH_TRACES:-100000000}" go test -count 1 -timeout 2h -v -run '^TestClaim$' ./bench/claim
    [ -n "$others" ] || exit 0
fi
if [ -n "$threat" ] && [ "$only" != only ]; then
    BENCH_THREAT=1 go test -count 1 -timeout 1h -v -run '^TestThreat$' ./bench/threat
    [ -n "$others" ] || exit 0
fi
if [ -n "$catalog" ] && [ "$only" != only ]; then
    kept="${BENCH_CATALOG:-$data/catalog-${BENCH_REPOSITORIES:-20000}-${BENCH_FIELDS:-}-${BENCH_PEOPLE:-}}"
    mkdir -p "$kept"
    BENCH_CHARTROOM="$data/bin/chartroom" BENCH_CATALOG="$kept" GOGC=400 go test -count 1 -timeout 6h -v -run '^Test(File|Server|Restored)$' ./bench/catalog
    [ -n "$others" ] || exit 0
fi
if [ -n "$room" ] && [ "$only" != only ]; then
    mkdir -p "$data/room"
    CHARTROOM_ROOM_BENCH="$data/room" go test -count 1 -timeout 1h -v -run '^TestReaders$' -bench . -benchtime 20x ./bench/room
    [ -n "$others" ] || exit 0
fi
if [ -n "$shards" ] && [ "$only" != only ]; then
    BENCH_SHARDS="${BENCH_SHARDS:-1000000}" go test -count 1 -timeout 2h -v -run '^$' -bench '^BenchmarkMillionShards$' -benchtime 1x ./bench/shards
    [ -n "$others" ] || exit 0
fi
if [ -n "$scale" ] && [ "$only" != only ]; then
    mkdir -p "$data/scale/large" "$data/scale/mix"
    for n in 1 2 3; do
        make_data csv "$((150 + n))" "$data/scale/large/people$n.csv"
        make_data fhir "$((150 + n))" "$data/scale/large/bulk$n.ndjson"
        make_data csv "$((60 + n))" "$data/scale/mix/people$n.csv"
        make_data fhir "$((60 + n))" "$data/scale/mix/bulk$n.ndjson"
    done
    make_data ccda 200 "$data/scale/small"
    make_data ccda 100 "$data/scale/mix/documents"
    BENCH_CHARTROOM="$data/bin/chartroom" BENCH_LARGE="$data/scale/large" BENCH_SMALL="$data/scale/small" BENCH_MIX="$data/scale/mix" BENCH_ROUNDS="${BENCH_ROUNDS:-3}" \
        go test -count 1 -timeout 2h -v -run '^TestTheModelAgainstRuns$' ./bench/scale
    go run ./bench/scale
    [ -n "$others" ] || exit 0
fi
if [ -n "$fleet" ] && [ "$only" != only ]; then
    mb_each=$((${BENCH_FLEET_MB:-4800} / 64))
    for half in a b; do
        mkdir -p "$data/fleet-$mb_each/$half"
        for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
            make_data csv "$((mb_each + n))" "$data/fleet-$mb_each/$half/people$n.csv"
            make_data fhir "$((mb_each + n))" "$data/fleet-$mb_each/$half/bulk$n.ndjson"
        done
    done
    BENCH_CHARTROOM="$data/bin/chartroom" BENCH_FLEET="$data/fleet-$mb_each" BENCH_ROUNDS="${BENCH_ROUNDS:-5}" go test -count 1 -timeout 2h -v -run '^TestFleet$' ./bench/fleetspeed
    [ -n "$others" ] || exit 0
fi
kinds="${others# }"

for kind in $kinds; do
    bytes="" plain=""
    case "$kind" in
        parquet | xlsx | pdf | targz | zip)
            big="$data/$kind-$packed.$(extension "$kind")"
            plain="$data/$kind-$packed.plain.txt"
            make_data "$kind" "$packed" "$big"
            make_data "plain-$kind" "$packed" "$plain"
            bytes="$(size "$plain")/$(size "$big")"
            ;;
        *)
            big="$data/$kind-$mb.$(extension "$kind")"
            plain="$big"
            make_data "$kind" "$mb" "$big"
            bytes="$(size "$big")"
            ;;
    esac
    find "$big" "$plain" -type f -exec cat {} + >/dev/null # into the page cache
    [ "$only" = only ] || program "$kind" chartroom "$bytes" "$(chartroom "$big" 1)"
    if command -v rg >/dev/null 2>&1; then
        program "$kind" rg "${bytes%/*}" "rg --count-matches -j1 $four $plain"
        program "$kind" rg-ascii "${bytes%/*}" "rg -a --no-unicode --count-matches -j1 $four $plain"
        program "$kind" rg-lines "${bytes%/*}" "rg -c -j1 $four $plain"
    fi
    case "$kind" in csv | csvwide | fhir | hl7v2 | notes | logs) ;; *) continue ;; esac
    [ "$only" != none ] || continue
    small="$data/$kind-$slow.$(extension "$kind")"
    make_data "$kind" "$slow" "$small"
    [ ! -x "$peers/pdscan" ] || program "$kind" pdscan "$(size "$small")" "$peers/pdscan file://$small"
    [ ! -x "$peers/ferret-scan" ] || program "$kind" ferret "$(size "$small")" "$peers/ferret-scan --file $small --quiet"
done
if [ -n "$kinds" ]; then
    "$data/bin/compare" -rounds "${BENCH_ROUNDS:-5}" -scratch "$data/scratch" <"$plan"
    echo "rg finds every hit of four patterns (--count-matches), rg-ascii the same without Unicode (-a --no-unicode); rg-lines stops at the first"
    echo "hit of a line (-c). They know four patterns and no structure; of packed forms they read the plain text."
    [ "$only" = none ] || echo "pdscan and ferret are timed on $slow MB, the others on $mb MB, packed forms on $packed MB of plain text."
fi

cores="${BENCH_CORES-csv fhir}"
[ "$only" != only ] && [ -n "$cores" ] || exit 0
: >"$plan"
for kind in $cores; do
    big="$data/$kind-${BENCH_CORES_MB:-1000}.$(extension "$kind")"
    make_data "$kind" "${BENCH_CORES_MB:-1000}" "$big"
    cat "$big" >/dev/null
    for workers in 1 2; do
        program "$kind" "$workers-worker" "$(size "$big")" "$(chartroom "$big" "$workers")"
    done
done
echo "One file, by the clock on the wall:"
"$data/bin/compare" -rounds "${BENCH_ROUNDS:-5}" -core -1 -cores -scratch "$data/scratch" <"$plan"
