#include "http/allowed_hosts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ip_address.h"

namespace fanfinity::http {
namespace {

using base::IpAddress;

constexpr std::size_t kMostBytes = 255;  // Of a name in the DNS.

/// Names under these never come from the public DNS (RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of
/// .internal), nor do Kubernetes' own. .cluster.local ends in .local.
constexpr std::array<std::string_view, 5> kPrivateDomains = {".localhost", ".local", ".internal",
                                                             ".home.arpa", ".svc"};

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Without the port, brackets and the dot of a fully qualified name, in lower case; empty when malformed.
std::string host_of(std::string_view authority) {
  std::string_view port;
  std::string_view host = authority;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return {};
    host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (host.find(':') == std::string_view::npos || (!port.empty() && port.front() != ':')) return {};
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
    if (host.ends_with('.')) host.remove_suffix(1);
  } else if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  if (!port.empty() && !all_digits(port.substr(1))) return {};
  if (host.size() > kMostBytes) return {};
  std::string lower(host);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return lower;
}

bool matches(std::string_view pattern, std::string_view host) {
  if (pattern == "*" || pattern == host) return true;
  if (pattern.starts_with("*.")) {
    return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
  }
  return pattern.starts_with('.') && (host.ends_with(pattern) || host == pattern.substr(1));
}

bool is_localhost(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

bool nobody_can_register(std::string_view host) {
  return host.find('.') == std::string_view::npos ||
         std::ranges::any_of(kPrivateDomains,
                             [&](std::string_view domain) { return host.ends_with(domain); });
}

}  // namespace

AllowedHosts::AllowedHosts(std::vector<std::string> patterns, std::string_view listen_host)
    : patterns_(std::move(patterns)) {
  const auto address = IpAddress::parse(listen_host);
  loopback_only_ = address ? address->is_loopback() : is_localhost(listen_host);
  listen_host_ = address ? address->text() : host_of(listen_host);
  for (std::string& pattern : patterns_) {
    if (const auto literal = IpAddress::parse(pattern)) pattern = literal->text();
  }
}

bool AllowedHosts::allow(std::string_view authority) const {
  if (authority.empty()) return true;
  std::string host = host_of(authority);
  if (host.empty()) return false;
  const auto address = IpAddress::parse(host);
  if (address) {
    if (address->is_loopback() || !loopback_only_) return true;
    host = address->text();
  } else if (is_localhost(host) || (!loopback_only_ && nobody_can_register(host))) {
    return true;
  }
  return host == listen_host_ ||
         std::ranges::any_of(patterns_, [&](const std::string& pattern) { return matches(pattern, host); });
}

}  // namespace fanfinity::http
