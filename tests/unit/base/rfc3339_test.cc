#include "base/rfc3339.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace fanfinity::base {
namespace {

using std::chrono::milliseconds;

std::string reread(std::string_view text) {
  const auto at = parse_rfc3339(text);
  return at ? format_rfc3339(*at) : "refused";
}

struct Reading {
  std::string_view text;
  std::string_view utc;
};

void expect_readings(const std::vector<Reading>& readings) {
  for (const auto& [text, utc] : readings) EXPECT_EQ(reread(text), utc) << text;
}

void expect_refused(const std::vector<std::string_view>& texts) {
  for (const auto text : texts) EXPECT_EQ(reread(text), "refused") << text;
}

TEST(Rfc3339, CountsFromTheEpoch) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z")->time_since_epoch(), milliseconds{0});
  EXPECT_EQ(parse_rfc3339("2024-01-15T14:30:00Z")->time_since_epoch(), milliseconds{1705329000000});
  EXPECT_EQ(parse_rfc3339("2261-12-31T23:59:59.999Z")->time_since_epoch(), milliseconds{9214646399999});
}

TEST(Rfc3339, TakesEitherCaseOfTAndZ) {
  expect_readings({{"2024-01-15T14:30:00Z", "2024-01-15T14:30:00Z"},
                   {"2024-01-15t14:30:00z", "2024-01-15T14:30:00Z"},
                   {"2024-01-15t14:30:00+00:00", "2024-01-15T14:30:00Z"}});
}

TEST(Rfc3339, ConvertsEveryOffsetToUtc) {
  expect_readings({{"2024-01-15T16:30:00+02:00", "2024-01-15T14:30:00Z"},
                   {"2024-01-15T09:00:00-05:30", "2024-01-15T14:30:00Z"},
                   {"2024-01-15T14:30:00-00:00", "2024-01-15T14:30:00Z"},
                   {"2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"},
                   {"2023-12-31T23:30:00-01:00", "2024-01-01T00:30:00Z"},
                   {"2024-03-01T00:00:00+23:59", "2024-02-29T00:01:00Z"},
                   {"2024-02-29T00:01:00-23:59", "2024-03-01T00:00:00Z"}});
}

TEST(Rfc3339, KeepsMillisecondsAndDropsFurtherDigits) {
  expect_readings({{"2024-01-15T14:30:00.1Z", "2024-01-15T14:30:00.100Z"},
                   {"2024-01-15T14:30:00.12Z", "2024-01-15T14:30:00.120Z"},
                   {"2024-01-15T14:30:00.123Z", "2024-01-15T14:30:00.123Z"},
                   {"2024-01-15T14:30:00.000Z", "2024-01-15T14:30:00Z"},
                   {"2024-01-15T14:30:00.0009Z", "2024-01-15T14:30:00Z"},
                   {"2024-01-15T14:30:00.999999999999999999999999999999Z", "2024-01-15T14:30:00.999Z"},
                   {"2024-01-15T14:30:00.001000000000000000000000000000+00:00", "2024-01-15T14:30:00.001Z"}});
}

