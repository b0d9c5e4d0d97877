#!/usr/bin/env bash
# exports.sh LIBRARY NAMES NM: every name of the list is there, nothing but the driver's interface is visible, and the soname
# is that of the driver.
set -euo pipefail
library=$1 names=$2 nm=$3
exported=$("$nm" -D --defined-only "$library" | awk '{ print $NF }' | sort)
missing=$(comm -23 <(sort "$names") <(echo "$exported"))
strange=$(grep -v '^cu[A-Z]' <<< "$exported" || true)
if [[ -n $missing || -n $strange ]]; then
    echo "missing: $missing"
    echo "not of the interface: $strange"
    exit 1
fi
grep -aq 'libcuda\.so\.1' "$library"
echo "$(wc -l < "$names") names"
