#include "base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace fanfinity::base {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kMappedBits = 96;  // In front of an IPv4 address.
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress mapped(const void* v4) {
  IpAddress address;
  std::ranges::copy(kMapped, address.bytes.begin());
  std::memcpy(address.bytes.data() + kMapped.size(), v4, 4);
  return address;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::ranges::copy(text, terminated.begin());
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated.data(), address.bytes.data()) == 1) return address;
  std::array<std::uint8_t, 4> v4{};
  if (::inet_pton(AF_INET, terminated.data(), v4.data()) == 1) return mapped(v4.data());
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::from(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return mapped(&v4.sin_addr);
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  IpAddress result;
  std::memcpy(result.bytes.data(), &v6.sin6_addr, result.bytes.size());
  return result;
}

bool IpAddress::is_v4() const {
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes[kMapped.size()] == 127;
  return bytes == std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

IpAddress IpAddress::prefix(unsigned bits) const {
  IpAddress kept;
  const unsigned whole = bits / 8;
  std::copy_n(bytes.begin(), whole, kept.bytes.begin());
  if (bits % 8 != 0) kept.bytes[whole] = static_cast<std::uint8_t>(bytes[whole] & (0xff00U >> (bits % 8)));
  return kept;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const bool v4 = is_v4();
  const void* from = v4 ? bytes.data() + kMapped.size() : bytes.data();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, from, out.data(), out.size());
  return out.data();
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpNetwork network{*address, kBits};
  if (slash == std::string_view::npos) return network;
  const unsigned before = address->is_v4() && text.find(':') == std::string_view::npos ? kMappedBits : 0;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits > kBits - before) {
    return std::nullopt;
  }
  network.bits = before + bits;
  if (!network.contains(*address)) return std::nullopt;
  return network;
}

std::string IpNetwork::text() const {
  if (bits == kBits) return address.text();
  const unsigned before = address.is_v4() && bits >= kMappedBits ? kMappedBits : 0;
  return address.text() + "/" + std::to_string(bits - before);
}

}  // namespace fanfinity::base
