#!/usr/bin/env bash
# with_stub.sh WITH_STUB CLIENT LIBRARY: the script leaves input, output and status alone, lets a command find the double by
# its soname, and counts launches. LIBRARY has the kernels that the client launches.
set -euo pipefail
with_stub=$1 client=$2 library=$3
errors=$(mktemp)
trap 'rm -f -- "$errors"' EXIT
fail() {
    echo "$1" >&2
    cat "$errors" >&2
    exit 1
}

cd /
[[ $(echo text | "$with_stub" cat 2> "$errors") == text ]] || fail "input or output differs"
grep -qx 'launches ingest_rows 0' "$errors" || fail "no line for a kernel that was not launched"
status=0
"$with_stub" sh -c 'exit 7' 2> "$errors" || status=$?
((status == 7)) || fail "status $status instead of 7"
status=0
"$with_stub" sh -c 'kill -TERM $$' 2> "$errors" || status=$?
((status == 128 + 15)) || fail "status $status after a signal"
"$with_stub" "$client" libcuda.so.1 devices 2> "$errors" || fail "the double was not found by its soname"
"$with_stub" "$client" "$library" graphs 2> "$errors" || fail "the client failed"
grep -qx 'launches fill_ramp 3' "$errors" || fail "launches were not counted"

# A process that is killed is counted too, and a signal for the script is one for the command.
"$with_stub" "$client" "$library" until_killed 2> "$errors" &
for ((i = 0; i < 200; i++)); do
    grep -q 'launched' "$errors" && break
    sleep 0.05
done
kill -TERM $!
status=0
wait $! || status=$?
((status == 128 + 15)) || fail "status $status after the script was signalled"
grep -qx 'launches fill_ramp 1' "$errors" || fail "launches of a killed process were not counted"
