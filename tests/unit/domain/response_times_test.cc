#include "domain/response_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace fanfinity::domain {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr double kRounding = 1e-9;  // What double arithmetic may add to the promised error.
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

double milliseconds_of(nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// The sample of rank ceil(q * count), found by sorting.
double exact_percentile(std::vector<nanoseconds> samples, std::size_t percent) {
  std::sort(samples.begin(), samples.end());
  const std::size_t rank = (samples.size() * percent + 99) / 100;
  return milliseconds_of(samples.at(rank - 1));
}

void expect_within_bound(double found, double exact) {
  EXPECT_NEAR(found, exact, exact * (kResponseTimeAccuracy + kRounding));
}

ResponseTimes times_of(const std::vector<nanoseconds>& samples) {
  ResponseTimes times;
  for (const nanoseconds sample : samples) times.add(sample);
  return times;
}

std::vector<nanoseconds> random_samples(std::mt19937_64& random, std::size_t count) {
  std::vector<nanoseconds> samples;
  std::lognormal_distribution<double> spread(15, 1.5);  // Nanoseconds about 3 ms, with a long tail.
  for (std::size_t i = 0; i < count; ++i) {
    samples.emplace_back(
        std::clamp<std::int64_t>(static_cast<std::int64_t>(spread(random)), 1'000, 3'600'000'000'000));
  }
  return samples;
}

TEST(ResponseTimeBucket, StandsForItsDurationsWithinTheBound) {
  for (double us = 1; us < 3.6e9; us *= 1.0007) {
    const nanoseconds duration{static_cast<std::int64_t>(us * 1e3)};
    expect_within_bound(response_time_of_bucket(response_time_bucket(duration)), milliseconds_of(duration));
  }
}

TEST(ResponseTimeBucket, GrowsWithTheDuration) {
  std::int16_t last = response_time_bucket(0ns);
  for (double ns = 1; ns < 4e12; ns *= 1.003) {
    const std::int16_t bucket = response_time_bucket(nanoseconds{static_cast<std::int64_t>(ns)});
    EXPECT_GE(bucket, last);
    EXPECT_LE(bucket, last + 1);
    last = bucket;
  }
}

TEST(ResponseTimeBucket, KeepsItsStoredNumbers) {
  EXPECT_EQ(response_time_bucket(1us), 0);
  EXPECT_EQ(response_time_bucket(1ms), 691);
  EXPECT_EQ(response_time_bucket(1s), 1382);
  EXPECT_EQ(response_time_bucket(1h), 2201);
}

TEST(ResponseTimeBucket, TakesEveryDurationThereIs) {
  for (const nanoseconds tiny : {nanoseconds::min(), -1ns, 0ns, 1ns, 999ns}) {
    EXPECT_EQ(response_time_bucket(tiny), response_time_bucket(1us));
  }
  EXPECT_EQ(response_time_bucket(2h), response_time_bucket(1h));
  EXPECT_EQ(response_time_bucket(nanoseconds::max()), response_time_bucket(1h));
}

TEST(ResponseTimes, HaveNoPercentilesWithoutASample) {
  ResponseTimes times;
  EXPECT_FALSE(times.percentiles());
  times.add_bucket(5, 0);
  EXPECT_FALSE(times.percentiles());
  EXPECT_TRUE(times.buckets().empty());
}

TEST(ResponseTimes, OfOneSampleAreThatSample) {
  const auto found = times_of({12'500us}).percentiles();
  ASSERT_TRUE(found);
  for (const double value : {found->p50, found->p95, found->p99}) expect_within_bound(value, 12.5);
}

TEST(ResponseTimes, TakeTheSampleOfTheRankRoundedUp) {
  for (const std::size_t count : {1U, 2U, 3U, 10U, 19U, 20U, 21U, 99U, 100U, 101U, 200U, 1000U}) {
    std::vector<nanoseconds> samples;
    for (std::size_t i = 1; i <= count; ++i) samples.push_back(1ms * static_cast<std::int64_t>(i * i));
    const auto found = times_of(samples).percentiles();
    expect_within_bound(found->p50, exact_percentile(samples, 50));
    expect_within_bound(found->p95, exact_percentile(samples, 95));
    expect_within_bound(found->p99, exact_percentile(samples, 99));
  }
}

TEST(ResponseTimes, StayWithinTheBoundOnRandomSamples) {
  std::mt19937_64 random(2024);
  for (int round = 0; round < 100; ++round) {
    const auto samples = random_samples(random, 1 + random() % 3'000);
    const auto found = times_of(samples).percentiles();
    expect_within_bound(found->p50, exact_percentile(samples, 50));
    expect_within_bound(found->p95, exact_percentile(samples, 95));
    expect_within_bound(found->p99, exact_percentile(samples, 99));
  }
}

TEST(ResponseTimes, MergeInAnyOrderAndGrouping) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 50; ++round) {
    const auto a = times_of(random_samples(random, random() % 200));
    const auto b = times_of(random_samples(random, random() % 200));
    const auto c = times_of(random_samples(random, random() % 200));
    const auto merged = [](ResponseTimes left, const ResponseTimes& right) {
      left.merge(right);
      return left;
    };
    EXPECT_EQ(merged(a, b).buckets(), merged(b, a).buckets());
    EXPECT_EQ(merged(merged(a, b), c).buckets(), merged(a, merged(b, c)).buckets());
    EXPECT_EQ(merged(a, ResponseTimes{}).buckets(), a.buckets());
    EXPECT_EQ(merged(merged(a, b), c).count(), a.count() + b.count() + c.count());
  }
}

TEST(ResponseTimes, MergedAreThoseOfAllSamples) {
  std::mt19937_64 random(12);
  std::vector<nanoseconds> all;
  ResponseTimes merged;
  for (int server = 0; server < 8; ++server) {
    const auto samples = random_samples(random, 500);
    merged.merge(times_of(samples));
    all.insert(all.end(), samples.begin(), samples.end());
  }
  EXPECT_EQ(merged.buckets(), times_of(all).buckets());
  EXPECT_EQ(merged.count(), all.size());
}

TEST(ResponseTimes, DoNotWrapAroundAtTheLargestCount) {
  ResponseTimes times;
  times.add_bucket(1, kMost);
  times.add_bucket(1, 1);
  times.add_bucket(2, 5);
  EXPECT_EQ(times.count(), kMost);
  const auto found = times.percentiles();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->p99, response_time_of_bucket(1));
}

}  // namespace
}  // namespace fanfinity::domain
