#include "base/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace fanfinity::base {
namespace {

TEST(ZeroedWords, AreZeroAndOursFromTheFirstToTheLast) {
  for (const std::size_t count : {std::size_t{1}, std::size_t{8}, std::size_t{1} << 17U,
                                  (std::size_t{1} << 18U) + 3, (std::size_t{5} << 18U) + 512}) {
    const ZeroedWords words = zeroed_words(count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(words.get()) % 4096, 0U);
    EXPECT_EQ(std::count(words.get(), words.get() + count, std::uint64_t{0}),
              static_cast<std::ptrdiff_t>(count));
    std::fill(words.get(), words.get() + count, ~std::uint64_t{0});
  }
}

}  // namespace
}  // namespace fanfinity::base
