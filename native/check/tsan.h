#pragma once

namespace host_cuda::race {

// The instruction of the latest access that instrumented code has announced.
const void* access_place();

} // namespace host_cuda::race
