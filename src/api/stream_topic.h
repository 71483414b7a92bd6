#pragma once
// One thing that streams show, as an answer of the API tells it: what is an event of the stream, what names
// its state, and how current it is.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/stream_frame.h"

namespace fanfinity::api {

/// What the body of an answer 200 says. Every such body ends with `"asOf":"..."}`; a state has members
/// before.
struct Snapshot {
  std::string_view as_of;   ///< RFC 3339, without quotes.
  std::uint64_t state = 0;  ///< Names all but asOf, the same on every server; 0: nothing but asOf.
};

[[nodiscard]] std::optional<Snapshot> parse_snapshot(std::string_view body);

/// `id: STATE` and `data: BODY`. `body`: one line.
[[nodiscard]] http::FramePtr state_frame(std::string_view body, std::uint64_t state);
/// `event: heartbeat`. `as_of`: empty when it was never known.
[[nodiscard]] http::FramePtr heartbeat_frame(std::string_view as_of, bool store_available);

/// What a client sends as Last-Event-ID; 0 when it is no id of ours.
[[nodiscard]] std::uint64_t parse_event_id(std::string_view text);

}  // namespace fanfinity::api
