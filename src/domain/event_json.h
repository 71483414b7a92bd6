#pragma once
// Events to and from JSON. Parsing validates everything the contract asks for in one pass and names
// every bad field. Pure: no I/O, no clock.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/event.h"
#include "domain/match_clock.h"

namespace fanfinity::domain {

struct FieldError {
  std::string field;   ///< "eventId", ...; empty for the document itself.
  std::string detail;  ///< One sentence for the sender.
  bool operator==(const FieldError&) const = default;
};

using ParsedEvent = std::variant<Event, std::vector<FieldError>>;

/// One element of a batch body that could not be accepted, or could.
struct BatchItem {
  std::size_t index = 0;  ///< Position in the array, or among the non-empty lines, from 0.
  std::string event_id;   ///< Of a bad event: as sent, where it could be read; for the answer's `errors`.
  ParsedEvent event;
};

/// The batch body itself is not one (not an array, torn, too many events).
struct BatchFault {
  enum class Kind { kMalformed, kTooManyEvents, kEmpty } kind = Kind::kMalformed;
  std::string detail;
};

using ParsedBatch = std::variant<std::vector<BatchItem>, BatchFault>;

enum class BatchFormat { kJsonArray, kNdjson };

/// Holds the parser's buffers. Not thread-safe: one a thread, reused for every body.
class EventParser {
 public:
  EventParser();
  ~EventParser();
  EventParser(EventParser&&) noexcept;
  EventParser& operator=(EventParser&&) noexcept;

  /// `json` need not be padded or terminated. Anything but exactly one JSON object (white space
  /// around it and one byte order mark before it allowed) is an error; duplicate members the contract
  /// knows are an error; unknown members are ignored but must be well-formed JSON; nesting deeper than 64
  /// is an error. Numbers of any size are JSON and stay in `metadata` as sent; half a surrogate pair is an
  /// error wherever it is.
  [[nodiscard]] ParsedEvent parse(std::string_view json);

  /// Reads a record of the log. Earlier versions accepted names that `parse` refuses today; such an event
  /// was acknowledged, so it is read here for ever.
  [[nodiscard]] ParsedEvent parse_stored(std::string_view json);

  /// The event that append_event_json wrote, for half of the work; null when it may have been written in
  /// another way: then `parse_stored` knows. Valid until the next call.
  [[nodiscard]] const Event* parse_canonical(std::string_view json);

  /// A bad event inside a well-formed batch is a BatchItem with errors; in NDJSON a line that is not
  /// JSON at all is too, in an array it makes the batch malformed. An event over kMaxEventBytes is a bad
  /// item.
  [[nodiscard]] ParsedBatch parse_batch(std::string_view body, BatchFormat format, std::size_t max_events);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

/// Appends the canonical JSON of `event`: members in the contract's order, absent ones left out, the id in
/// lower case, the timestamp as `format_rfc3339`, metadata byte for byte as sent (no newline is added).
void append_event_json(const Event& event, std::string& out);

/// The same with the members `clock`, if there is one, and `receivedAt`: an event as readers see it.
void append_stored_event_json(const Event& event, const std::optional<MatchClock>& clock,
                              base::Timestamp received_at, std::string& out);

/// Appends `text` as a JSON string with quotes. Invalid UTF-8 is replaced by U+FFFD.
void append_json_string(std::string_view text, std::string& out);

}  // namespace fanfinity::domain
