// Feeds what a client and a proxy write into the forwarding fields to the search for the client's address,
// and checks that a client cannot change what the proxy says of it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/allowed_hosts.h"
#include "http/client_address.h"
#include "http/request_head.h"

namespace {

using namespace fanfinity;

void require(bool held) {
  if (!held) std::abort();
}

http::ServerConfig config_of(http::ForwardedHeader header) {
  http::ServerConfig config;
  config.trusted_proxies = {*base::IpNetwork::parse("10.0.0.0/8"),
                            *base::IpNetwork::parse("2001:db8:1::/48")};
  config.forwarded_header = header;
  return config;
}

std::string client_of(const http::TrustedProxies& proxies, const http::RequestHead& head) {
  static const auto peer = http::ClientAddress::from(*base::IpAddress::parse("10.0.0.1"));
  const auto client = proxies.client_of(peer, head);
  require(client.known);
  const std::string text = client.address.text();
  require(base::IpAddress::parse(text) == client.address);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const http::TrustedProxies common(config_of(http::ForwardedHeader::kXForwardedFor));
  static const http::TrustedProxies standard(config_of(http::ForwardedHeader::kForwarded));
  static const http::AllowedHosts hosts({"stats.example.org", "*.example.com"}, "127.0.0.1");
  const std::string_view sent(reinterpret_cast<const char*>(data), size);
  http::RequestHead head;
  head.x_forwarded_for = head.forwarded = {sent};
  static_cast<void>(client_of(common, head));
  static_cast<void>(client_of(standard, head));
  // The proxy that the client reached adds its address, on the line or on one of its own.
  const std::string line(sent);
  const std::string common_line = line + ", 192.0.2.1, 10.0.0.3";
  const std::string standard_line = line + ", for=192.0.2.1;proto=https, for=\"10.0.0.3:80\"";
  head.x_forwarded_for = {common_line};
  head.forwarded = {standard_line};
  require(client_of(common, head) == "192.0.2.1" && client_of(standard, head) == "192.0.2.1");
  head.x_forwarded_for = {sent, "192.0.2.1"};
  head.forwarded = {sent, "for=192.0.2.1"};
  require(client_of(common, head) == "192.0.2.1" && client_of(standard, head) == "192.0.2.1");
  // A page of another site has a name of its own.
  require(!hosts.allow(line + ".evil.example") && !hosts.allow(line + ".evil.example:8080"));
  return 0;
}
