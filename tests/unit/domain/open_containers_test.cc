#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "domain/json_walk.h"

namespace fanfinity::domain {
namespace {

TEST(OpenContainers, RememberEveryLevelHoweverDeep) {
  std::mt19937_64 random(1);
  std::vector<bool> expected;
  OpenContainers open;
  for (int i = 0; i < 100'000; ++i) {
    // Goes down, then up again, and lingers about the borders of the words it is kept in.
    const bool down = expected.empty() || random() % 100 < (i < 50'000 ? 51U : 49U);
    if (down) {
      const bool object = random() % 2 == 0;
      expected.push_back(object);
      open.push(object);
    } else {
      expected.pop_back();
      open.pop();
    }
    ASSERT_EQ(open.depth(), expected.size());
    if (expected.empty()) continue;
    ASSERT_EQ(open.in_object(), expected.back());
  }
}

}  // namespace
}  // namespace fanfinity::domain
