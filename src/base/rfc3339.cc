#include "base/rfc3339.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace fanfinity::base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr Timestamp kEarliest = sys_days{std::chrono::year{1970} / 1 / 1};
constexpr Timestamp kEnd = sys_days{std::chrono::year{2262} / 1 / 1};  // The first moment after the last.
constexpr std::size_t kLengthOfSeconds = 19;                           // 2024-01-15T14:30:00

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The number of `count` digits at `at`, or -1 when one of them is none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

std::optional<sys_days> parse_date(std::string_view text) {
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

struct TimeOfDay {
  seconds since_midnight{0};  ///< With a leap second counted as the second before it.
  bool leap = false;
};

std::optional<TimeOfDay> parse_time(std::string_view text) {
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (hour < 0 || minute < 0 || second < 0 || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return TimeOfDay{hours{hour} + minutes{minute} + seconds{std::min(second, 59)}, second == 60};
}

/// Takes ".123456" from the front of `text`; empty when a point has no digit after it.
std::optional<milliseconds> take_fraction(std::string_view& text) {
  if (text.empty() || text.front() != '.') return milliseconds{0};
  const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
  if (end == 1) return std::nullopt;
  int kept = 0;
  for (std::size_t i = 1; i <= 3; ++i) kept = kept * 10 + (i < end ? text[i] - '0' : 0);
  text.remove_prefix(end);
  return milliseconds{kept};
}

std::optional<minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return minutes{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hour = digits(text, 1, 2);
  const int minute = digits(text, 4, 2);
  if (hour < 0 || minute < 0 || hour > 23 || minute > 59) return std::nullopt;
  const minutes offset = hours{hour} + minutes{minute};
  return text[0] == '-' ? -offset : offset;
}

/// ITU-R TF.460: a leap second is the last second of a month in UTC; which month is decided half a
/// year ahead, so every month counts.
bool may_be_followed_by_leap_second(Timestamp at) {
  const auto next = std::chrono::floor<seconds>(at) + seconds{1};
  const auto day = std::chrono::floor<days>(next);
  return next == day && year_month_day{day}.day() == std::chrono::day{1};
}

/// Writes so many digits of `number` and `after`; returns where the next text goes.
char* put_digits(unsigned number, int count, char after, char* out) {
  for (int i = count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out[count] = after;
  return out + count + 1;
}

}  // namespace

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  if (text.size() <= kLengthOfSeconds || (text[10] != 'T' && text[10] != 't')) return std::nullopt;
  const auto date = parse_date(text);
  const auto time = parse_time(text);
  if (!date || !time) return std::nullopt;
  std::string_view rest = text.substr(kLengthOfSeconds);
  const auto fraction = take_fraction(rest);
  const auto offset = parse_offset(rest);
  if (!fraction || !offset) return std::nullopt;
  Timestamp at = *date + time->since_midnight + *fraction - *offset;
  if (time->leap) {
    at = std::chrono::floor<seconds>(at) + milliseconds{999};
    if (!may_be_followed_by_leap_second(at)) return std::nullopt;
  }
  if (at < kEarliest || at >= kEnd) return std::nullopt;
  return at;
}

std::string format_rfc3339(Timestamp at) {
  std::string text;
  append_rfc3339(at, text);
  return text;
}

void append_rfc3339(Timestamp at, std::string& out) {
  // Four digits hold these years only; times from elsewhere may lie beyond.
  constexpr Timestamp kFirst = sys_days{std::chrono::year{0} / 1 / 1};
  constexpr Timestamp kLast = Timestamp{sys_days{std::chrono::year{10000} / 1 / 1}} - milliseconds{1};
  at = std::clamp(at, kFirst, kLast);
  const auto day = std::chrono::floor<days>(at);
  const year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  const auto fraction = static_cast<unsigned>(time.subseconds().count());
  std::array<char, kLengthOfSeconds + 5> text{};  // .123Z
  char* end = put_digits(static_cast<unsigned>(int{date.year()}), 4, '-', text.data());
  end = put_digits(unsigned{date.month()}, 2, '-', end);
  end = put_digits(unsigned{date.day()}, 2, 'T', end);
  end = put_digits(static_cast<unsigned>(time.hours().count()), 2, ':', end);
  end = put_digits(static_cast<unsigned>(time.minutes().count()), 2, ':', end);
  end = put_digits(static_cast<unsigned>(time.seconds().count()), 2, fraction == 0 ? 'Z' : '.', end);
  if (fraction != 0) end = put_digits(fraction, 3, 'Z', end);
  out.append(text.data(), end);
}

}  // namespace fanfinity::base
