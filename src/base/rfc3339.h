#pragma once
// RFC 3339 date-times.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace fanfinity::base {

/// Parses an RFC 3339 date-time: any offset, a fraction of any length (kept to the millisecond,
/// further digits dropped), `T`/`Z` in either case, a leap second only where UTC can have one
/// (read as the last millisecond of its minute). Years 1970 to 2261 in UTC. Empty otherwise.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

/// UTC with `Z`; milliseconds only when they are not zero.
[[nodiscard]] std::string format_rfc3339(Timestamp at);
/// Appends the same to `out`.
void append_rfc3339(Timestamp at, std::string& out);

}  // namespace fanfinity::base
