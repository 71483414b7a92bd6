#pragma once
// The opaque cursor of GET /api/matches: where the page before ended.

#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace fanfinity::api {

/// Only letters, digits and '-', so that it needs no escaping in a URL.
[[nodiscard]] std::string encode_cursor(const store::MatchCursor& cursor);
/// Empty when the text is no cursor of ours.
[[nodiscard]] std::optional<store::MatchCursor> decode_cursor(std::string_view text);

}  // namespace fanfinity::api
