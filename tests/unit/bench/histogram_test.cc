#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace fanfinity::bench {
namespace {

std::uint64_t exact_quantile(std::vector<std::uint64_t> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, IsWithinOnePercentOverManyMagnitudes) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> nanoseconds(std::log(50'000.0), 3.0);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(nanoseconds(random)));
    histogram.record(values.back());
  }
  for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = static_cast<double>(exact_quantile(values, share));
    EXPECT_NEAR(static_cast<double>(histogram.quantile(share)), exact, exact * 0.01 + 1) << share;
  }
}

TEST(Histogram, KnowsSmallValuesAndTheLargestExactly) {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 100; ++value) histogram.record(value);
  histogram.record(123'456'789'012);
  EXPECT_EQ(histogram.quantile(0.5), 50U);
  EXPECT_EQ(histogram.max(), 123'456'789'012U);
  EXPECT_EQ(histogram.quantile(1), histogram.max());
  EXPECT_EQ(histogram.count(), 101U);
}

TEST(Histogram, TakesTheLargestNumberThereIs) {
  Histogram histogram;
  histogram.record(~std::uint64_t{0});
  EXPECT_EQ(histogram.max(), ~std::uint64_t{0});
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), 0x1p64, 0x1p58);
}

TEST(Histogram, MergedIsAsIfAllWereRecordedInOne) {
  Histogram whole;
  Histogram low;
  Histogram high;
  for (std::uint64_t i = 1; i < 1'000; ++i) {
    whole.record(i);
    low.record(i);
    whole.record(i * 1'000'000);
    high.record(i * 1'000'000);
  }
  low.merge(high);
  for (const double share : {0.1, 0.5, 0.75, 1.0}) EXPECT_EQ(low.quantile(share), whole.quantile(share));
  EXPECT_EQ(low.count(), whole.count());
}

TEST(Histogram, WithoutValuesSaysZero) {
  EXPECT_EQ(Histogram().quantile(0.99), 0U);
  EXPECT_EQ(Histogram().max(), 0U);
}

}  // namespace
}  // namespace fanfinity::bench
