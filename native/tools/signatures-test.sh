#!/bin/sh
# The reader of signatures on made-up PTX.
set -eu
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/kernels.ptx" <<'PTX'
.version 9.0
.target sm_120
	// .globl	scan
.visible .entry scan(
	.param .u64 .ptr .align 1 scan_param_0,
	.param .u32 scan_param_1,
	.param .align 8 .b8 scan_param_2[16],
	.param .f32 scan_param_3
)
.maxntid 256
{
	ld.param.b64 	%rd1, [scan_param_0];
	call.uni (retval0), helper, (param0);
	ret;
}
.visible .entry idle()
{
	ret;
}
PTX
expected='idle
scan u64 u32 b8[16] f32'
found=$(awk -f "$here/signatures.awk" "$folder/kernels.ptx")
if [ "$found" != "$expected" ]; then
    printf 'found:\n%s\nexpected:\n%s\n' "$found" "$expected"
    exit 1
fi
awk -f "$here/signatures.awk" -v out="$folder/out" "$folder/kernels.ptx"
[ "$(cat "$folder/out")" = "$expected" ]
if echo '.version 9.0' | awk -f "$here/signatures.awk" >/dev/null 2>&1; then
    echo "PTX without kernels passed"
    exit 1
fi
