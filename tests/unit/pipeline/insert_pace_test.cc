#include "pipeline/insert_pace.h"

#include <gtest/gtest.h>

#include <chrono>

namespace fanfinity::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr base::SteadyTime kStart{1h};

TEST(InsertPace, LetsTheFirstGoAtOnce) {
  InsertPace pace(10);
  EXPECT_EQ(pace.reserve(kStart), kStart);
}

TEST(InsertPace, IsKeptByOnePartition) {
  InsertPace pace(10);
  EXPECT_EQ(pace.reserve(kStart), kStart);
  EXPECT_EQ(pace.reserve(kStart + 20ms), kStart + 100ms);
  EXPECT_EQ(pace.reserve(kStart + 120ms), kStart + 200ms);
  EXPECT_EQ(pace.reserve(kStart + 5s), kStart + 5s) << "slots that nobody took are gone";
}

TEST(InsertPace, BringsPartitionsTogetherAndKeepsTheSum) {
  InsertPace pace(10);
  EXPECT_EQ(pace.reserve(kStart), kStart);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(pace.reserve(kStart + 10ms + i * 1ms), kStart + 100ms);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(pace.reserve(kStart + 150ms + i * 9ms), kStart + 500ms);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(pace.reserve(kStart + 560ms), kStart + 900ms);
  EXPECT_EQ(pace.reserve(kStart + 950ms), kStart + 1'100ms);
}

TEST(InsertPace, LetsNoCrowdGoTogether) {
  InsertPace pace(10);
  int at_once = 0;
  for (int i = 0; i < 100; ++i) at_once += pace.reserve(kStart) == kStart ? 1 : 0;
  EXPECT_EQ(at_once, 8);
  EXPECT_EQ(pace.reserve(kStart), kStart + 9'600ms) << "after twelve groups of eight and four more";
}

TEST(InsertPace, HoldsBackAfterAnInsertThatNobodyReserved) {
  InsertPace pace(10);
  EXPECT_EQ(pace.reserve(kStart), kStart);
  pace.charge(kStart);
  pace.charge(kStart);
  EXPECT_EQ(pace.reserve(kStart + 1ms), kStart + 300ms);
}

TEST(InsertPace, WithoutALimitIsNoPace) {
  InsertPace pace(0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pace.reserve(kStart + i * 1ms), kStart + i * 1ms);
}

}  // namespace
}  // namespace fanfinity::pipeline
