#include "http/client_address.h"

#include <algorithm>
#include <optional>
#include <ranges>

#include "base/log_line.h"
#include "http/request_head.h"
#include "http/trim.h"

namespace fanfinity::http {
namespace {

using base::IpAddress;

constexpr unsigned kLimitedBits = 64;

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}

/// An address as proxies write it: "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711".
std::optional<IpAddress> node_address(std::string_view node) {
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view port = node.substr(end + 1);
    if (!port.empty() && port.front() != ':') return std::nullopt;
    return IpAddress::parse(node.substr(1, end - 1));
  }
  if (std::ranges::count(node, ':') == 1) node = node.substr(0, node.find(':'));
  return IpAddress::parse(node);
}

bool named_for(std::string_view name) {
  return name.size() == 3 && (name[0] | 0x20) == 'f' && (name[1] | 0x20) == 'o' && (name[2] | 0x20) == 'r';
}

/// Of `for="[2001:db8::1]:4711";proto=https` (RFC 7239, 4).
std::optional<IpAddress> forwarded_address(std::string_view element) {
  std::optional<IpAddress> found;
  bool seen = false;
  while (!element.empty()) {
    bool in_quotes = false;
    const auto end = std::ranges::find_if(element, [&](char c) {
      in_quotes ^= c == '"';
      return c == ';' && !in_quotes;
    });
    const std::string_view pair = trim({element.begin(), end});
    element.remove_prefix(static_cast<std::size_t>(end - element.begin()));
    if (!element.empty()) element.remove_prefix(1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !named_for(pair.substr(0, equals))) continue;
    if (std::exchange(seen, true)) return std::nullopt;
    std::string_view value = pair.substr(equals + 1);
    if (is_quoted(value)) value = value.substr(1, value.size() - 2);
    found = node_address(value);
  }
  return found;
}

}  // namespace

ClientAddress ClientAddress::from(const IpAddress& address) {
  const IpAddress limited = address.is_v4() ? address : address.prefix(kLimitedBits);
  return {limited.bytes, true, address};
}

ClientAddress ClientAddress::from(const sockaddr* address) {
  const auto known = IpAddress::from(address);
  return known ? from(*known) : ClientAddress{};
}

std::string_view take_last_element(std::string_view& list, bool quoted) {
  while (!list.empty()) {
    bool in_quotes = false;
    std::size_t start = list.size();
    for (; start > 0; --start) {
      const char c = list[start - 1];
      if (c == ',' && !in_quotes) break;
      in_quotes ^= quoted && c == '"';
    }
    const std::string_view element = trim(list.substr(start));
    list = list.substr(0, start > 0 ? start - 1 : 0);
    if (!element.empty()) return element;
  }
  return {};
}

TrustedProxies::TrustedProxies(const ServerConfig& config)
    : networks_(config.trusted_proxies), header_(config.forwarded_header), warns_(config.rate_limit > 0) {}

bool TrustedProxies::trusts(const IpAddress& address) const {
  return std::ranges::any_of(networks_,
                             [&](const base::IpNetwork& network) { return network.contains(address); });
}

ClientAddress TrustedProxies::client_of(const ClientAddress& peer, const RequestHead& head) const {
  const bool standard = header_ == ForwardedHeader::kForwarded;
  const auto& lines = standard ? head.forwarded : head.x_forwarded_for;
  if (lines.empty() || !peer.known) return peer;
  if (!trusts(peer.address)) {
    if (warns_ && !warned_.exchange(true, std::memory_order_relaxed)) {
      base::log_line(base::Level::kWarn,
                     "A request names its client in a header, but its sender is not in TRUSTED_PROXIES: "
                     "RATE_LIMIT counts all clients behind that address as one. If it is your reverse proxy, "
                     "add it.",
                     {{"sender", peer.address.text()}});
    }
    return peer;
  }
  IpAddress client = peer.address;
  for (std::string_view line : std::views::reverse(lines)) {
    for (auto element = take_last_element(line, standard); !element.empty();
         element = take_last_element(line, standard)) {
      const auto named = standard ? forwarded_address(element) : node_address(element);
      if (!named) return ClientAddress::from(client);
      client = *named;
      if (!trusts(client)) return ClientAddress::from(client);
    }
  }
  return ClientAddress::from(client);
}

}  // namespace fanfinity::http
