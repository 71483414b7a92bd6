#include "tools/replay_report.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace fanfinity::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ProgressLine, ShowsShareRateAndTimeLeft) {
  ReplayProgress progress;
  progress.accepted = 12'345;
  progress.share = 0.25;
  progress.elapsed = seconds(10);
  progress.rate = 1234.5;
  EXPECT_EQ(progress_line(progress, 200),
            "[======>                 ]  25%  12,345 accepted  1,235/s  0:30 left");
  progress.rejected = 2;
  progress.retries = 1'000;
  EXPECT_TRUE(progress_line(progress, 200).ends_with("0:30 left  2 rejected  1,000 retries"));
}

TEST(ProgressLine, OfAPipeShowsTheTimePassed) {
  ReplayProgress progress;
  progress.elapsed = seconds(75);
  EXPECT_EQ(progress_line(progress, 200), "0 accepted  0/s  1:15");
}

TEST(ProgressLine, FitsTheTerminal) {
  ReplayProgress progress;
  progress.share = 1.0;
  EXPECT_EQ(progress_line(progress, 20).size(), 20U);
}

TEST(SummaryText, TellsCountsAndPercentiles) {
  ReplaySummary summary;
  summary.read = summary.sent = 1'100;
  summary.accepted = 1'099;
  summary.rejected = 1;
  summary.retries = 3;
  summary.elapsed = seconds(2);
  for (int i = 0; i < 100; ++i) summary.acknowledgements.add(milliseconds(10));
  summary.slowest = milliseconds(20);
  const std::string text = summary_text(summary);
  EXPECT_NE(text.find("1,099 of 1,100 events accepted in 2.0 s (550/s)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("sent 1,100, accepted 1,099, rejected 1, retries 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("max 20.00 ms"), std::string::npos) << text;
  EXPECT_EQ(text.find("not answered"), std::string::npos) << text;
  EXPECT_FALSE(summary.complete());
}

TEST(SummaryText, OfAnInterruptedRunSaysWhatIsOpen) {
  ReplaySummary summary;
  summary.read = 10;
  summary.accepted = 7;
  summary.interrupted = true;
  const std::string text = summary_text(summary);
  EXPECT_NE(text.find("3 events read were not answered for"), std::string::npos) << text;
  EXPECT_NE(text.find("interrupted"), std::string::npos) << text;
  EXPECT_FALSE(summary.complete());
}

TEST(LongWaitText, NamesTheLineThatIsFarAhead) {
  EXPECT_EQ(long_wait_text(7, std::chrono::minutes(29)), "");
  const std::string text = long_wait_text(7, std::chrono::hours(26));
  EXPECT_TRUE(text.starts_with("line 7: ")) << text;
  EXPECT_NE(text.find("26:00:00"), std::string::npos) << text;
}

TEST(Formats, AreThoseOfPeople) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1'000), "1,000");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
  EXPECT_EQ(format_duration(seconds(9)), "0:09");
  EXPECT_EQ(format_duration(seconds(3'723)), "1:02:03");
}

TEST(ParseSpeed, TakesTimesRealTimeOrMax) {
  EXPECT_EQ(**parse_speed("60"), 60.0);
  EXPECT_EQ(**parse_speed("0.5x"), 0.5);
  EXPECT_FALSE(parse_speed("max")->has_value());
  for (const char* wrong : {"", "x", "0", "-1", "nan", "inf", "1e999", "60 x", "fast"}) {
    EXPECT_FALSE(parse_speed(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace fanfinity::tools
