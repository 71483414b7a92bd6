#pragma once
// Settings' values from and to text.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace fanfinity::config {

[[nodiscard]] base::Result<std::uint64_t> parse_integer(std::string_view text, std::uint64_t least,
                                                        std::uint64_t most);
[[nodiscard]] base::Result<double> parse_number(std::string_view text, double least, double most);
[[nodiscard]] base::Result<bool> parse_bool(std::string_view text);

/// One of the words that " | " separates, in any case; as it stands in `words`.
[[nodiscard]] base::Result<std::string> parse_choice(std::string_view text, std::string_view words);

/// "250ms", "5s", "2m", "12h", "7d".
[[nodiscard]] base::Result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                                     std::chrono::milliseconds least,
                                                                     std::chrono::milliseconds most);
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// "512", "64KiB", "256MiB", "8GiB".
[[nodiscard]] base::Result<std::uint64_t> parse_size(std::string_view text, std::uint64_t least,
                                                     std::uint64_t most);
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// A host name or an address, IPv6 with or without brackets. `port`: the setting that takes the port.
[[nodiscard]] base::Result<std::string> parse_host(std::string_view text, std::string_view port);

/// "host:port,...", each with the protocol before it where librdkafka takes one (SASL_SSL://host:port).
[[nodiscard]] base::Result<std::string> parse_brokers(std::string_view text);

/// The path of a file that can be read now.
[[nodiscard]] base::Result<std::string> parse_readable_file(std::string_view text);

/// Comma-separated, white space around items dropped, empty items refused.
[[nodiscard]] base::Result<std::vector<std::string>> parse_list(std::string_view text);

/// A list of web origins as browsers send them (scheme://host, with the port unless it is the scheme's own),
/// or
/// "*" alone.
[[nodiscard]] base::Result<std::vector<std::string>> parse_origins(std::string_view text);

/// A list of host names and addresses without ports, in lower case. "*.example.org" and ".example.org" stand
/// for the names below, "*" for any.
[[nodiscard]] base::Result<std::vector<std::string>> parse_hosts(std::string_view text);

/// A list of addresses and networks in CIDR notation.
[[nodiscard]] base::Result<std::vector<base::IpNetwork>> parse_networks(std::string_view text);

}  // namespace fanfinity::config
