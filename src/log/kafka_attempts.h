#pragma once
// The header that tells why a record was refused: [{"at":"2024-01-15T14:30:00Z","reason":"..."},...].

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace fanfinity::log {

[[nodiscard]] std::string attempts_text(const std::vector<FailedAttempt>& attempts);
/// Empty when the text is nothing of the kind.
[[nodiscard]] std::optional<std::vector<FailedAttempt>> parse_attempts(std::string_view text);

}  // namespace fanfinity::log
