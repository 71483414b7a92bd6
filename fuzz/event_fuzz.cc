// Whatever bytes come in: no crash, no read outside of them, and what is accepted keeps the contract.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/rfc3339.h"
#include "domain/control_characters.h"
#include "domain/event_json.h"
#include "domain/response_times.h"

namespace {

using fanfinity::base::format_rfc3339;
using fanfinity::base::parse_rfc3339;
using fanfinity::base::Timestamp;
using fanfinity::domain::BatchFormat;
using fanfinity::domain::BatchItem;
using fanfinity::domain::Event;
using fanfinity::domain::EventParser;
using fanfinity::domain::FieldError;
using fanfinity::domain::ParsedEvent;

constexpr std::size_t kMaxEvents = 50;

void require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

/// Brackets outside of strings pair up and do not nest too deep: written without regard to the parser.
bool is_balanced_object(std::string_view text) {
  std::vector<char> open;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') open.push_back(c == '{' ? '}' : ']');
    if (open.size() > 63) return false;  // The event itself is the 64th.
    if (c != '}' && c != ']') continue;
    if (open.empty() || open.back() != c) return false;
    open.pop_back();
    if (open.empty()) return i + 1 == text.size() && text.front() == '{';
  }
  return false;
}

void check_clock(std::string_view metadata) {
  static fanfinity::domain::MatchClockReader clocks;
  const auto clock = clocks.read(metadata);
  if (!clock) return;
  require(metadata.find("inute") != std::string_view::npos || metadata.find('\\') != std::string_view::npos,
          "a clock is told by a minute");
  require(clock->minute <= 150 && clock->stoppage.value_or(1) <= 30 && clock->period.value_or(1) <= 5,
          "a clock is within its bounds");
}

void check_event(EventParser& parser, const Event& event, std::string_view sent) {
  require(fanfinity::domain::is_valid_match_id(event.match_id), "an accepted matchId is valid");
  require(event.match_id != "." && event.match_id != "..", "an address can hold an accepted matchId");
  require(event.match_id.find_first_not_of(' ') != std::string::npos, "an accepted matchId can be seen");
  require(!event.player || !fanfinity::domain::has_control_character(*event.player),
          "an accepted playerId holds no control characters");
  require(event.team == 1 || event.team == 2, "an accepted teamId is 1 or 2");
  require(!event.player || event.player->size() <= fanfinity::domain::kMaxPlayerIdBytes,
          "a playerId is bounded");
  require(parse_rfc3339(format_rfc3339(event.at)) == event.at, "a timestamp reads back");
  require(event.metadata.empty() || is_balanced_object(event.metadata), "metadata is an object");
  check_clock(event.metadata);
  require(sent.find(event.metadata) != std::string_view::npos, "metadata is kept as sent");
  std::string json;
  append_event_json(event, json);
  const ParsedEvent again = parser.parse(json);
  require(std::holds_alternative<Event>(again), "what is written is accepted");
  require(std::get<Event>(again) == event, "what is written reads back as the same event");
  require(parser.parse_stored(json) == again, "what is accepted is read from the log");
  // The leap second 23:59:60Z is written as 23:59:59.999Z; any other fraction grows by two digits at most.
  require(json.size() <= sent.size() + 4, "no event grows but by its fraction");
}

void check_parsed(EventParser& parser, const ParsedEvent& parsed, std::string_view sent) {
  if (const auto* event = std::get_if<Event>(&parsed)) return check_event(parser, *event, sent);
  const auto& errors = std::get<std::vector<FieldError>>(parsed);
  require(!errors.empty(), "a refusal has an error");
  for (const FieldError& error : errors) require(!error.detail.empty(), "an error has a sentence");
}

void check_batch(EventParser& parser, std::string_view text, BatchFormat format) {
  const auto batch = parser.parse_batch(text, format, kMaxEvents);
  const auto* items = std::get_if<std::vector<BatchItem>>(&batch);
  if (items == nullptr) return;
  require(!items->empty() && items->size() <= kMaxEvents, "a batch holds an event and not too many");
  for (std::size_t i = 0; i < items->size(); ++i) {
    require((*items)[i].index == i, "items are numbered");
    check_parsed(parser, (*items)[i].event, text);
  }
}

