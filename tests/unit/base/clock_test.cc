#include "base/clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stop_token>
#include <thread>

namespace fanfinity::base {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, TellsTheTimeToTheMillisecond) {
  const auto before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const Timestamp now = system_clock().now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(SystemClock, NeverStepsBackOnItsSteadySide) {
  const SteadyTime first = system_clock().steady();
  EXPECT_LE(first, system_clock().steady());
}

TEST(SystemClock, WaitsTheWholeTimeWhenNobodyStopsIt) {
  const SteadyTime begin = system_clock().steady();
  EXPECT_TRUE(system_clock().wait_for({}, 5ms));
  EXPECT_GE(system_clock().steady() - begin, 5ms);
}

TEST(SystemClock, DoesNotWaitOnceStopped) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(system_clock().wait_for(stop.get_token(), 1h));
}

TEST(SystemClock, EndsAWaitWhenStopIsRequested) {
  std::stop_source stop;
  bool whole = true;
  std::thread waiter([&] { whole = system_clock().wait_for(stop.get_token(), 1h); });
  stop.request_stop();
  waiter.join();
  EXPECT_FALSE(whole);
}

}  // namespace
}  // namespace fanfinity::base
