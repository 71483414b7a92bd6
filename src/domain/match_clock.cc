#include "domain/match_clock.h"

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

constexpr std::array<std::string_view, 3> kNames = {"minute", "stoppage", "period"};
/// The raw texts of the three; "?" stands for what was sent twice.
using Members = std::array<std::string_view, kNames.size()>;

/// A number of plain digits up to `most`, taken off the front of `text`.
std::optional<std::uint8_t> take_number(std::string_view& text, unsigned least, unsigned most) {
  unsigned number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < least || number > most) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return static_cast<std::uint8_t>(number);
}

std::optional<std::uint8_t> whole_number(std::string_view text, unsigned least, unsigned most) {
  const auto number = take_number(text, least, most);
  return text.empty() ? number : std::nullopt;
}

/// 45, "45", "45'", "45+2", "45+2'".
std::optional<MatchClock> read_minute(std::string_view raw) {
  const bool text = raw.size() > 2 && raw.front() == '"';
  if (text) raw = raw.substr(1, raw.size() - 2);
  const auto minute = take_number(raw, 0, kMostMinutes);
  if (!minute) return std::nullopt;
  MatchClock clock{*minute, {}, {}};
  if (text && raw.starts_with('+')) {
    raw.remove_prefix(1);
    clock.stoppage = take_number(raw, 1, kMostStoppage);
    if (!clock.stoppage) return std::nullopt;
  }
  if (text && raw == "'") raw = {};
  return raw.empty() ? std::optional(clock) : std::nullopt;
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
  const auto& [minute, stoppage, period] = members;
  auto clock = read_minute(minute);
  if (!clock) return std::nullopt;
  const auto told = whole_number(stoppage, 1, kMostStoppage);
  if (told && clock->stoppage && *told != *clock->stoppage) return std::nullopt;
  if (told) clock->stoppage = told;
  clock->period = whole_number(period, 1, kPeriods);
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
