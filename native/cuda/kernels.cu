// All kernels of Perigee, in one translation unit: nvcc makes one fat binary of it, g++ the host checks.
#include "ingest.cu"
#include "gemm.cu"
#include "direct.cu"
#include "groups.cu"
#include "rescore.cu"
#include "select.cu"
#include "ceilings.cu"
