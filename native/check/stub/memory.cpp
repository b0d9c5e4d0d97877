#include "memory.h"
#include "driver.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t GUARD = 256;
constexpr unsigned char GUARD_BYTE = 0xFD;
constexpr unsigned char FRESH_BYTE = 0xCD;

size_t rounded(size_t bytes) {
    return (bytes + 255) / 256 * 256;
}

bool untouched(const unsigned char* guard, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        if (guard[i] != GUARD_BYTE) {
            return false;
        }
    }
    return true;
}

// The entry of `blocks` that holds the range, or the end.
template <class Blocks> auto holder(Blocks& blocks, uintptr_t address, size_t bytes) {
    auto after = blocks.upper_bound(address);
    if (after == blocks.begin()) {
        return blocks.end();
    }
    auto block = std::prev(after);
    const size_t offset = address - block->first;
    return offset <= block->second.bytes && bytes <= block->second.bytes - offset ? block : blocks.end();
}

} // namespace

CUresult Memory::allocate(size_t bytes, const Context* owner, CUdeviceptr* address) {
    if (bytes == 0 || address == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (bytes > total || rounded(bytes) > total - taken) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    const size_t whole = (GUARD + rounded(bytes) + GUARD + 511) / 512 * 512;
    auto* base = static_cast<unsigned char*>(std::aligned_alloc(512, whole));
    if (base == nullptr) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    std::memset(base, GUARD_BYTE, GUARD);
    std::memset(base + GUARD, FRESH_BYTE, bytes);
    std::memset(base + GUARD + bytes, GUARD_BYTE, rounded(bytes) - bytes + GUARD);
    *address = reinterpret_cast<CUdeviceptr>(base + GUARD);
    blocks[*address] = {bytes, owner};
    taken += rounded(bytes);
    return CUDA_SUCCESS;
}

bool Memory::release(CUdeviceptr address) {
    const auto found = blocks.find(address);
    if (found == blocks.end()) {
        return false;
    }
    taken -= rounded(found->second.bytes);
    std::free(reinterpret_cast<unsigned char*>(found->first) - GUARD);
    blocks.erase(found);
    return true;
}

void Memory::release_all(const Context* owner) {
    for (auto block = blocks.begin(); block != blocks.end();) {
        const auto next = std::next(block);
        if (block->second.owner == owner) {
            release(block->first);
        }
        block = next;
    }
}

bool Memory::find(uintptr_t address, size_t bytes, uintptr_t* start, size_t* size) const {
    const auto block = holder(blocks, address, bytes);
    if (block == blocks.end()) {
        return false;
    }
    if (start != nullptr) {
        *start = block->first;
    }
    if (size != nullptr) {
        *size = block->second.bytes;
    }
    return true;
}

void Memory::check_guards(const char* kernel) const {
    for (const auto& [address, block] : blocks) {
        const auto* data = reinterpret_cast<const unsigned char*>(address);
        const bool before = untouched(data - GUARD, GUARD);
        if (!before || !untouched(data + block.bytes, rounded(block.bytes) - block.bytes + GUARD)) {
            std::fprintf(stderr, "perigee test double: kernel %s wrote %s an allocation of %zu bytes\n", kernel,
                         before ? "past the end of" : "in front of", block.bytes);
            std::abort();
        }
    }
}

CUresult HostMemory::allocate(size_t bytes, unsigned flags, void** address) {
    if (bytes == 0 || address == nullptr || (flags & ~HOST_ALLOC_FLAGS) != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *address = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (*address == nullptr) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    std::memset(*address, FRESH_BYTE, bytes);
    blocks[reinterpret_cast<uintptr_t>(*address)] = {bytes, flags, false};
    return CUDA_SUCCESS;
}

bool HostMemory::release(void* address) {
    const auto found = blocks.find(reinterpret_cast<uintptr_t>(address));
    if (found == blocks.end() || found->second.registered) {
        return false;
    }
    blocks.erase(found);
    std::free(address);
    return true;
}

CUresult HostMemory::add(void* address, size_t bytes, unsigned flags) {
    const auto start = reinterpret_cast<uintptr_t>(address);
    if (address == nullptr || bytes == 0 || (flags & ~HOST_REGISTER_FLAGS) != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    const auto after = blocks.lower_bound(start);
    const bool meets_next = after != blocks.end() && after->first < start + bytes;
    const bool meets_previous =
        after != blocks.begin() && std::prev(after)->first + std::prev(after)->second.bytes > start;
    if (meets_next || meets_previous) {
        return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
    }
    blocks[start] = {bytes, flags, true};
    return CUDA_SUCCESS;
}

CUresult HostMemory::remove(void* address) {
    const auto found = blocks.find(reinterpret_cast<uintptr_t>(address));
    if (found == blocks.end() || !found->second.registered) {
        return CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
    }
    blocks.erase(found);
    return CUDA_SUCCESS;
}

const HostMemory::Block* HostMemory::find(uintptr_t address, size_t bytes, uintptr_t* start) const {
    const auto block = holder(blocks, address, bytes);
    if (block == blocks.end()) {
        return nullptr;
    }
    if (start != nullptr) {
        *start = block->first;
    }
    return &block->second;
}

bool reachable(uintptr_t address, size_t bytes) {
    if (driver().host.find(address, bytes) != nullptr) {
        return true;
    }
    for (const Device& device : driver().devices) {
        if (device.memory.find(address, bytes)) {
            return true;
        }
    }
    return false;
}
