// Where the host's own functions tell the race build (race.cpp) about memory and order; nothing in other builds.
#pragma once

#include <stddef.h>

namespace host_cuda::race {

#ifdef HOST_CUDA_RACE
void begin_launch();
void begin_block();
void barrier();
void sync_warp(unsigned mask);
void read(const void* address, size_t bytes);
void write(const void* address, size_t bytes);
void atomic(const void* address, size_t bytes, bool reads);
void copy_begun(const void* to, const void* from, size_t bytes);
void copy_done(const void* to, const void* from, size_t bytes);
#else
inline void begin_launch() {}
inline void begin_block() {}
inline void barrier() {}
inline void sync_warp(unsigned) {}
inline void read(const void*, size_t) {}
inline void write(const void*, size_t) {}
inline void atomic(const void*, size_t, bool) {}
inline void copy_begun(const void*, const void*, size_t) {}
inline void copy_done(const void*, const void*, size_t) {}
#endif

} // namespace host_cuda::race
