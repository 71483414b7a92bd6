#include "base/burst.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace fanfinity::base {
namespace {

TEST(Burst, RunsAtOnceWhereThereIsNone) {
  int runs = 0;
  Burst::at_end([&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

TEST(Burst, RunsAtTheEndOfTheOutermostInOrder) {
  std::string order;
  {
    const Burst outer;
    Burst::at_end([&] { order += 'a'; });
    {
      const Burst inner;
      Burst::at_end([&] { order += 'b'; });
    }
    EXPECT_EQ(order, "");
  }
  EXPECT_EQ(order, "ab");
}

TEST(Burst, WhatRunsAtItsEndIsOutsideOfIt) {
  int runs = 0;
  {
    const Burst burst;
    Burst::at_end([&] { Burst::at_end([&] { ++runs; }); });
  }
  EXPECT_EQ(runs, 1);
}

TEST(Burst, CanBeFlushedByWhoWaitsForWhatIsDeferred) {
  int runs = 0;
  {
    const Burst burst;
    Burst::at_end([&] { ++runs; });
    Burst::flush();
    EXPECT_EQ(runs, 1);
  }
  EXPECT_EQ(runs, 1);
}

TEST(Burst, BelongsToItsThread) {
  const Burst burst;
  int runs = 0;
  std::thread([&] { Burst::at_end([&] { ++runs; }); }).join();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace fanfinity::base
