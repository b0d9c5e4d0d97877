# Compares what ptxas -v says of each kernel with the budget, or prints what it says in the format of the budget.
#
#   awk -f budget.awk [-v pinned=0] [-v architectures="sm_80 sm_90"] budget.tsv ptxas.log    exit 1 at a breach
#   awk -f budget.awk -v report=1 ptxas.log                                                  a new budget.tsv
#
# A row of the budget: kernel, architecture, most registers of a thread, most bytes of static shared memory. No kernel may
# spill. A kernel that only the table or only the log knows is a breach as well; rows of architectures that were not
# compiled do not count. With pinned=0 breaches are warnings: another version of ptxas gives registers otherwise.

function breach(text) {
    print "perigee: budget: " text | "LC_ALL=C sort >&2"
    breaches++
}

# What is said of one kernel must stand together: with interleaved output figures would go to the wrong kernel.
function finish() {
    if (kernel != "") breach(kernel ": the log does not say its registers")
    kernel = ""
}

BEGIN {
    if (pinned == "") pinned = 1
    listed = split(architectures, list, " ")
    for (i in list) compiled[list[i]] = 1
}

FILENAME ~ /\.tsv$/ {
    if ($0 ~ /^#/ || NF == 0) next
    if (NF != 4) breach(FILENAME ":" FNR ": " NF " columns (expected: 4)")
    else if (!listed || $2 in compiled) { most_registers[$1 " " $2] = $3; most_shared[$1 " " $2] = $4 }
    next
}

/Compiling entry function/ {
    finish()
    split($0, quoted, "'")
    kernel = quoted[2] " " quoted[4]
    spill[kernel] = 0
}

/bytes stack frame/ { # a function that was not inlined counts for the kernel before it
    for (i = 1; i < NF; i++) if ($i == "bytes" && $(i + 1) == "spill") spill[kernel] += $(i - 1)
}

/ Used [0-9]+ registers/ {
    if (kernel == "") { breach("registers of no kernel: " $0); next }
    for (i = 1; i < NF; i++) {
        if ($(i + 1) ~ /^registers/) registers[kernel] = $i
        if ($i == "bytes" && $(i + 1) ~ /^smem/) shared[kernel] = $(i - 1)
    }
    kernel = ""
}

END {
    finish()
    if (report) {
        print "# kernel\tarchitecture\tmost registers\tmost bytes of static shared memory; native/tools/budget.awk says the rules"
        fflush()
        sorted = "LC_ALL=C sort -t '\t' -k1,1 -k2.4,2n"
        for (k in registers) {
            split(k, part, " ")
            print part[1] "\t" part[2] "\t" registers[k] "\t" shared[k] + 0 | sorted
        }
        close(sorted)
    } else {
        for (k in most_registers) if (!(k in registers)) breach(k ": in the table, not in the log")
        for (k in registers) if (!(k in most_registers)) breach(k ": in the log, not in the table")
    }
    for (k in registers) {
        if (spill[k] > 0) breach(k ": spills " spill[k] " bytes (expected: 0)")
        if (report || !(k in most_registers)) continue
        kernels++
        if (registers[k] + 0 > most_registers[k] + 0)
            breach(k ": " registers[k] " registers (budget: " most_registers[k] ")")
        if (shared[k] + 0 > most_shared[k] + 0)
            breach(k ": " shared[k] " bytes of shared memory (budget: " most_shared[k] ")")
    }
    if (!report && !breaches) print kernels + 0 " kernels are within the budget"
    exit breaches > 0 && pinned
}
