#include "domain/match_clock.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "domain/json_number.h"
#include "domain/json_text.h"
#include "domain/json_walk.h"

namespace fanfinity::domain {
namespace {

constexpr unsigned kMostMinutes = 150;
constexpr unsigned kMostStoppage = 30;
constexpr unsigned kPeriods = 5;

enum Name : std::size_t { kMinute, kPeriod, kFirstStoppage };
/// Feeds call the minutes beyond the regular time by several names.
constexpr std::array<std::string_view, 6> kNames = {"minute", "period",     "stoppage",
                                                    "extra",  "injuryTime", "addedTime"};
/// The raw texts of these; "?" stands for what was sent twice.
using Members = std::array<std::string_view, kNames.size()>;

/// The content of a JSON string, or the number `raw` itself.
std::string content_of(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"') return std::string(raw);
  std::string text;
  append_unescaped(raw.substr(1, raw.size() - 2), text);
  return text;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

/// The sign for minutes: an apostrophe, straight or curled, or a prime.
void skip_minute_sign(std::string_view& text) {
  for (const std::string_view sign : {"'", "\u2019", "\u2032"}) {
    if (!text.starts_with(sign)) continue;
    text.remove_prefix(sign.size());
    return;
  }
}

/// Takes `45`, `45.0`, `45'` with blanks around it off the front of `text`.
std::optional<std::uint8_t> take_minutes(std::string_view& text, unsigned least, unsigned most) {
  skip_blanks(text);
  unsigned number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < least || number > most) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  if (text.starts_with(".0")) text.remove_prefix(std::min(text.find_first_not_of('0', 1), text.size()));
  skip_minute_sign(text);
  skip_blanks(text);
  return static_cast<std::uint8_t>(number);
}

std::optional<std::uint8_t> whole_number(std::string_view raw, unsigned least, unsigned most) {
  const std::string content = content_of(raw);
  std::string_view text = content;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto number = take_minutes(text, least, most);
  return text.empty() ? number : std::nullopt;
}

/// 45, 45.0, "45", "45'", "45+2", "45+2'", "45' + 2'".
std::optional<MatchClock> read_minute(std::string_view raw) {
  const std::string content = content_of(raw);
  std::string_view text = content;
  const auto minute = take_minutes(text, 0, kMostMinutes);
  if (!minute) return std::nullopt;
  MatchClock clock{*minute, {}, {}};
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    clock.stoppage = take_minutes(text, 1, kMostStoppage);
    if (!clock.stoppage) return std::nullopt;
  }
  return text.empty() ? std::optional(clock) : std::nullopt;
}

void keep(std::string_view name, std::string_view raw, Members& members) {
  std::string unescaped;
  if (name.find('\\') != std::string_view::npos) {
    append_unescaped(name, unescaped);
    name = unescaped;
  }
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) members[i] = members[i].empty() ? raw : "?";
  }
}

/// False when it is no object.
bool take_members(JsonWalk& walk, Members& members) {
  if (!walk.take('{')) return false;
  if (walk.take('}')) return true;
  do {
    std::string_view name;
    std::string_view raw;
    if (!walk.take_string(name)) return false;
    const bool readable = walk.take_flaw() == JsonFlaw::kNone;
    if (!walk.take(':') || !walk.take_value(1, raw)) return false;
    static_cast<void>(walk.take_flaw());
    if (readable) keep(name, raw, members);
  } while (walk.take(','));
  return walk.take('}');
}

}  // namespace

std::optional<MatchClock> MatchClockReader::read(std::string_view metadata) {
  if (metadata.empty() || index_.build(metadata)) return std::nullopt;
  JsonWalk walk(metadata, index_);
  Members members{};
  if (!take_members(walk, members)) return std::nullopt;
  auto clock = read_minute(members[kMinute]);
  if (!clock) return std::nullopt;
  for (std::size_t i = kFirstStoppage; i < members.size(); ++i) {
    const auto told = whole_number(members[i], 1, kMostStoppage);
    if (told && clock->stoppage.value_or(*told) != *told) return std::nullopt;
    if (told) clock->stoppage = told;
  }
  clock->period = whole_number(members[kPeriod], 1, kPeriods);
  return clock;
}

void append_clock_json(const MatchClock& clock, std::string& out) {
  out += R"({"minute":)";
  append_json_number(clock.minute, out);
  if (clock.stoppage) {
    out += R"(,"stoppage":)";
    append_json_number(*clock.stoppage, out);
  }
  if (clock.period) {
    out += R"(,"period":)";
    append_json_number(*clock.period, out);
  }
  out += '}';
}

}  // namespace fanfinity::domain
