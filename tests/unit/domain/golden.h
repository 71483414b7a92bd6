#pragma once
// Files of tests/golden: what an output must be, byte for byte.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace fanfinity::domain::tests {

inline std::string golden(const std::string& name) {
  const std::string path = std::string(FANFINITY_GOLDEN_DIR) + "/" + name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace fanfinity::domain::tests
