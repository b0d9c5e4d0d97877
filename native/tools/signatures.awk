# Reads the parameters of each kernel from PTX:  awk -f signatures.awk [-v out=FILE] kernels.ptx
#
# A line for each kernel, sorted: its name and the types of its parameters, as in "groups_select u64 u64 u32 f32". Pointers
# are u64; a structure passed by value is b8[BYTES].

BEGIN { sorted = "LC_ALL=C sort" (out == "" ? "" : " > '" out "'") }

/\.entry / {
    line = $0
    sub(/.*\.entry +/, "", line)
    name = line
    sub(/[ (].*/, "", name)
    signature = name
    within = 1
}

within && /\.param / {
    for (i = 1; i < NF; i++) if ($i == ".param") break
    if ($(i + 1) == ".align") { # .param .align 8 .b8 name[16]
        bytes = $0
        sub(/.*\[/, "", bytes)
        sub(/\].*/, "", bytes)
        signature = signature " b8[" bytes "]"
    } else {
        signature = signature " " substr($(i + 1), 2)
    }
}

within && /\)/ {
    print signature | sorted
    within = 0
    kernels++
}

END {
    close(sorted)
    if (!kernels) { print "perigee: no kernel in the PTX" > "/dev/stderr"; exit 1 }
}
