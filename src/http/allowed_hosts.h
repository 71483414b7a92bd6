#pragma once
// The names by which a server may be addressed. A page whose own name is made to resolve to the server's
// address (DNS rebinding) counts as of one origin with it and could read and post. Its browser sends that
// name in Host, so a server that knows its names refuses it. Addresses cannot be rebound.

#include <string>
#include <string_view>
#include <vector>

namespace fanfinity::http {

class AllowedHosts {
 public:
  /// `patterns`, in lower case: "stats.example.org", "*.example.org" (the names below), ".example.org" (that
  /// name as well), an address, "*" (any name). `listen_host` decides what is allowed besides:
  /// - localhost, loopback addresses and `listen_host` itself, always;
  /// - unless it is loopback, every address, and names that nobody can register in the public DNS.
  AllowedHosts(std::vector<std::string> patterns, std::string_view listen_host);

  /// `authority`: a host with or without a port, as a request names it; empty when it names none, which no
  /// browser does.
  [[nodiscard]] bool allow(std::string_view authority) const;

 private:
  std::vector<std::string> patterns_;
  std::string listen_host_;
  bool loopback_only_ = false;
};

}  // namespace fanfinity::http
