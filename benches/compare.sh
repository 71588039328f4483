#!/usr/bin/env bash
# Measures mtp-parse and mtp-score beside what else reads such lines: mawk, perl, jq, ripgrep, and the
# bare work with nothing checked (bare.rs). By processor time of all processes, the best of RUNS (3).
#
#   benches/compare.sh [FOLDER]      FOLDER keeps the logs that are made [default: target/compare]
#
# Needs perl, mawk, jq and rg; what is missing is left out. MTP_BIN has the programs [default: target/release,
# which is built].
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); root=$(dirname "$here")
work=${1:-$root/target/compare}; runs=${RUNS:-3}; megabytes=${MEGABYTES:-100}
mkdir -p "$work"
cd "$root"
[ -n "${MTP_BIN:-}" ] || cargo build --release --quiet --bin mtp-parse --bin mtp-score
target=${CARGO_TARGET_DIR:-$root/target}; bin=${MTP_BIN:-$target/release}
bare=$(cargo bench --no-run --bench bare --message-format json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*bare-[^"]*\)".*/\1/p' | tail -1)

repeat() {  # FILE: as often as makes so many megabytes
  local size; size=$(stat -c %s "$1")
  for _ in $(seq $((megabytes * 1000000 / size + 1))); do cat "$1"; done
}
[ -s "$work/access.log" ] || .ci/access-log host $((megabytes * 6000)) 1000 | sed 's/^/proxy-1  | /' >"$work/access.log"
fixtures=$root/tests/fixtures
[ -s "$work/telemt.log" ] || repeat "$fixtures/dialects/telemt/debug.log" >"$work/telemt.log"
[ -s "$work/teleproxy.log" ] || repeat "$fixtures/dialects/teleproxy/tls.log" >"$work/teleproxy.log"
[ -s "$work/json-file.log" ] || repeat "$fixtures/frames/json-file.log" >"$work/json-file.log"

# Processor time of a command in seconds, with the name of the input and what is compared.
measure() {  # INPUT COMMAND…
  local input=$1 best='' spent; shift
  for _ in $(seq "$runs"); do
    spent=$({ TIMEFORMAT='%U %S'; time "$@" <"$input" >/dev/null 2>&1; } 2>&1 | awk '{print $1 + $2}')
    best=$(awk -v a="$spent" -v b="${best:-$spent}" 'BEGIN {print (a < b) ? a : b}')
  done
  echo "$best"
}
line() {  # LABEL INPUT REFERENCE COMMAND…: prints time, speed and the ratio to the reference's time
  local label=$1 input=$2 reference=$3 spent lines; shift 3
  command -v "$1" >/dev/null || { printf '  %-34s not installed\n' "$label"; return; }
  spent=$(measure "$input" "$@"); lines=$(wc -l <"$input")
  awk -v l="$label" -v s="$spent" -v n="$lines" -v r="$reference" 'BEGIN {
    printf "  %-34s %7.2f s %8.2f M lines/s", l, s, n / s / 1e6
    if (r) printf "   %5.2f of the bare work", r / s
    print "" }'
}

access=$work/access.log
echo "access log in the framing of Compose: $(wc -l <"$access") lines"
reference=$(measure "$access" "$bare" fields)
line "bare work: cut the fields" "$access" "" "$bare" fields
line mtp-parse "$access" "$reference" "$bin/mtp-parse"
line "mtp-parse --jobs 2 FILE" "$access" "$reference" "$bin/mtp-parse" --jobs 2 "$access"
line "mawk, fields by name" "$access" "$reference" mawk '{
  for (i = 3; i <= NF; i++) { at = index($i, "="); value[substr($i, 1, at - 1)] = substr($i, at + 1) }
  print "{\"ts\":\"" value["ts"] "\",\"user\":" value["user"] ",\"ip\":\"" value["ip"] "\",\"port\":" value["port"] "}" }'
line "perl, one expression" "$access" "$reference" perl -ne '
  print qq({"ts":"$2","type":"$3","user":"$4","ip":"$5","port":$6}\n)
    if /^(\S+) +\| mtp-access ts=(\S+) ev=(\w+) id=\S+ user="([^"]*)" ip=(\S+) port=(\d+)/'
line "ripgrep, one expression" "$access" "$reference" rg --no-config -o \
  'ts=(\S+) ev=(\w+) id=\S+ user="([^"]*)" ip=(\S+) port=(\d+)' -r '$1 $2 $3 $4 $5' -

"$bin/mtp-parse" "$access" >"$work/rows.jsonl" 2>/dev/null
rows=$work/rows.jsonl
echo "its rows: $(wc -l <"$rows") lines"
reference=$(measure "$rows" "$bare" rows)
line "bare work: serde reads the rows" "$rows" "" "$bare" rows
line mtp-score "$rows" "$reference" "$bin/mtp-score"
line "jq, two keys" "$rows" "$reference" jq -c '{user, ip}'

for name in telemt teleproxy json-file; do
  log=$work/$name.log
  echo "$name: $(wc -l <"$log") lines"
  reference=$(measure "$log" "$bare" words)
  line "bare work: cut the words" "$log" "" "$bare" words
  line mtp-parse "$log" "$reference" "$bin/mtp-parse"
  line "perl, split and join" "$log" "$reference" perl -ne 'chomp; print qq(["), join(q(","), split / /), qq("]\n)'
done
