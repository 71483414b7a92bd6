#include "base/memory.h"

#include <malloc.h>
#include <sys/mman.h>

#include <new>

namespace fanfinity::base {
namespace {

constexpr std::size_t kHugePage = 2U << 20U;

}  // namespace

void Unmap::operator()(std::uint64_t* words) const {
  ::munmap(words, bytes);
}

ZeroedWords zeroed_words(std::size_t count) {
  std::size_t bytes = count * sizeof(std::uint64_t);
  const bool huge = bytes >= kHugePage;
  if (huge) bytes = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  // Room to begin at a huge page; what is not needed of it goes back at once.
  const std::size_t room = bytes + (huge ? kHugePage : 0);
  void* const mapped = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<char*>(mapped);
  if (huge) {
    const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
    if (before > 0) ::munmap(begin, before);
    begin += before;
    if (before < kHugePage) ::munmap(begin + bytes, kHugePage - before);
    static_cast<void>(::madvise(begin, bytes, MADV_HUGEPAGE));
  }
  return ZeroedWords(reinterpret_cast<std::uint64_t*>(begin), Unmap{bytes});
}

void give_memory_back() {
#ifdef __GLIBC__
  static_cast<void>(malloc_trim(0));
#endif
}

}  // namespace fanfinity::base
