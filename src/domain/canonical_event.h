#pragma once
// Reads back what append_event_json writes, for the one who reads each event a second time: where every
// member stands is known, so only `metadata` has to be parsed.

#include <string_view>

#include "domain/event.h"
#include "domain/json_index.h"

namespace fanfinity::domain {

/// True: `json` is an event as append_event_json writes it, and `into`, whose memory is used again, is what
/// EventParser::parse_stored makes of it. False: ask that one; it reads texts with escapes or beyond ASCII.
[[nodiscard]] bool read_canonical_event(std::string_view json, JsonIndex& index, Event& into);

}  // namespace fanfinity::domain
