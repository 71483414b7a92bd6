#include "base/log_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanfinity::base {
namespace {

struct Line {
  Level level;
  std::string message;
  std::vector<std::pair<std::string, decltype(Field::value)>> fields;
};

// A sink is a plain function, so what it saw must be a global.
std::vector<Line>& lines() {
  static std::vector<Line> seen;
  return seen;
}

void record(Level level, std::string_view message, std::initializer_list<Field> fields) {
  Line line{level, std::string(message), {}};
  for (const Field& field : fields) line.fields.emplace_back(field.name, field.value);
  lines().push_back(std::move(line));
}

class LogLine : public testing::Test {
 protected:
  LogLine() { lines().clear(); }
  ~LogLine() override { set_log_sink(nullptr, Level::kInfo); }
};

TEST_F(LogLine, IsWrittenNowhereWithoutASink) {
  EXPECT_FALSE(logs(Level::kError));
  log_line(Level::kError, "nobody hears this");
  EXPECT_TRUE(lines().empty());
}

TEST_F(LogLine, ReachesTheSinkAtItsLevelAndAbove) {
  set_log_sink(record, Level::kWarn);
  log_line(Level::kDebug, "debug");
  log_line(Level::kInfo, "info");
  log_line(Level::kWarn, "warn");
  log_line(Level::kError, "error");
  ASSERT_EQ(lines().size(), 2);
  EXPECT_EQ(lines()[0].message, "warn");
  EXPECT_EQ(lines()[1].level, Level::kError);
  EXPECT_FALSE(logs(Level::kInfo));
  EXPECT_TRUE(logs(Level::kWarn));
}

TEST_F(LogLine, CarriesFieldsOfEveryType) {
  set_log_sink(record, Level::kDebug);
  const std::string text = "text";
  log_line(Level::kInfo, "fields",
           {{"view", std::string_view("view")},
            {"text", text},
            {"chars", "chars"},
            {"flag", true},
            {"ratio", 0.5},
            {"small", std::uint8_t{7}},
            {"negative", -1}});
  ASSERT_EQ(lines().size(), 1);
  const auto& fields = lines()[0].fields;
  ASSERT_EQ(fields.size(), 7);
  EXPECT_EQ(std::get<std::string_view>(fields[0].second), "view");
  EXPECT_EQ(std::get<std::string_view>(fields[1].second), "text");
  EXPECT_EQ(std::get<std::string_view>(fields[2].second), "chars");
  EXPECT_EQ(std::get<bool>(fields[3].second), true);
  EXPECT_EQ(std::get<double>(fields[4].second), 0.5);
  EXPECT_EQ(std::get<std::int64_t>(fields[5].second), 7);
  EXPECT_EQ(std::get<std::int64_t>(fields[6].second), -1);
  EXPECT_EQ(fields[6].first, "negative");
}

}  // namespace
}  // namespace fanfinity::base
