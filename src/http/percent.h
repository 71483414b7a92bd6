#pragma once
// Percent-encoding (RFC 3986, 2.1).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfinity::http {

inline constexpr std::size_t kMaxQueryParameters = 64;

/// Empty when a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// `name=value` pairs separated by `&`, decoded as forms are (WHATWG URL, 5.1): `+` is a space, and a `%`
/// without two hexadecimal digits stands for itself. Empty when there are more than kMaxQueryParameters.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query);

}  // namespace fanfinity::http
