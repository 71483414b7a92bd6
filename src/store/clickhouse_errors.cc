#include "store/clickhouse_errors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;

// Codes that say "this row's value cannot be stored", and that ClickHouse raises while it reads the block
// or checks its constraints: with one block an insert, before any part exists. Left out on purpose: codes
// for a torn body (32, 33, 3: send it again), for a table that is not as we know it (16, 53, 60: the
// rows are not at fault), and BAD_ARGUMENTS (36), which is raised for anything. Sorted.
constexpr std::array kRefusals = {
    6,    // CANNOT_PARSE_TEXT
    25,   // CANNOT_PARSE_ESCAPE_SEQUENCE
    26,   // CANNOT_PARSE_QUOTED_STRING
    27,   // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    38,   // CANNOT_PARSE_DATE
    41,   // CANNOT_PARSE_DATETIME
    69,   // ARGUMENT_OUT_OF_BOUND
    70,   // CANNOT_CONVERT_TYPE
    72,   // CANNOT_PARSE_NUMBER
    117,  // INCORRECT_DATA
    131,  // TOO_LARGE_STRING_SIZE
    321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349,  // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    376,  // CANNOT_PARSE_UUID
    407,  // DECIMAL_OVERFLOW
    441,  // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
    467,  // CANNOT_PARSE_BOOL
    469,  // VIOLATED_CONSTRAINT
    691,  // UNKNOWN_ELEMENT_OF_ENUM
};
static_assert(std::ranges::is_sorted(kRefusals));

// Turned away at the door: wrong user or password, not allowed, too many queries at once.
constexpr std::array kTurnedAway = {192, 193, 194, 195, 202, 497, 516};
static_assert(std::ranges::is_sorted(kTurnedAway));

// Of those, what only a person can mend.
constexpr std::array kHopeless = {192, 193, 194, 195, 497, 516};
static_assert(std::ranges::is_sorted(kHopeless));

constexpr std::string_view advice(int code) {
  switch (code) {
    case 60:  // UNKNOWN_TABLE
    case 81:  // UNKNOWN_DATABASE
      return " Run `fanfinity migrate`.";
    case 192:  // UNKNOWN_USER
    case 193:  // WRONG_PASSWORD
    case 194:  // REQUIRED_PASSWORD
    case 516:  // AUTHENTICATION_FAILED
      return " Check CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.";
    case 195:  // IP_ADDRESS_NOT_ALLOWED
    case 497:  // ACCESS_DENIED
      return " Grant CLICKHOUSE_USER all rights on CLICKHOUSE_DATABASE.";
    case 243:  // NOT_ENOUGH_SPACE
      return " Free disk space where ClickHouse keeps its data.";
    case 252:  // TOO_MANY_PARTS
      return " It merges more slowly than it is written to; it recovers by itself.";
    default:
      return {};
  }
}

bool happened_in_a_view(std::string_view message) {
  return message.find("while pushing to view") != std::string_view::npos;
}

std::string sentence(const ServerError& error) {
  constexpr std::size_t kMaxMessage = 500;
  std::string_view text = error.message.substr(0, error.message.find_first_of("\r\n"));
  const bool cut = text.size() > kMaxMessage;
  text = text.substr(0, kMaxMessage);
  if (text.ends_with("is for clickhouse-client program")) {
    return std::string(text) +
           ": it is the native port. Set CLICKHOUSE_PORT to the HTTP port, 8123 by default.";
  }
  std::string out = "ClickHouse answered " + std::to_string(error.http_status);
  if (!text.empty()) out.append(": ").append(text).append(cut ? "..." : "");
  if (out.back() != '.') out += '.';
  return out.append(advice(error.code));
}

}  // namespace

bool is_refusal(int code) {
  return std::ranges::binary_search(kRefusals, code);
}

int code_of(std::string_view message) {
  constexpr std::string_view kPrefix = "Code: ";
  const std::size_t at = message.find(kPrefix);
  int code = 0;
  if (at == std::string_view::npos) return code;
  const std::string_view digits = message.substr(at + kPrefix.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), code);
  return code;
}

Error to_error(const ServerError& error, Work work) {
  Errc code = Errc::kUnknownOutcome;
  const bool harmless = work == Work::kRead || work == Work::kLogin;
  if (harmless || std::ranges::binary_search(kTurnedAway, error.code)) code = Errc::kUnavailable;
  if (work == Work::kLogin && std::ranges::binary_search(kHopeless, error.code)) code = Errc::kInvalid;
  if (work == Work::kInsert && is_refusal(error.code) && !happened_in_a_view(error.message)) {
    code = Errc::kRefused;
  }
  return {code, sentence(error)};
}

}  // namespace fanfinity::store
