#!/bin/sh
# fatbin.sh FATBIN LOG MOST_BYTES NVCC ARGUMENTS...: compiles a fat binary and keeps what ptxas says of each kernel. Both
# files appear whole or not at all.
set -eu
fatbin=$1 log=$2 most=$3
shift 3
mkdir -p "$(dirname "$fatbin")" "$(dirname "$log")"
trap 'rm -f "$fatbin.new" "$log.new"' EXIT
trap 'exit 130' HUP INT TERM
rm -f "$fatbin" "$log"

status=0
"$@" -fatbin -Xptxas -v -o "$fatbin.new" 2>"$log.new" || status=$?
# what is no figure is a warning or an error
grep -v -e '^ptxas info' -e '^ *[0-9]* bytes stack frame' -e '^$' "$log.new" >&2 || true
[ "$status" -eq 0 ] || exit "$status"

bytes=$(wc -c <"$fatbin.new")
if [ "$bytes" -gt "$most" ]; then
    echo "perigee: $fatbin would be $bytes bytes (expected: at most $most)" >&2
    exit 1
fi
mv "$log.new" "$log"
mv "$fatbin.new" "$fatbin"
