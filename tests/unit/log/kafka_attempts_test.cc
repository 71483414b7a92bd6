#include "log/kafka_attempts.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace fanfinity::log {
namespace {

FailedAttempt attempt(std::int64_t at, std::string reason) {
  return {base::Timestamp(std::chrono::milliseconds(at)), std::move(reason)};
}

const std::vector<FailedAttempt>& nasty() {
  static const std::vector<FailedAttempt> attempts{
      attempt(1'705'329'000'123, R"(Code: 469. "no_poison" \ is violated {"at":"x"},{})"),
      attempt(0, ""),
      attempt(1'705'329'000'000, std::string("a line\nand\ta tab, ") + '\0' + "\x1f \u26bd \\u0041"),
  };
  return attempts;
}

TEST(Attempts, ComeBackAsTheyWere) {
  EXPECT_EQ(parse_attempts(attempts_text(nasty())), nasty());
  EXPECT_EQ(parse_attempts(attempts_text({})), std::vector<FailedAttempt>{});
}

TEST(Attempts, AreJsonForPeople) {
  EXPECT_EQ(attempts_text({attempt(1'705'329'000'123, "a \"b\""), attempt(1'705'329'001'000, "c")}),
            R"([{"at":"2024-01-15T14:30:00.123Z","reason":"a \"b\""},)"
            R"({"at":"2024-01-15T14:30:01Z","reason":"c"}])");
}

TEST(Attempts, CutShortAnywhereAreNone) {
  const auto text = attempts_text(nasty());
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_attempts(text.substr(0, size))) << text.substr(0, size);
  }
}

TEST(Attempts, OfAnotherShapeAreNone) {
  for (const auto* text : {"[]x", "{}", R"([{"at":"x","reason":"y"}{"at":"x","reason":"y"}])",
                           R"([{"reason":"y","at":"x"}])", R"([{"at":"x","reason":"\q"}])", R"([,])",
                           R"([{"at":"x","reason":"y"},])", R"([{"at":"x","reason":1}])"}) {
    EXPECT_FALSE(parse_attempts(text)) << text;
  }
}

TEST(Attempts, KeepTheirReasonWhenTheirTimeIsNone) {
  const auto attempts = parse_attempts(R"([{"at":"yesterday","reason":"y"}])");
  ASSERT_TRUE(attempts);
  EXPECT_EQ(*attempts, std::vector{attempt(0, "y")});
}

}  // namespace
}  // namespace fanfinity::log
