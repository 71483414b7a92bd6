#include "store/clickhouse_errors.h"

#include <gtest/gtest.h>

#include <string>

namespace fanfinity::store {
namespace {

using base::Errc;

constexpr const char* kConstraint =
    "Code: 469. DB::Exception: Constraint `no_poison` for table fanfinity.events is violated at row 3. "
    "(VIOLATED_CONSTRAINT)";

Errc code(int number, Work work, const std::string& message = "DB::Exception") {
  return to_error({number, 500, message}, work).code;
}

TEST(ErrorOfAnInsert, IsARefusalOnlyForWhatOneValueCanCause) {
  for (const int number : {6, 69, 117, 321, 349, 376, 469, 691}) {
    EXPECT_EQ(code(number, Work::kInsert), Errc::kRefused) << number;
  }
}

TEST(ErrorOfAnInsert, IsUnknownForEverythingTheRowsAreNotToBlameFor) {
  for (const int number : {
           0,    // no code at all: a proxy's answer
           3,    // UNEXPECTED_END_OF_FILE: a torn body
           16,   // NO_SUCH_COLUMN_IN_TABLE
           32,   // ATTEMPT_TO_READ_AFTER_EOF
           33,   // CANNOT_READ_ALL_DATA
           36,   // BAD_ARGUMENTS
           53,   // TYPE_MISMATCH
           60,   // UNKNOWN_TABLE
           159,  // TIMEOUT_EXCEEDED
           164,  // READONLY
           201,  // QUOTA_EXCEEDED
           209,  // SOCKET_TIMEOUT
           236,  // ABORTED
           241,  // MEMORY_LIMIT_EXCEEDED
           242,  // TABLE_IS_READ_ONLY
           243,  // NOT_ENOUGH_SPACE
           252,  // TOO_MANY_PARTS
           394,  // QUERY_WAS_CANCELLED
       }) {
    EXPECT_EQ(code(number, Work::kInsert), Errc::kUnknownOutcome) << number;
  }
}

TEST(ErrorOfAnInsert, IsUnknownWhenAViewRaisedIt) {
  EXPECT_EQ(code(469, Work::kInsert, kConstraint), Errc::kRefused);
  EXPECT_EQ(code(469, Work::kInsert,
                 std::string(kConstraint) + ": while pushing to view fanfinity.to_matches (9c60b8a1)"),
            Errc::kUnknownOutcome);
}

TEST(ErrorOfAnInsert, IsUnavailableWhenWeWereTurnedAwayAtTheDoor) {
  for (const int number : {192, 193, 194, 195, 202, 497, 516}) {
    EXPECT_EQ(code(number, Work::kInsert), Errc::kUnavailable) << number;
    EXPECT_EQ(code(number, Work::kChange), Errc::kUnavailable) << number;
  }
}

TEST(ErrorOfAChange, IsNeverARefusal) {
  for (const int number : {6, 69, 241, 469})
    EXPECT_EQ(code(number, Work::kChange), Errc::kUnknownOutcome) << number;
}

TEST(ErrorOfARead, IsAlwaysUnavailable) {
  for (const int number : {0, 6, 60, 241, 469, 516})
    EXPECT_EQ(code(number, Work::kRead), Errc::kUnavailable) << number;
}

TEST(ErrorOfALogin, IsInvalidWhereOnlyAPersonCanHelp) {
  for (const int number : {192, 193, 194, 195, 497, 516})
    EXPECT_EQ(code(number, Work::kLogin), Errc::kInvalid) << number;
  for (const int number : {0, 202, 241, 210})
    EXPECT_EQ(code(number, Work::kLogin), Errc::kUnavailable) << number;
}

TEST(CodeOf, IsTheNumberBehindTheWord) {
  EXPECT_EQ(code_of(kConstraint), 469);
  EXPECT_EQ(code_of("Poco: Code: 60. DB::Exception"), 60);
  EXPECT_EQ(code_of("502 Bad Gateway"), 0);
  EXPECT_EQ(code_of("Code: "), 0);
  EXPECT_EQ(code_of("Code: x1"), 0);
  EXPECT_EQ(code_of(""), 0);
}

std::string said(const ServerError& error) {
  return to_error(error, Work::kRead).detail;
}

TEST(SentenceOfAnError, IsOneLineOfBoundedLength) {
  EXPECT_EQ(said({0, 502, "Bad Gateway\r\n<html>\n"}), "ClickHouse answered 502: Bad Gateway.");
  EXPECT_EQ(said({0, 500, ""}), "ClickHouse answered 500.");
  const auto sentence = said({6, 400, std::string(100'000, 'x')});
  EXPECT_LT(sentence.size(), 600U);
  EXPECT_TRUE(sentence.ends_with("x...")) << sentence;
}

TEST(SentenceOfAnError, SaysWhatToDo) {
  EXPECT_TRUE(said({60, 404, "Code: 60."}).ends_with(" Run `fanfinity migrate`."));
  EXPECT_TRUE(said({516, 403, "Code: 516."}).ends_with(" Check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD."));
  EXPECT_NE(said({0, 400, "Port 9000 is for clickhouse-client program"}).find("CLICKHOUSE_PORT"),
            std::string::npos);
}

}  // namespace
}  // namespace fanfinity::store
