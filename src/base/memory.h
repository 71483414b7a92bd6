#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace fanfinity::base {

/// Gives pages back to the operating system.
struct Unmap {
  std::size_t bytes = 0;
  void operator()(std::uint64_t* words) const;
};
using ZeroedWords = std::unique_ptr<std::uint64_t[], Unmap>;

/// So many words of zero, at the beginning of a page. They take memory only once they are written to. Many of
/// them lie on huge pages where the system has any: reading here and there then costs half.
[[nodiscard]] ZeroedWords zeroed_words(std::size_t count);

/// Returns what the allocator holds in vain to the operating system. For after something large was freed: it
/// looks through all of the heap.
void give_memory_back();

}  // namespace fanfinity::base
