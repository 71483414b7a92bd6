#pragma once
// The opaque cursor of GET /api/matches/{matchId}/events: where the page before ended.

#include <optional>
#include <string>
#include <string_view>

#include "store/event_reader.h"

namespace fanfinity::api {

/// Only letters, digits and '-', so that it needs no escaping in a URL.
[[nodiscard]] std::string encode_cursor(const store::EventPosition& position);
/// Empty when the text is no cursor of ours.
[[nodiscard]] std::optional<store::EventPosition> decode_event_cursor(std::string_view text);

}  // namespace fanfinity::api
