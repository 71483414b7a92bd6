#include "domain/event_json.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "domain/canonical_event.h"
#include "domain/event_members.h"
#include "domain/json_index.h"
#include "domain/json_walk.h"

namespace fanfinity::domain {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kMarkFault = "must not begin with a byte order mark: only the body may, once";
constexpr std::string_view kWideFault = "is UTF-16 or UTF-32: send it as UTF-8";
constexpr std::string_view kOversized = "must not exceed 64 KiB";
constexpr std::string_view kSpaces = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

std::vector<FieldError> document_error(std::string_view detail) {
  return {FieldError{"", "The event " + std::string(detail) + "."}};
}

/// Texts of these encodings begin with their byte order mark, or their first characters, which are ASCII in
/// JSON, have a zero in the same byte.
bool is_wide_text(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  return text.size() >= 4 && ((text[0] == '\0' && text[2] == '\0') || (text[1] == '\0' && text[3] == '\0'));
}

std::string_view without_mark(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  return body;
}

std::string about_body(std::string_view detail) {
  return "The body " + std::string(detail) + ".";
}

BatchFault malformed(std::string_view detail) {
  return {BatchFault::Kind::kMalformed, about_body(detail)};
}

BatchFault too_many(std::size_t max_events) {
  return {BatchFault::Kind::kTooManyEvents,
          "The batch holds more than " + std::to_string(max_events) + " events: split it."};
}

/// Room for the events of a body, so that items need not move while it is read.
std::size_t expected_events(std::string_view body, std::size_t max_events) {
  constexpr std::size_t kSmallEvent = 160;
  return std::min(max_events, body.size() / kSmallEvent + 1);
}

BatchItem& add_item(std::vector<BatchItem>& items) {
  BatchItem& item = items.emplace_back();
  item.index = items.size() - 1;
  return item;
}

BatchFault without_event() {
  return {BatchFault::Kind::kEmpty, "The batch holds no event."};
}

void read_item(const EventMembers& members, BatchItem& item, std::string& scratch) {
  members.read_into(item.event, Names::kNew, scratch);
  if (!std::holds_alternative<Event>(item.event)) item.event_id = members.event_id();
}

/// Reads one event that is the whole of `json`. False leaves the sentence in `fault`.
bool read_document(std::string_view json, JsonIndex& index, EventMembers& members, std::string& fault) {
  if (const auto detail = index.build(json)) {
    fault = *detail;
    return false;
  }
  if (json.starts_with(kByteOrderMark)) {
    fault = kMarkFault;
    return false;
  }
  JsonWalk walk(json, index);
  std::string_view other;
  const bool is_object = walk.peek() == '{';
  const bool is_value = is_object ? members.take(walk, 0) : walk.take_value(0, other);
  if (is_value && (walk.at_end() || walk.fail("expected nothing after it"))) {
    fault = "must be a JSON object";
    return is_object;
  }
  fault = walk.fault();
  return false;
}

}  // namespace

struct EventParser::Buffers {
  JsonIndex index;
  std::string scratch;
  Event canonical;

  ParsedEvent parse_document(std::string_view json, Names names);
  ParsedBatch parse_lines(std::string_view body, std::size_t max_events);
  ParsedBatch parse_array(std::string_view body, std::size_t max_events);
  void parse_line(std::string_view line, BatchItem& item);
  bool parse_element(JsonWalk& walk, BatchItem& item);
};

EventParser::EventParser() : buffers_(std::make_unique<Buffers>()) {}
EventParser::~EventParser() = default;
EventParser::EventParser(EventParser&&) noexcept = default;
EventParser& EventParser::operator=(EventParser&&) noexcept = default;

ParsedEvent EventParser::parse(std::string_view json) {
  return buffers_->parse_document(without_mark(json), Names::kNew);
}

ParsedEvent EventParser::parse_stored(std::string_view json) {
  return buffers_->parse_document(json, Names::kStored);
}

ParsedEvent EventParser::Buffers::parse_document(std::string_view json, Names names) {
  EventMembers members;
  std::string fault;
  if (!read_document(json, index, members, fault)) {
    return document_error(is_wide_text(json) ? kWideFault : std::string_view(fault));
  }
  ParsedEvent parsed;
  members.read_into(parsed, names, scratch);
  return parsed;
}

const Event* EventParser::parse_canonical(std::string_view json) {
  return read_canonical_event(json, buffers_->index, buffers_->canonical) ? &buffers_->canonical : nullptr;
}

ParsedBatch EventParser::parse_batch(std::string_view body, BatchFormat format, std::size_t max_events) {
  body = without_mark(body);
  if (trimmed(body).empty()) return without_event();
  if (is_wide_text(body)) return malformed(kWideFault);
  auto parsed = format == BatchFormat::kNdjson ? buffers_->parse_lines(body, max_events)
                                               : buffers_->parse_array(body, max_events);
  buffers_->index.trim();
  return parsed;
}

ParsedBatch EventParser::Buffers::parse_lines(std::string_view body, std::size_t max_events) {
  std::vector<BatchItem> items;
  items.reserve(expected_events(body, max_events));
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = trimmed(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.empty()) continue;
    if (items.size() == max_events) return too_many(max_events);
    parse_line(line, add_item(items));
  }
  return items;
}

void EventParser::Buffers::parse_line(std::string_view line, BatchItem& item) {
  if (line.size() > kMaxEventBytes) {
    item.event = document_error(kOversized);
    return;
  }
  EventMembers members;
  std::string fault;
  if (read_document(line, index, members, fault)) return read_item(members, item, scratch);
  item.event = document_error(fault);
}

ParsedBatch EventParser::Buffers::parse_array(std::string_view body, std::size_t max_events) {
  if (const auto detail = index.build(body)) return malformed(*detail);
  if (body.starts_with(kByteOrderMark)) return malformed(kMarkFault);
  JsonWalk walk(body, index);
  if (!walk.take('[')) {
    return malformed("must be a JSON array of events; send one event a line as application/x-ndjson");
  }
  std::vector<BatchItem> items;
  items.reserve(expected_events(body, max_events));
  if (!walk.take(']')) {
    do {
      if (items.size() == max_events) return too_many(max_events);
      if (!parse_element(walk, add_item(items))) return malformed(walk.fault());
    } while (walk.take(','));
    if (!walk.expect(']', "expected ',' or ']'")) return malformed(walk.fault());
  }
  if (!walk.at_end()) {
    walk.fail("expected nothing after it");
    return malformed(walk.fault());
  }
  if (items.empty()) return without_event();
  return items;
}

bool EventParser::Buffers::parse_element(JsonWalk& walk, BatchItem& item) {
  if (walk.peek() != '{') {
    std::string_view other;
    const bool is_json = walk.take_value(0, other);
    std::ignore = walk.take_flaw();
    item.event = document_error("must be a JSON object");
    return is_json;
  }
  EventMembers members;
  const std::size_t begin = walk.position();
  if (!members.take(walk, 0)) return false;
  if (walk.taken_to() - begin > kMaxEventBytes) {
    item.event = document_error(kOversized);
  } else {
    read_item(members, item, scratch);
  }
  return true;
}

}  // namespace fanfinity::domain
