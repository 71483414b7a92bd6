#pragma once
// Who is at the other end, as far as limits go.

#include <array>
#include <cstdint>

struct sockaddr;

namespace fanfinity::http {

/// An IPv4 address (mapped into IPv6) or an IPv6 /64, which is what one customer gets.
/// Empty for a unix socket: whoever may open it is trusted, and clients behind it are not told apart.
struct ClientAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool known = false;

  [[nodiscard]] static ClientAddress from(const sockaddr* address);
  /// 127.0.0.0/8 or ::1: a process of this machine, which may be a proxy.
  [[nodiscard]] bool is_loopback() const;
};

}  // namespace fanfinity::http
