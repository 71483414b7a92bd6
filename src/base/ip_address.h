#pragma once
// IP addresses and networks, of both versions in one form: IPv4 is kept mapped into IPv6.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace fanfinity::base {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  /// "192.0.2.1" or "2001:db8::1": no brackets, port or zone.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  /// Empty for other families, such as a Unix socket.
  [[nodiscard]] static std::optional<IpAddress> from(const sockaddr* address);

  [[nodiscard]] bool is_v4() const;
  /// 127.0.0.0/8 or ::1.
  [[nodiscard]] bool is_loopback() const;
  /// The first `bits` of the 128; the others are zero.
  [[nodiscard]] IpAddress prefix(unsigned bits) const;
  [[nodiscard]] std::string text() const;
  bool operator==(const IpAddress&) const = default;
};

/// A network in CIDR notation, or one address.
struct IpNetwork {
  IpAddress address;
  unsigned bits = 128;  ///< Of the mapped form: a /8 of IPv4 has 104.

  /// "10.0.0.0/8", "2001:db8::/32" or an address alone. Empty as well when bits behind the prefix are set.
  [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& other) const { return other.prefix(bits) == address; }
  [[nodiscard]] std::string text() const;
  bool operator==(const IpNetwork&) const = default;
};

}  // namespace fanfinity::base
