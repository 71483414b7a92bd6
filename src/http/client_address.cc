#include "http/client_address.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace fanfinity::http {

ClientAddress ClientAddress::from(const sockaddr* address) {
  ClientAddress client;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    client.known = true;
    client.bytes[10] = client.bytes[11] = 0xff;
    std::memcpy(client.bytes.data() + 12, &v4.sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    client.known = true;
    std::memcpy(client.bytes.data(), &v6.sin6_addr, 16);
    if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) std::fill(client.bytes.begin() + 8, client.bytes.end(), 0);
  }
  return client;
}

bool ClientAddress::is_loopback() const {
  static constexpr std::array<std::uint8_t, 16> kOneOfV6{};  // Its /64.
  static constexpr std::array<std::uint8_t, 13> kFirstOfV4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return bytes == kOneOfV6 || std::equal(kFirstOfV4.begin(), kFirstOfV4.end(), bytes.begin());
}

}  // namespace fanfinity::http
