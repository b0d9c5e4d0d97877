# Reads a preprocessed source and writes KERNEL_ENTRY(name) for each definition of a kernel: `extern "C" void name(`, as
# __global__ is empty on the host. `folder` = where kernels live; what comes from other files is passed over.
/^# [0-9]+ "/ {
    inside = index($0, folder) > 0
    next
}
inside {
    text = text " " $0
}
END {
    while (match(text, /extern "C"[ \t]+void[ \t]+[A-Za-z_][A-Za-z_0-9]*[ \t]*\([^;{]*\)[ \t]*\{/)) {
        name = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        sub(/^extern "C"[ \t]+void[ \t]+/, "", name)
        sub(/[ \t]*\(.*/, "", name)
        print "KERNEL_ENTRY(" name ")"
    }
}
