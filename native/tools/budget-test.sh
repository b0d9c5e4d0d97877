#!/bin/sh
# The checker of budgets on a made-up log: what is within passes, and each kind of breach is found and named.
set -eu
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/ptxas.log" <<'LOG'
ptxas info    : 24 bytes gmem
ptxas info    : Compiling entry function 'scan' for 'sm_80'
ptxas info    : Function properties for scan
    16 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 48 registers, used 1 barriers, 16 bytes cumulative stack size, 1024 bytes smem
ptxas info    : Compile time = 34.472 ms
ptxas info    : Compiling entry function 'merge' for 'sm_80'
ptxas info    : Function properties for merge
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 20 registers, used 0 barriers
ptxas info    : Compiling entry function 'scan' for 'sm_120'
ptxas info    : Function properties for scan
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 1024 bytes smem
LOG
printf '# comment\nmerge\tsm_80\t20\t0\nscan\tsm_80\t48\t1024\nscan\tsm_120\t40\t1024\n' >"$folder/budget.tsv"

budget() { awk -f "$here/budget.awk" "$@" 2>&1; }

# breaks WORDS SED_OF_TABLE SED_OF_LOG: changed like this, the comparison must fail and say WORDS.
breaks() {
    sed "$2" "$folder/budget.tsv" >"$folder/changed.tsv"
    sed "$3" "$folder/ptxas.log" >"$folder/changed.log"
    if said=$(budget "$folder/changed.tsv" "$folder/changed.log"); then
        echo "passed, though: $1"
        exit 1
    fi
    case $said in *"$1"*) ;; *) echo "said '$said' (expected: $1)"; exit 1 ;; esac
    budget -v pinned=0 "$folder/changed.tsv" "$folder/changed.log" >"$folder/said"
    grep -qF "$1" "$folder/said" # only warns with another nvcc
}

budget "$folder/budget.tsv" "$folder/ptxas.log"
budget -v report=1 "$folder/ptxas.log" | grep -v '^#' >"$folder/report"
grep -v '^#' "$folder/budget.tsv" | cmp - "$folder/report"

breaks 'scan sm_80: 48 registers (budget: 47)' 's/48/47/' ''
breaks 'scan sm_80: 1024 bytes of shared memory (budget: 512)' '/sm_80/s/1024/512/' ''
breaks 'scan sm_80: spills 12 bytes (expected: 0)' '' '4s/0 bytes spill stores, 0/8 bytes spill stores, 4/'
breaks 'merge sm_80: in the log, not in the table' '/merge/d' ''
breaks 'merge sm_80: in the table, not in the log' '' '/merge/,/Used/d'
breaks 'scan sm_80: the log does not say its registers' '' '5d'
breaks 'registers of no kernel' '' '2d'
breaks '3 columns (expected: 4)' 's/	0$//' ''
breaks 'in the table, not in the log' '' 'd'

# rows of architectures that were not compiled do not count
sed '/sm_120/,$d' "$folder/ptxas.log" >"$folder/sm_80.log"
budget -v architectures=sm_80 "$folder/budget.tsv" "$folder/sm_80.log"
