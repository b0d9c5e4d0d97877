#!/bin/sh
# real-test.sh FORWARD_TEST: loads every libcublas.so.13 of this machine through the forwarding library and asks for a handle;
# without a GPU that is a status, not a crash. Without any such library: exit 77.
set -eu
. "$(dirname "$0")/places.sh"
status=77
for folder in $(cublas_folders lib); do
    [ -f "$folder/libcublas.so.13" ] || continue
    [ "$status" != 77 ] || status=0
    "$1" "$folder/libcublas.so.13" || status=1
done
[ "$status" != 77 ] || echo "skipped: no libcublas.so.13 in Python's wheels or a toolkit"
exit "$status"
