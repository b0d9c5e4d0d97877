// Start, devices and their attributes.
#include "device_table.h"
#include "driver.h"
#include "registry.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace {

constexpr char NAME[] = "Perigee test double (host fibres)";
constexpr int MULTIPROCESSORS = 8; // few, so that grids which fill the device stay small

constexpr DeviceModel MODELS[] = {
    {75, 64 << 10, 64 << 10, 0, 1024, 16},    {80, 164 << 10, 163 << 10, 1024, 2048, 32},
    {86, 100 << 10, 99 << 10, 1024, 1536, 16}, {87, 164 << 10, 163 << 10, 1024, 1536, 16},
    {89, 100 << 10, 99 << 10, 1024, 1536, 24}, {90, 228 << 10, 227 << 10, 1024, 2048, 32},
    {100, 228 << 10, 227 << 10, 1024, 2048, 32}, {120, 100 << 10, 99 << 10, 1024, 1536, 24},
};

// Numbers are those of CUdevice_attribute; what is not here is 0.
int attribute_value(int attribute, int device) {
    const DeviceModel& model = device_model();
    switch (attribute) {
        case 1: return 1024;                                       // threads per block
        case 2: case 3: return 1024;                               // block x, y
        case 4: return 64;                                         // block z
        case 5: return 0x7FFFFFFF;                                 // grid x
        case 6: case 7: return 65535;                              // grid y, z
        case 8: return 48 << 10;                                   // shared memory per block
        case 9: return 64 << 10;                                   // constant memory
        case 10: return 32;                                        // warp
        case 11: return 0x7FFFFFFF;                                // pitch
        case 12: return 65536;                                     // registers per block
        case 13: return 1'000'000;                                 // clock, kHz
        case 14: return 512;                                       // texture alignment
        case 16: return MULTIPROCESSORS;
        case 19: return 1;                                         // can map host memory
        case 31: return 1;                                         // concurrent kernels
        case 33: return device + 1;                                // PCI bus
        case 36: return 1'000'000;                                 // memory clock, kHz
        case 37: return 512;                                       // bus width, bits
        case 38: return 4 << 20;                                   // L2 cache
        case 39: return model.threads;                             // threads per multiprocessor
        case 40: return 1;                                         // copy engines
        case 41: return 1;                                         // unified addressing
        case 51: return 32;                                        // texture pitch alignment
        case 75: return model.capability / 10;
        case 76: return model.capability % 10;
        case 78: return 1;                                         // stream priorities
        case 81: return static_cast<int>(model.shared);            // shared memory per multiprocessor
        case 82: return 65536;                                     // registers per multiprocessor
        case 91: return 1;                                         // host pointer for registered memory
        case 92: case 93: case 94: case 122: case 123: return 1;   // stream memory operations
        case 97: return static_cast<int>(model.shared_opt_in);     // shared memory per block, opt-in
        case 99: return 1;                                         // host registration
        case 106: return model.blocks;                             // blocks per multiprocessor
        case 111: return static_cast<int>(model.reserved_shared);  // reserved shared memory per block
        case 115: return 1;                                        // memory pools
        default: return 0;
    }
}

CUresult check_device(const Call& call, CUdevice device) {
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const bool known = device >= 0 && device < static_cast<int>(driver().devices.size());
    return known ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

} // namespace

const DeviceModel* find_model(int capability) {
    const auto found = std::find_if(std::begin(MODELS), std::end(MODELS),
                                    [&](const DeviceModel& model) { return model.capability == capability; });
    return found == std::end(MODELS) ? nullptr : found;
}

const DeviceModel& device_model() {
    return *find_model(driver().settings.capability);
}

DRIVER cuInit(unsigned flags) {
    Call call(Call::NOTHING);
    Driver& all = driver();
    if (flags != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (all.initialised) {
        return CUDA_SUCCESS;
    }
    all.settings = read_settings();
    if (find_model(all.settings.capability) == nullptr || all.settings.devices > 64) {
        std::fprintf(stderr, "perigee test double: PERIGEE_STUB_CAPABILITY or PERIGEE_STUB_DEVICES is out of range\n");
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (all.settings.devices <= 0) {
        return CUDA_ERROR_NO_DEVICE;
    }
    all.devices.resize(all.settings.devices);
    for (Device& device : all.devices) {
        device.memory.total = all.settings.memory;
    }
    capability = all.settings.capability;
    all.initialised = true;
    return CUDA_SUCCESS;
}

// Works before cuInit, as CUDA's does.
DRIVER cuDriverGetVersion(int* version) {
    if (version == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *version = read_settings().version;
    return CUDA_SUCCESS;
}

DRIVER cuDeviceGetCount(int* count) {
    Call call(Call::INITIALISED);
    if (call.error == CUDA_SUCCESS && count == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (call.error == CUDA_SUCCESS) {
        *count = static_cast<int>(driver().devices.size());
    }
    return call.error;
}

DRIVER cuDeviceGet(CUdevice* device, int ordinal) {
    Call call(Call::INITIALISED);
    const CUresult error = check_device(call, ordinal);
    if (error == CUDA_SUCCESS) {
        *device = ordinal;
    }
    return error;
}

DRIVER cuDeviceGetName(char* name, int length, CUdevice device) {
    Call call(Call::INITIALISED);
    const CUresult error = check_device(call, device);
    if (error == CUDA_SUCCESS) {
        std::snprintf(name, length, "%s", NAME);
    }
    return error;
}

DRIVER cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
    Call call(Call::INITIALISED);
    const CUresult error = check_device(call, device);
    if (error == CUDA_SUCCESS) {
        std::memcpy(uuid->bytes, "perigee-double\0\0", sizeof uuid->bytes);
        uuid->bytes[15] = static_cast<char>(device);
    }
    return error;
}

DRIVER cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
    return cuDeviceGetUuid(uuid, device);
}

DRIVER cuDeviceGetPCIBusId(char* text, int length, CUdevice device) {
    Call call(Call::INITIALISED);
    const CUresult error = check_device(call, device);
    if (error == CUDA_SUCCESS) {
        std::snprintf(text, length, "0000:%02x:00.0", device + 1);
    }
    return error;
}

DRIVER cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    Call call(Call::INITIALISED);
    const CUresult error = check_device(call, device);
    if (error == CUDA_SUCCESS) {
        *bytes = driver().devices[device].memory.total;
    }
    return error;
}

DRIVER cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
    Call call(Call::INITIALISED);
    if (const CUresult error = check_device(call, device); error != CUDA_SUCCESS) {
        return error;
    }
    if (value == nullptr || attribute <= 0 || attribute > 200) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *value = attribute_value(attribute, device);
    return CUDA_SUCCESS;
}

DRIVER cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
    const CUresult error = cuDeviceGetAttribute(major, 75, device);
    return error == CUDA_SUCCESS ? cuDeviceGetAttribute(minor, 76, device) : error;
}

DRIVER cuDeviceCanAccessPeer(int* possible, CUdevice device, CUdevice peer) {
    Call call(Call::INITIALISED);
    const CUresult error = check_device(call, device);
    if (error != CUDA_SUCCESS || check_device(call, peer) != CUDA_SUCCESS) {
        return error != CUDA_SUCCESS ? error : CUDA_ERROR_INVALID_DEVICE;
    }
    *possible = 0;
    return CUDA_SUCCESS;
}