TEST(Rfc3339, KnowsTheLengthOfEveryMonth) {
  expect_readings({{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
                   {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
                   {"2024-04-30T00:00:00Z", "2024-04-30T00:00:00Z"},
                   {"2024-12-31T00:00:00Z", "2024-12-31T00:00:00Z"}});
  expect_refused({"2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
                  "2024-04-31T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-00T00:00:00Z",
                  "2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z"});
}

TEST(Rfc3339, ReadsALeapSecondAsTheEndOfItsMinute) {
  expect_readings({{"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"},
                   {"2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999Z"},
                   {"2015-06-30T23:59:60Z", "2015-06-30T23:59:59.999Z"},
                   {"2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59.999Z"},
                   {"2016-12-31T15:59:60-08:00", "2016-12-31T23:59:59.999Z"},
                   {"2015-07-01T05:29:60.25+05:30", "2015-06-30T23:59:59.999Z"}});
}

TEST(Rfc3339, RefusesALeapSecondWhereUtcHasNone) {
  expect_refused({"2024-01-15T14:30:60Z", "2016-12-30T23:59:60Z", "2016-12-31T22:59:60Z",
                  "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+01:00", "2017-01-01T00:00:60Z",
                  "2016-12-31T23:59:61Z"});
}

TEST(Rfc3339, HoldsItsBordersAfterTheOffset) {
  expect_readings({{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
                   {"1969-12-31T23:30:00-00:30", "1970-01-01T00:00:00Z"},
                   {"1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00Z"},
                   {"2261-12-31T23:59:59.999Z", "2261-12-31T23:59:59.999Z"},
                   {"2262-01-01T00:59:59.999+01:00", "2261-12-31T23:59:59.999Z"},
                   {"2261-12-31T23:59:60Z", "2261-12-31T23:59:59.999Z"}});
  expect_refused({"1969-12-31T23:59:59.999Z", "1970-01-01T00:59:59+01:00", "2262-01-01T00:00:00Z",
                  "2261-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"});
}

TEST(Rfc3339, RefusesWhatIsNotADateTime) {
  expect_refused({"",
                  "yesterday",
                  "2024-01-15",
                  "2024-01-15T14:30:00",
                  "2024-01-15T14:30Z",
                  "2024-01-15 14:30:00Z",
                  "2024-1-15T14:30:00Z",
                  "24-01-15T14:30:00Z",
                  "2024-01-15T24:00:00Z",
                  "2024-01-15T14:60:00Z",
                  "2024-01-15T14:30:00.Z",
                  "2024-01-15T14:30:00,5Z",
                  "2024-01-15T14:30:00.5",
                  "2024-01-15T14:30:00+2:00",
                  "2024-01-15T14:30:00+0200",
                  "2024-01-15T14:30:00+02",
                  "2024-01-15T14:30:00+24:00",
                  "2024-01-15T14:30:00+02:60",
                  "2024-01-15T14:30:00Z ",
                  " 2024-01-15T14:30:00Z",
                  "2024-01-15T14:30:00ZZ",
                  "2024/01/15T14:30:00Z",
                  "2024-01-15T14-30-00Z",
                  "+024-01-15T14:30:00Z",
                  "2024-01-15T14:30:00.5.5Z",
                  "1705329000",
                  "2024-01-15T14:30:0aZ",
                  "2024-01-15T1\xD9\xA1:30:00Z"});
  EXPECT_FALSE(parse_rfc3339(std::string_view("2024-01-15T14:30:00Z\0", 21)));
  EXPECT_FALSE(parse_rfc3339(std::string_view("2024-01-15T14:30:00\0", 20)));
}

TEST(Rfc3339, RefusesEveryTextCutShort) {
  const std::string text = "2024-01-15T14:30:00.123+01:00";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(parse_rfc3339(text.substr(0, length))) << text.substr(0, length);
  }
}

TEST(Rfc3339, WritesMillisecondsOnlyWhenThereAreSome) {
  EXPECT_EQ(format_rfc3339(Timestamp{milliseconds{0}}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(Timestamp{milliseconds{1}}), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(format_rfc3339(Timestamp{milliseconds{1000}}), "1970-01-01T00:00:01Z");
  EXPECT_EQ(format_rfc3339(Timestamp{milliseconds{-1}}), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, WritesFourDigitsForEveryTimestampThereIs) {
  EXPECT_EQ(format_rfc3339(Timestamp::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(Timestamp::min()), "0000-01-01T00:00:00Z");
}

TEST(Rfc3339, AppendsBehindWhatIsThere) {
  std::string text = "at ";
  append_rfc3339(Timestamp{milliseconds{1500}}, text);
  EXPECT_EQ(text, "at 1970-01-01T00:00:01.500Z");
}

TEST(Rfc3339, ReadsBackWhatItWrites) {
  std::mt19937_64 random(20240115);
  std::uniform_int_distribution<std::int64_t> any(0, 9214646399999);
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp at{milliseconds{any(random)}};
    ASSERT_EQ(parse_rfc3339(format_rfc3339(at)), at) << format_rfc3339(at);
  }
}

}  // namespace
}  // namespace fanfinity::base
