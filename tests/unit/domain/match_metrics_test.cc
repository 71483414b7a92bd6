#include "domain/match_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "base/rfc3339.h"
#include "domain/timeline.h"
#include "golden.h"

namespace fanfinity::domain {
namespace {

base::Timestamp at(std::string_view text) {
  return base::parse_rfc3339(text).value();
}

/// The example of the contract.
MatchMetrics example() {
  MatchMetrics metrics;
  metrics.match_id = "match-123";
  metrics.total = 1523;
  metrics.by_type = {{EventType::kPass, 892}, {EventType::kShot, 45},      {EventType::kGoal, 3},
                     {EventType::kFoul, 28},  {EventType::kYellowCard, 4}, {EventType::kRedCard, 1}};
  metrics.first_at = at("2024-01-15T14:00:00Z");
  metrics.last_at = at("2024-01-15T15:45:00Z");
  metrics.peak = {at("2024-01-15T14:45:00Z"), 89};
  metrics.response_times = ResponseTimePercentiles{12.5, 45.2, 98.7};
  metrics.as_of = at("2024-01-15T15:45:01.120Z");
  return metrics;
}

std::string json_of(const MatchMetrics& metrics) {
  std::string text;
  append_metrics_json(metrics, text);
  return text;
}

/// The digits that were written for p50.
std::string p50_of(double value) {
  MatchMetrics metrics = example();
  metrics.response_times->p50 = value;
  const std::string json = json_of(metrics);
  const std::size_t begin = json.find("\"p50\":") + 6;
  return json.substr(begin, json.find(',', begin) - begin);
}

TEST(MetricsJson, HasTheShapeOfTheContract) {
  EXPECT_EQ(json_of(example()) + "\n", tests::golden("metrics.json"));
}

TEST(MetricsJson, LeavesPercentilesOutWithoutASample) {
  MatchMetrics metrics = example();
  metrics.response_times.reset();
  metrics.match_id = "Barça–Alavés \"2018\"";
  metrics.by_type = {{EventType::kOffside, 1}};
  metrics.total = 1;
  EXPECT_EQ(json_of(metrics) + "\n", tests::golden("metrics-without-samples.json"));
}

TEST(MetricsJson, WritesPercentilesAsPlainDecimals) {
  EXPECT_EQ(p50_of(12.5), "12.5");
  EXPECT_EQ(p50_of(0.000995), "0.000995");
  EXPECT_EQ(p50_of(0.123456), "0.12346");
  EXPECT_EQ(p50_of(1), "1");
  EXPECT_EQ(p50_of(9.99999), "10");
  EXPECT_EQ(p50_of(100), "100");
  EXPECT_EQ(p50_of(1234.5678), "1234.6");
  EXPECT_EQ(p50_of(3'600'000), "3600000");
  EXPECT_EQ(p50_of(0), "0");
}

TEST(MetricsJson, KeepsTheErrorOfAPercentileBelowOnePercentRoundingIncluded) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> exponent(std::log(1e3), std::log(3.6e12));
  for (int i = 0; i < 5'000; ++i) {
    const std::chrono::nanoseconds duration{static_cast<std::int64_t>(std::exp(exponent(random)))};
    const double exact = static_cast<double>(duration.count()) / 1e6;
    ResponseTimes times;
    times.add(duration);
    EXPECT_NEAR(std::stod(p50_of(times.percentiles()->p50)), exact, exact * 0.0051);
  }
}

TEST(TimelineJson, SumsUpTheCellsOfAMinute) {
  Timeline timeline;
  timeline.match_id = "match-123";
  timeline.as_of = at("2024-01-15T14:02:00.5Z");
  timeline.cells = {{at("2024-01-15T14:00:00Z"), EventType::kGoal, 2, 1},
                    {at("2024-01-15T14:00:00Z"), EventType::kPass, 1, 2},
                    {at("2024-01-15T14:00:00Z"), EventType::kPass, 2, 4},
                    {at("2024-01-15T14:07:00Z"), EventType::kFoul, 1, 1}};
  std::string json;
  append_timeline_json(timeline, json);
  EXPECT_EQ(json + "\n", tests::golden("timeline.json"));
}

TEST(TimelineJson, HasNoBucketsWithoutCells) {
  std::string json;
  append_timeline_json({.match_id = "m", .cells = {}, .as_of = at("2024-01-15T14:00:00Z")}, json);
  EXPECT_EQ(json, R"({"matchId":"m","bucketSeconds":60,"buckets":[],"asOf":"2024-01-15T14:00:00Z"})");
}

TEST(SummaryJson, HasTheShapeOfTheContract) {
  std::string json = "[";
  append_summary_json({"match-123", 3, 1, at("2024-01-15T14:00:00Z"), at("2024-01-15T14:07:00Z"),
                       at("2024-01-15T14:07:00.250Z")},
                      json);
  EXPECT_EQ(json.substr(1) + "\n", tests::golden("summary.json"));
}

}  // namespace
}  // namespace fanfinity::domain