/// The same event alone, after a byte order mark, as the one line of a batch and as the one element of
/// another.
void check_agreement(EventParser& parser, std::string_view text) {
  const ParsedEvent alone = parser.parse(text);
  check_parsed(parser, alone, text);
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) return;
  require(parser.parse(std::string(kMark) + std::string(text)) == alone, "a byte order mark changes nothing");
  if (!std::holds_alternative<Event>(alone)) return;
  const auto array = parser.parse_batch("[" + std::string(text) + "]", BatchFormat::kJsonArray, 1);
  require(std::get<std::vector<BatchItem>>(array).at(0).event == alone, "an array reads the same event");
  if (text.find('\n') != std::string_view::npos) return;
  const auto lines = parser.parse_batch(text, BatchFormat::kNdjson, 1);
  require(std::get<std::vector<BatchItem>>(lines).at(0).event == alone, "a line reads the same event");
}

/// Where the reader of canonical events answers, it answers as the parser does.
void check_canonical(EventParser& parser, const std::string& json) {
  const Event* event = parser.parse_canonical(json);
  if (event == nullptr) return;
  const Event read = *event;
  require(parser.parse_stored(json) == ParsedEvent(read),
          "what is read as canonical is what the parser reads");
}

/// A number of few digits is a team exactly when its value is 1 or 2.
void check_team(EventParser& parser, std::string_view number, const std::string& event) {
  constexpr std::size_t kExactDigits = 15;
  const ParsedEvent parsed = parser.parse(event);
  check_parsed(parser, parsed, event);
  if (number.empty() || number.size() > kExactDigits) return;
  if (number.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return;
  const auto* accepted = std::get_if<Event>(&parsed);
  char* end = nullptr;
  const double value = std::strtod(std::string(number).c_str(), &end);
  if (accepted != nullptr) require(value == accepted->team, "a team is the value of its number");
  const bool is_other = std::holds_alternative<std::vector<FieldError>>(parsed) &&
                        (value == 1 || value == 2) &&
                        std::get<std::vector<FieldError>>(parsed).front().field == "teamId";
  require(!is_other, "each way to write 1 or 2 is a team");
}

void check_response_times(std::string_view text) {
  const auto parsed = fanfinity::domain::parse_response_times(text);
  if (!parsed.ok()) return;
  std::string json;
  append_response_times_json(*parsed, json);
  const auto again = fanfinity::domain::parse_response_times(json);
  require(
      again.ok() && again->match_id == parsed->match_id && again->times.buckets() == parsed->times.buckets(),
      "response times read back");
  require(parsed->times.percentiles().has_value() == (parsed->times.count() > 0), "samples have percentiles");
}

void check_time(std::string_view text) {
  const auto at = parse_rfc3339(text);
  if (!at) return;
  require(parse_rfc3339(format_rfc3339(*at)) == at, "a time reads back");
  require(*at >= Timestamp{} && format_rfc3339(*at) < "2262", "a time lies between its borders");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static EventParser parser;
  check_agreement(parser, text);
  check_batch(parser, text, BatchFormat::kJsonArray);
  check_batch(parser, text, BatchFormat::kNdjson);
  check_response_times(text);
  check_time(text);
  check_clock(text);
  check_clock(R"({"minute":)" + std::string(text) + R"(,"period":1})");
  // As a member, so that short inputs reach the rules behind the structure.
  const std::string_view fixed =
      R"({"eventId":"550e8400-e29b-41d4-a716-446655440000","eventType":"goal","timestamp":"2024-01-15T14:30:00Z",)";
  const std::string wrapped =
      std::string(fixed) + R"("teamId":1,"matchId":"m","metadata":)" + std::string(text) + "}";
  check_parsed(parser, parser.parse(wrapped), wrapped);
  std::string quoted;
  fanfinity::domain::append_json_string(text, quoted);
  const std::string named = std::string(fixed) + R"("teamId":1,"matchId":)" + quoted + "}";
  check_parsed(parser, parser.parse(named), named);
  check_team(parser, text, std::string(fixed) + R"("matchId":"m","teamId":)" + std::string(text) + "}");
  check_canonical(parser, std::string(text));
  const std::string canonical =
      R"({"eventId":"550e8400-e29b-41d4-a716-446655440000","matchId":"m","eventType":"goal",)"
      R"("timestamp":"2024-01-15T14:30:00Z","teamId":1,)";
  check_canonical(parser, canonical + R"("metadata":)" + std::string(text) + "}");
  check_canonical(parser, canonical + std::string(text));
  return 0;
}
