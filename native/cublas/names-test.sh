#!/bin/sh
# names-test.sh FORWARDER: what the forwarding library exports is what libJCublas2 imports, all of it and nothing else; and
# every libcublas.so.12 and .13 of this machine has all of it. Without libJCublas2 (Maven puts it into target/lib/native): exit 77.
set -eu
here=$(dirname "$0")
. "$here/places.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
LC_ALL=C
export LC_ALL

exports() { nm -D --defined-only "$1" | sed -n 's/.* [TWi] \(cublas[A-Za-z0-9_]*\).*/\1/p' | sort -u; }

exports "$1" >"$folder/forwarded"
status=77
for library in "$here"/../../target/lib/native/libJCublas2-*.so; do
    [ -f "$library" ] || continue
    status=0
    nm -D --undefined-only "$library" | sed -n 's/.* U \(cublas[A-Za-z0-9_]*\)@*libcublas.so.12$/\1/p' | sort >"$folder/imported"
    [ -s "$folder/imported" ] || { echo "$library: imports nothing from libcublas.so.12"; status=1; }
    diff "$folder/imported" "$folder/forwarded" || { echo "$library: differs from names.inc"; status=1; }
done
[ "$status" = 0 ] || { echo "skipped: no libJCublas2 in target/lib/native"; exit "$status"; }
for place in $(cublas_folders lib); do
    for library in "$place"/libcublas.so.12 "$place"/libcublas.so.13; do
        [ -f "$library" ] || continue
        exports "$library" >"$folder/there"
        comm -23 "$folder/imported" "$folder/there" >"$folder/missing"
        echo "$library: lacks $(wc -l <"$folder/missing") of $(wc -l <"$folder/imported") functions"
        [ ! -s "$folder/missing" ] || { cat "$folder/missing"; status=1; }
    done
done
exit "$status"
