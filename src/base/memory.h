#pragma once

namespace fanfinity::base {

/// Returns what the allocator holds in vain to the operating system. For after something large was freed: it
/// looks through all of the heap.
void give_memory_back();

}  // namespace fanfinity::base
