#include "domain/timeline.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rfc3339.h"

namespace fanfinity::domain {
namespace {

using std::chrono::seconds;

base::Timestamp at(std::string_view text) {
  return *base::parse_rfc3339(text);
}

TEST(Bucket, DividesAMinuteOrAnHour) {
  std::set<std::int64_t> found;
  for (int n = 1; n <= 3'600; ++n) {
    const auto bucket = parse_bucket(std::to_string(n) + "s");
    if (bucket) found.insert(bucket->count());
  }
  EXPECT_EQ(found, (std::set<std::int64_t>{1,   2,   3,   4,   5,   6,   10,  12,  15,    20,    30,   60,
                                           120, 180, 240, 300, 360, 600, 720, 900, 1'200, 1'800, 3'600}));
  EXPECT_EQ(parse_bucket("5m"), seconds(300));
  EXPECT_EQ(parse_bucket("1h"), seconds(3'600));
  for (const char* text : {"", "s", "1", "0s", "-1s", "7s", "90s", "7m", "2h", "1d", "1S", "1 s", " 1s",
                           "1s ", "1.5m", "+1s", "99999999999999999999s", "1ss", "1m1s"}) {
    EXPECT_FALSE(parse_bucket(text).has_value()) << text;
  }
  for (const std::int64_t length : found)
    EXPECT_EQ(parse_bucket(format_bucket(seconds(length))), seconds(length));
}

TEST(Bucket, HoldsWhatLiesWithinIt) {
  EXPECT_EQ(bucket_start(at("2024-01-15T14:59:59.999Z"), seconds(15)), at("2024-01-15T14:59:45Z"));
  EXPECT_EQ(bucket_start(at("2024-01-15T14:00:00Z"), seconds(3'600)), at("2024-01-15T14:00:00Z"));
  EXPECT_EQ(bucket_end(at("2024-01-15T14:00:00.001Z"), seconds(60)), at("2024-01-15T14:01:00Z"));
  EXPECT_EQ(bucket_end(at("2024-01-15T14:00:00Z"), seconds(60)), at("2024-01-15T14:00:00Z"));
}

TEST(Bucket, TheShortestThatFitsIsFound) {
  EXPECT_EQ(buckets_in(166, seconds(1)), 9'960U);
  EXPECT_EQ(bucket_for(166, 10'000), seconds(1));
  EXPECT_EQ(bucket_for(167, 10'000), seconds(2));
  EXPECT_EQ(bucket_for(10'000, 10'000), seconds(60));
  EXPECT_FALSE(bucket_for(10'001, 10'000).has_value());
}

TEST(Timeline, IsWidenedWithoutLosingACount) {
  Timeline timeline;
  for (int minute = 0; minute < 120; ++minute) {
    for (const std::uint8_t team : {1, 2}) {
      timeline.cells.push_back({at("2024-01-15T14:00:00Z") + std::chrono::minutes(minute),
                                minute % 3 == 0 ? EventType::kGoal : EventType::kPass, team, 2});
    }
  }
  EXPECT_EQ(buckets_of(timeline, seconds(60)), 120U);
  EXPECT_EQ(buckets_of(timeline, seconds(900)), 8U);
  EXPECT_EQ(bucket_for(timeline, 24), seconds(300));
  EXPECT_EQ(bucket_for(timeline, 1), std::nullopt);
  widen(timeline, seconds(3'600));
  EXPECT_EQ(timeline.bucket, seconds(3'600));
  ASSERT_EQ(timeline.cells.size(), 8U) << "two hours, two types, two teams";
  std::uint64_t total = 0;
  for (const TimelineCell& cell : timeline.cells) total += cell.count;
  EXPECT_EQ(total, 480U);
  EXPECT_EQ(timeline.cells[0].type, EventType::kGoal);
  EXPECT_EQ(timeline.cells[0].count, 40U);
  EXPECT_EQ(timeline.cells[4].start, at("2024-01-15T15:00:00Z"));
}

}  // namespace
}  // namespace fanfinity::domain
