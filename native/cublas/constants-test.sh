#!/bin/sh
# Compares constants.tsv with the cublas_api.h and library_types.h that this machine has, in Python's wheels or a toolkit.
# Without any: exit 77. A constant that a header does not name is a difference, too.
set -eu
here=$(dirname "$0")
. "$here/places.sh"

compare() { # compare HEADER PREFIX: the constants that begin like that
    awk -v prefix="$2" -v header="$1" '
        NR == FNR { if ($2 ~ "^" prefix) expected[$2] = $3; next }
        { line = $0
          while (match(line, /[A-Z][A-Z0-9_]* *= *-?[0-9]+/)) {
              split(substr(line, RSTART, RLENGTH), pair, / *= */)
              found[pair[1]] = pair[2]
              line = substr(line, RSTART + RLENGTH) } }
        END { for (name in expected) {
                  count++
                  if (!(name in found) || found[name] != expected[name]) {
                      printf "%s: %s is %s (expected %s)\n", header, name, name in found ? found[name] : "absent", expected[name]
                      wrong = 1 } }
              if (!wrong) printf "%s: %d constants as expected\n", header, count
              exit wrong }' "$here/constants.tsv" "$1"
}

status=77
for folder in $(cublas_folders include); do
    for pair in cublas_api.h:CUBLAS library_types.h:CUDA; do
        [ -f "$folder/${pair%:*}" ] || continue
        [ "$status" != 77 ] || status=0
        compare "$folder/${pair%:*}" "${pair#*:}_" || status=1
    done
done
[ "$status" != 77 ] || echo "skipped: no cublas_api.h and no library_types.h in Python's wheels or a toolkit"
exit "$status"
