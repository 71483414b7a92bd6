#include "domain/event_members.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "domain/control_characters.h"
#include "domain/json_text.h"

namespace fanfinity::domain {
namespace {

constexpr std::size_t kMaxToldIdBytes = 256;
constexpr std::string_view kNull = "null";
constexpr std::string_view kControlFault = "must not hold control characters";

std::optional<Member> find_member(std::string_view name) {
  const auto as = [name](Member member) -> std::optional<Member> {
    if (name == kMemberNames[static_cast<std::size_t>(member)]) return member;
    return std::nullopt;
  };
  if (name.size() < 6 || name.size() > 9) return std::nullopt;
  switch (name.front()) {
    case 'e':
      return name.size() == 7 ? as(Member::kEventId) : as(Member::kEventType);
    case 'm':
      return name.size() == 7 ? as(Member::kMatchId) : as(Member::kMetadata);
    case 't':
      return name.size() == 6 ? as(Member::kTeamId) : as(Member::kTimestamp);
    case 'p':
      return as(Member::kPlayerId);
    default:
      return std::nullopt;
  }
}

std::string_view sentence(JsonFlaw flaw) {
  switch (flaw) {
    case JsonFlaw::kNone:
      return "";
    case JsonFlaw::kTooDeep:
      return "must not be nested deeper than 64 levels, the event itself included";
    case JsonFlaw::kHalfSurrogate:
      return "must not hold one half of a surrogate pair (\\ud800 to \\udfff) without the other";
  }
  return "";
}

bool is_string(std::string_view raw) {
  return raw.starts_with('"');
}

/// What the JSON string `raw` stands for. The view is valid until `scratch` changes.
std::string_view text_of(std::string_view raw, std::string& scratch) {
  const std::string_view content = raw.substr(1, raw.size() - 2);
  if (content.find('\\') == std::string_view::npos) return content;
  scratch.clear();
  append_unescaped(content, scratch);
  return scratch;
}

std::string event_type_names() {
  std::string names;
  for (const EventType type : kAllEventTypes) {
    if (!names.empty()) names += ", ";
    names += to_string(type);
  }
  return names;
}

// One rule a function: fills its part of the event, or returns the sentence for the sender.
using Complaint = std::optional<std::string>;

Complaint read_event_id(std::string_view raw, std::string& scratch, Event& event) {
  if (is_string(raw)) {
    if (const auto id = base::Uuid::parse(text_of(raw, scratch))) {
      event.id = *id;
      return std::nullopt;
    }
  }
  return "must be a UUID in a string, such as \"550e8400-e29b-41d4-a716-446655440000\"";
}

/// The length of the white space (Unicode's White_Space, without control characters) that begins UTF-8
/// `text`.
std::size_t blank_length(std::string_view text) {
  if (text.empty()) return 0;
  if (const auto first = static_cast<unsigned char>(text.front()); first < 0x80) return first == ' ' ? 1 : 0;
  if (text.starts_with("\u00A0")) return 2;
  if (text.starts_with("\u1680") || text.starts_with("\u202F") || text.starts_with("\u205F") ||
      text.starts_with("\u3000")) {
    return 3;
  }
  if (text.size() < 3 || !text.starts_with("\xE2\x80")) return 0;
  const auto last = static_cast<unsigned char>(text[2]);
  return last <= 0x8A || last == 0xA8 || last == 0xA9 ? 3 : 0;  // U+2000 to U+200A, U+2028, U+2029
}

bool is_blank(std::string_view text) {
  while (const std::size_t length = blank_length(text)) text.remove_prefix(length);
  return text.empty();
}

/// Why no new match may have this name. Browsers, curl and proxies take `.` and `..` for steps in a path,
/// even percent-encoded (RFC 3986, 6.2.2.3), so nobody could read such a match.
Complaint unusable_name(std::string_view match) {
  if (match.front() == '.' && (match == "." || match == "..")) {
    return "must not be \".\" or \"..\": no address can hold them";
  }
  if (is_blank(match)) return "must not be white space alone";
  return std::nullopt;
}

Complaint read_match_id(std::string_view raw, Names names, std::string& scratch, Event& event) {
  if (!is_string(raw)) return "must be a string";
  const std::string_view text = text_of(raw, scratch);
  if (text.empty()) return "must not be empty";
  if (text.size() > kMaxMatchIdBytes) {
    return "must not exceed 256 bytes of UTF-8, but has " + std::to_string(text.size());
  }
  if (has_control_character(text)) return std::string(kControlFault);
  if (names == Names::kNew) {
    if (auto complaint = unusable_name(text)) return complaint;
  }
  event.match_id = text;
  return std::nullopt;
}

Complaint read_event_type(std::string_view raw, std::string& scratch, Event& event) {
  if (is_string(raw)) {
    if (const auto type = parse_event_type(text_of(raw, scratch))) {
      event.type = *type;
      return std::nullopt;
    }
  }
  return "must be one of " + event_type_names();
}

Complaint read_timestamp(std::string_view raw, std::string& scratch, Event& event) {
  if (is_string(raw)) {
    if (const auto at = base::parse_rfc3339(text_of(raw, scratch))) {
      event.at = *at;
      return std::nullopt;
    }
  }
  return "must be an RFC 3339 date-time in a string, of the years 1970 to 2261, such as "
         "\"2024-01-15T14:30:00Z\"";
}

/// The digit from 1 to 9 that equals the JSON number `raw`, however that is written: 1.0, 10e-1. 0: none
/// does.
int digit_of(std::string_view raw) {
  constexpr std::string_view kDigits = "123456789";
  const std::string_view mantissa = raw.substr(0, raw.find_first_of("eE"));
  const std::size_t at = mantissa.find_first_of(kDigits);
  if (at == std::string_view::npos || mantissa.find_first_of(kDigits, at + 1) != std::string_view::npos)
    return 0;
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const auto power = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(at) - (at < point ? 1 : 0);
  std::string_view digits = raw.substr(std::min(mantissa.size() + 1, raw.size()));
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (!digits.empty() && error != std::errc{}) return 0;
  return exponent == -power ? mantissa[at] - '0' : 0;
}

Complaint read_team(std::string_view raw, Event& event) {
  const bool is_positive = raw.front() >= '0' && raw.front() <= '9';
  const int digit = raw.size() == 1 ? raw.front() - '0' : is_positive ? digit_of(raw) : 0;
  if (digit != 1 && digit != 2) return "must be the integer 1 or 2";
  event.team = static_cast<std::uint8_t>(digit);
  return std::nullopt;
}

Complaint read_player(std::string_view raw, Names names, std::string& scratch, Event& event) {
  if (raw == kNull) return std::nullopt;
  if (!is_string(raw)) return "must be a string or null";
  const std::string_view text = text_of(raw, scratch);
  if (text.size() > kMaxPlayerIdBytes) {
    return "must not exceed 256 bytes of UTF-8, but has " + std::to_string(text.size());
  }
  if (names == Names::kNew && has_control_character(text)) return std::string(kControlFault);
  event.player = text;
  return std::nullopt;
}

Complaint read_metadata(std::string_view raw, Event& event) {
  if (raw == kNull) return std::nullopt;
  if (!raw.starts_with('{')) return "must be an object or null";
  event.metadata = raw;
  return std::nullopt;
}

Complaint read(Member member, std::string_view raw, Names names, std::string& scratch, Event& event) {
  switch (member) {
    case Member::kEventId:
      return read_event_id(raw, scratch, event);
    case Member::kMatchId:
      return read_match_id(raw, names, scratch, event);
    case Member::kEventType:
      return read_event_type(raw, scratch, event);
    case Member::kTimestamp:
      return read_timestamp(raw, scratch, event);
    case Member::kTeamId:
      return read_team(raw, event);
    case Member::kPlayerId:
      return read_player(raw, names, scratch, event);
    case Member::kMetadata:
      return read_metadata(raw, event);
  }
  return std::nullopt;
}

}  // namespace

bool EventMembers::take(JsonWalk& walk, std::size_t outer) {
  if (!walk.expect('{', "expected an object")) return false;
  if (walk.take('}')) return true;
  do {
    std::string_view name;
    std::string_view raw;
    if (walk.peek() != '"') return walk.fail("expected a member's name in double quotes");
    if (!walk.take_string(name)) return false;
    const JsonFlaw name_flaw = walk.take_flaw();
    if (name_flaw != JsonFlaw::kNone) other_flaw_ = name_flaw;
    if (!walk.expect(':', "expected ':' after a member's name")) return false;
    if (!walk.take_value(outer + 1, raw)) return false;
    const JsonFlaw flaw = walk.take_flaw();
    if (name_flaw == JsonFlaw::kNone) {
      keep(name, raw, flaw);
    } else if (flaw != JsonFlaw::kNone) {
      other_flaw_ = flaw;
    }
  } while (walk.take(','));
  return walk.expect('}', "expected ',' or '}'");
}

void EventMembers::keep(std::string_view name, std::string_view raw, JsonFlaw flaw) {
  auto member = find_member(name);
  if (!member && name.find('\\') != std::string_view::npos) {
    std::string unescaped;
    append_unescaped(name, unescaped);
    member = find_member(unescaped);
  }
  if (!member) {
    if (flaw != JsonFlaw::kNone) other_flaw_ = flaw;
    return;
  }
  Sent& sent = sent_[static_cast<std::size_t>(*member)];
  sent.repeated = !sent.raw.empty();
  sent.raw = raw;
  if (flaw != JsonFlaw::kNone) sent.flaw = flaw;
}

std::string_view EventMembers::usable(Member member, std::vector<FieldError>& errors) const {
  const Sent& sent = sent_[static_cast<std::size_t>(member)];
  const auto complain = [&](std::string_view detail) {
    errors.push_back({std::string(kMemberNames[static_cast<std::size_t>(member)]), std::string(detail)});
    return std::string_view{};
  };
  const bool optional = member == Member::kPlayerId || member == Member::kMetadata;
  if (sent.raw.empty()) return optional ? std::string_view{} : complain("is required");
  if (sent.repeated) return complain("must not appear more than once");
  if (sent.flaw != JsonFlaw::kNone) return complain(sentence(sent.flaw));
  return sent.raw;
}

void EventMembers::read_into(ParsedEvent& out, Names names, std::string& scratch) const {
  Event& event = out.emplace<Event>();
  std::vector<FieldError> errors;
  if (other_flaw_ != JsonFlaw::kNone)
    errors.push_back({"", "The event " + std::string(sentence(other_flaw_)) + "."});
  for (std::size_t i = 0; i < kMembers; ++i) {
    const auto member = static_cast<Member>(i);
    const std::string_view raw = usable(member, errors);
    if (raw.empty()) continue;
    if (auto complaint = read(member, raw, names, scratch, event)) {
      errors.push_back({std::string(kMemberNames[i]), *std::move(complaint)});
    }
  }
  if (!errors.empty()) out = std::move(errors);
}

std::string EventMembers::event_id() const {
  const Sent& sent = sent_[static_cast<std::size_t>(Member::kEventId)];
  if (!is_string(sent.raw) || sent.flaw != JsonFlaw::kNone || sent.raw.size() > kMaxToldIdBytes) return {};
  std::string scratch;
  return std::string(text_of(sent.raw, scratch));
}

}  // namespace fanfinity::domain
