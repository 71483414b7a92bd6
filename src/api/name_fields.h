#pragma once
// The name of a cached view as lines: one for each field of what was asked.

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/clock.h"

namespace fanfinity::api {

/// Takes the first line off `name`.
inline std::string_view take_line(std::string_view& name) {
  const std::size_t end = name.find('\n');
  const std::string_view line = name.substr(0, end);
  name.remove_prefix(end == std::string_view::npos ? name.size() : end + 1);
  return line;
}

/// Empty for an empty line.
template <typename Int>
std::optional<Int> number_of(std::string_view line) {
  Int number = 0;
  const auto [at, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (line.empty() || error != std::errc{}) return std::nullopt;
  return number;
}

inline std::string line_of(const std::optional<base::Timestamp>& at) {
  return at ? std::to_string(at->time_since_epoch().count()) : std::string();
}

inline std::optional<base::Timestamp> timestamp_of(std::string_view line) {
  const auto milliseconds = number_of<std::int64_t>(line);
  if (!milliseconds) return std::nullopt;
  return base::Timestamp{std::chrono::milliseconds{*milliseconds}};
}

}  // namespace fanfinity::api
