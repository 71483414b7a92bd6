#pragma once
// Who is at the other end, as far as limits go.

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "http/server.h"

namespace fanfinity::http {

struct RequestHead;

/// Empty for a Unix socket: whoever may open it is trusted, and clients behind it are not told apart.
struct ClientAddress {
  std::array<std::uint8_t, 16> bytes{};  ///< For limits: of IPv6 the /64, which is what one customer gets.
  bool known = false;
  base::IpAddress address;  ///< Whole.

  [[nodiscard]] static ClientAddress from(const sockaddr* address);
  [[nodiscard]] static ClientAddress from(const base::IpAddress& address);
};

/// Which proxies may say for whom they ask, and in which header field. Proxies append to that field: what
/// stands to the right was written by the nearest one, what stands to the left by whoever likes. The other
/// field is not read, because a proxy lets it pass as its client sent it.
class TrustedProxies {
 public:
  explicit TrustedProxies(const ServerConfig& config);

  /// Who asks: `peer`, unless that is a trusted proxy. Then the rightmost address in the field that is not
  /// one, or, when what stands there is no address ("unknown", "_hidden", garbage), the proxy that wrote it.
  [[nodiscard]] ClientAddress client_of(const ClientAddress& peer, const RequestHead& head) const;
  /// Such a peer holds the connections of many clients.
  [[nodiscard]] bool trusts(const base::IpAddress& address) const;

 private:
  std::vector<base::IpNetwork> networks_;
  ForwardedHeader header_;
  bool warns_;  ///< That the field comes from a peer that is not trusted, while limits hold for each address.
  mutable std::atomic<bool> warned_ = false;
};

/// Takes the last element off `list` (RFC 9110, 5.6.1); empty when there is none left. Commas in quoted
/// strings do not separate when `quoted`. Starts from the right, so that what an element says cannot be
/// changed by what stands to its left.
[[nodiscard]] std::string_view take_last_element(std::string_view& list, bool quoted);

}  // namespace fanfinity::http
