// The registry: KERNELS_SOURCE is the source of the kernels, kernels.inc (made by the build) one KERNEL_ENTRY(name) for each.
#include "registry.h"

#include "host_cuda.h"

inline void require_capability(int least, const char* what) {
    if (capability < least) {
        host_cuda::fail("%s needs compute capability %d.%d", what, least / 10, least % 10);
    }
}

#define mma_m16n8k16(...) (require_capability(80, "mma.m16n8k16"), mma_m16n8k16(__VA_ARGS__))
#define mma_m16n8k8_tf32(...) (require_capability(80, "mma.m16n8k8.tf32"), mma_m16n8k8_tf32(__VA_ARGS__))
#define copy_async_16(...) (require_capability(80, "cp.async"), copy_async_16(__VA_ARGS__))
#include KERNELS_SOURCE

#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

namespace {

// The function's own type says how its arguments are read: there is no table of sizes that could be wrong.
template <auto FUNCTION> struct Adapter;

template <class... A, void (*FUNCTION)(A...)> struct Adapter<FUNCTION> {
    static constexpr size_t count = sizeof...(A);
    static constexpr Parameter parameters[count + 1] = {Parameter{sizeof(A), alignof(A)}..., Parameter{}};

    static void run(const char* name, void* const* arguments, Extent grid, Extent block, size_t shared_bytes) {
        run(name, arguments, grid, block, shared_bytes, std::index_sequence_for<A...>());
    }

private:
    template <size_t... I>
    static void run(const char* name, [[maybe_unused]] void* const* arguments, Extent grid, Extent block,
                    size_t shared_bytes, std::index_sequence<I...>) {
        const std::tuple<A...> values{*static_cast<std::remove_cv_t<A>*>(arguments[I])...};
        host_cuda::run_grid(name, {grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, shared_bytes,
                            [&] { FUNCTION(std::get<I>(values)...); });
    }
};

template <auto FUNCTION> constexpr Kernel entry(const char* name) {
    using Of = Adapter<FUNCTION>;
    return {name, std::span(Of::parameters).first(Of::count), &Of::run};
}

constexpr Kernel KERNELS[] = {
#define KERNEL_ENTRY(function) entry<&function>(#function),
#include "kernels.inc"
};

} // namespace

std::span<const Kernel> kernels() {
    return KERNELS;
}

const Kernel* find_kernel(const char* name) {
    for (const Kernel& kernel : KERNELS) {
        if (std::strcmp(kernel.name, name) == 0) {
            return &kernel;
        }
    }
    return nullptr;
}
