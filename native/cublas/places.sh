# The folders where cuBLAS lies on this machine, one a line: those of Python's wheels (folder "lib" or "include" below
# nvidia/*), and of toolkits. To be sourced; wants "lib" or "include".
cublas_folders() {
    python=$(command -v python3 || true)
    for prefix in "${VIRTUAL_ENV:-}" "${python:+${python%/bin/*}}" "$HOME/.local" /usr/local; do
        for folder in "$prefix"/lib/python3*/*-packages/nvidia/*/"$1"; do
            [ -n "$prefix" ] && [ -d "$folder" ] && echo "$folder"
        done
    done
    for folder in /usr/local/cuda*/"$1" /usr/local/cuda*/"$1"64 /usr/"$1" /usr/lib/x86_64-linux-gnu; do
        [ -d "$folder" ] && echo "$folder"
    done
    return 0
}
