// The kernels themselves, compiled once for all checks.
#include "../cuda/kernels.cu"
