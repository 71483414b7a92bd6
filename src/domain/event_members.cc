#include "domain/event_members.h"

#include <optional>
#include <utility>

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "domain/control_characters.h"
#include "domain/json_text.h"

namespace fanfinity::domain {
namespace {

constexpr std::size_t kMaxToldIdBytes = 256;
constexpr std::string_view kNull = "null";

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

Complaint read_match_id(std::string_view raw, std::string& scratch, Event& event) {
  if (!is_string(raw)) return "must be a string";
  const std::string_view text = text_of(raw, scratch);
  if (text.empty()) return "must not be empty";
  if (text.size() > kMaxMatchIdBytes) {
    return "must not exceed 256 bytes of UTF-8, but has " + std::to_string(text.size());
  }
  if (has_control_character(text)) return "must not hold control characters";
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

Complaint read_team(std::string_view raw, Event& event) {
  if (raw != "1" && raw != "2") return "must be the integer 1 or 2";
  event.team = raw == "1" ? 1 : 2;
  return std::nullopt;
}

Complaint read_player(std::string_view raw, std::string& scratch, Event& event) {
  if (raw == kNull) return std::nullopt;
  if (!is_string(raw)) return "must be a string or null";
  const std::string_view text = text_of(raw, scratch);
  if (text.size() > kMaxPlayerIdBytes) {
    return "must not exceed 256 bytes of UTF-8, but has " + std::to_string(text.size());
  }
  event.player = text;
  return std::nullopt;
}

Complaint read_metadata(std::string_view raw, Event& event) {
  if (raw == kNull) return std::nullopt;
  if (!raw.starts_with('{')) return "must be an object or null";
  event.metadata = raw;
  return std::nullopt;
}

Complaint read(Member member, std::string_view raw, std::string& scratch, Event& event) {
  switch (member) {
    case Member::kEventId:
      return read_event_id(raw, scratch, event);
    case Member::kMatchId:
      return read_match_id(raw, scratch, event);
    case Member::kEventType:
      return read_event_type(raw, scratch, event);
    case Member::kTimestamp:
      return read_timestamp(raw, scratch, event);
    case Member::kTeamId:
      return read_team(raw, event);
    case Member::kPlayerId:
      return read_player(raw, scratch, event);
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

void EventMembers::read_into(ParsedEvent& out, std::string& scratch) const {
  Event& event = out.emplace<Event>();
  std::vector<FieldError> errors;
  if (other_flaw_ != JsonFlaw::kNone)
    errors.push_back({"", "The event " + std::string(sentence(other_flaw_)) + "."});
  for (std::size_t i = 0; i < kMembers; ++i) {
    const auto member = static_cast<Member>(i);
    const std::string_view raw = usable(member, errors);
    if (raw.empty()) continue;
    if (auto complaint = read(member, raw, scratch, event)) {
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
