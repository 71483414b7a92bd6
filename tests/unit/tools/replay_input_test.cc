#include "tools/replay_input.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "unit/tools/temporary_file.h"

namespace fanfinity::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Read {
  std::string text;
  std::uint64_t number;
  bool too_long;
  bool operator==(const Read&) const = default;
};

std::vector<Read> read_all(const std::string& content) {
  const TemporaryFile file(content);
  auto reader = LineReader::open(file.path());
  EXPECT_TRUE(reader.ok());
  std::vector<Read> lines;
  for (;;) {
    const auto line = reader->next({});
    EXPECT_TRUE(line.ok());
    if (!line || !*line) break;
    lines.push_back({std::string((*line)->text), (*line)->number, (*line)->too_long});
  }
  EXPECT_EQ(reader->bytes_read(), content.size());
  return lines;
}

TEST(LineReader, NumbersLinesAndSkipsBlankOnes) {
  EXPECT_EQ(read_all("a\n\n \t\r\nb\r\nc"),
            (std::vector<Read>{{"a", 1, false}, {"b", 4, false}, {"c", 5, false}}));
}

TEST(LineReader, FindsNothingInAnEmptyFile) {
  EXPECT_TRUE(read_all("").empty());
  EXPECT_TRUE(read_all("\n\n").empty());
}

TEST(LineReader, DropsAByteOrderMark) {
  EXPECT_EQ(read_all("\xEF\xBB\xBF{}\n"), (std::vector<Read>{{"{}", 1, false}}));
}

TEST(FaultOfFile, KnowsWhatIsNoFileOfEvents) {
  for (const char* line : {"\x1F\x8B\x08", "\x28\xB5\x2F\xFD", "\xFF\xFE{", "[", "[{\"eventId\":1}", " [ "}) {
    EXPECT_FALSE(fault_of_file(line).empty()) << line;
  }
  for (const char* line : {"{}", " {", "rubbish", ""}) EXPECT_TRUE(fault_of_file(line).empty()) << line;
}

TEST(LineReader, SkipsALineThatIsTooLongAndGoesOnBehindIt) {
  const std::string longest(kMaxLineBytes, 'x');
  const std::string longer(kMaxLineBytes + 1, 'y');
  const std::string far_longer(5 * kMaxLineBytes, 'z');
  const auto lines = read_all(longest + "\n" + longer + "\n" + far_longer + "\na\n" + far_longer);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0], (Read{longest, 1, false}));
  EXPECT_EQ(lines[1], (Read{"", 2, true}));
  EXPECT_EQ(lines[2], (Read{"", 3, true}));
  EXPECT_EQ(lines[3], (Read{"a", 4, false}));
  EXPECT_EQ(lines[4], (Read{"", 5, true}));
}

TEST(LineReader, ReadsLinesAcrossItsBuffers) {
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += "event number " + std::to_string(i) + "\n";
  const auto lines = read_all(content);
  ASSERT_EQ(lines.size(), 100'000U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i], (Read{"event number " + std::to_string(i), i + 1, false}));
  }
}

TEST(LineReader, SaysWhichFileItCannotRead) {
  const auto missing = LineReader::open("/nowhere/events.ndjson");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, base::Errc::kNotFound);
  EXPECT_NE(missing.error().detail.find("/nowhere/events.ndjson"), std::string::npos);
  const auto folder = LineReader::open("/");
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().detail.find("folder"), std::string::npos);
}

TEST(LineReader, StopsWhenAsked) {
  const TemporaryFile file("a\n");
  auto reader = LineReader::open(file.path());
  ASSERT_TRUE(reader.ok());
  std::stop_source stop;
  stop.request_stop();
  const auto line = reader->next(stop.get_token());
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().code, base::Errc::kStopped);
}

constexpr base::Timestamp kKickOff{milliseconds(1'705'327'200'000)};
constexpr base::SteadyTime kStart{seconds(1'000)};

TEST(Pacer, DividesTheGapsBetweenEventsByTheSpeed) {
  Pacer pacer(60.0);
  EXPECT_EQ(pacer.due(kKickOff, kStart), kStart);
  EXPECT_EQ(pacer.due(kKickOff + seconds(60), kStart + milliseconds(1)), kStart + seconds(1));
  EXPECT_EQ(pacer.due(kKickOff + seconds(90), kStart + seconds(2)), kStart + milliseconds(1500));
}

TEST(Pacer, SendsAtOnceWithoutASpeedAndWhatIsOlderThanTheFirst) {
  Pacer unpaced(std::nullopt);
  EXPECT_EQ(unpaced.due(kKickOff, kStart), kStart);
  EXPECT_EQ(unpaced.due(kKickOff + seconds(60), kStart), kStart);
  Pacer pacer(1.0);
  EXPECT_EQ(pacer.due(kKickOff, kStart), kStart);
  EXPECT_EQ(pacer.due(kKickOff - seconds(60), kStart + seconds(1)), kStart + seconds(1));
}

TEST(Pacer, SurvivesDatesThatAreCenturiesApart) {
  Pacer pacer(0.001);
  EXPECT_EQ(pacer.due(base::Timestamp{}, kStart), kStart);
  EXPECT_GT(pacer.due(kKickOff + std::chrono::years(200), kStart), kStart + std::chrono::years(9));
}

}  // namespace
}  // namespace fanfinity::tools
