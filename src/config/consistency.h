#pragma once
// Rules between settings.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace fanfinity::config {

/// Insert tokens that a table can be asked to remember.
inline constexpr std::uint64_t kMaxInsertTokens = 1'000'000;

/// What cannot be meant: each sentence names settings, values and the remedy.
[[nodiscard]] std::vector<std::string> contradictions(const Settings& settings);

/// What works and is probably not meant, for a log line at start.
[[nodiscard]] std::vector<std::string> warnings(const Settings& settings);

/// The same for a process that serves the API.
[[nodiscard]] std::vector<std::string> server_warnings(const ServerSettings& server);

/// Whether every one of "host:port,..." is this very machine.
[[nodiscard]] bool is_loopback(std::string_view servers);

}  // namespace fanfinity::config
