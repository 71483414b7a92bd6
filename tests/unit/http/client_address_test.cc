#include "http/client_address.h"

#include <gtest/gtest.h>

#include "http/request_head.h"
#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

using Lines = std::vector<std::string_view>;

ServerConfig behind(std::vector<std::string_view> networks,
                    ForwardedHeader header = ForwardedHeader::kXForwardedFor) {
  ServerConfig config = test_config();
  for (const std::string_view text : networks)
    config.trusted_proxies.push_back(*base::IpNetwork::parse(text));
  config.forwarded_header = header;
  return config;
}

ClientAddress peer(std::string_view text) {
  return ClientAddress::from(*base::IpAddress::parse(text));
}

/// Who asks when 10.0.0.1 passes these on; 10.0.0.0/8 and 2001:db8:1::/48 are proxies.
std::string client_of(const Lines& x_forwarded_for, std::string_view from = "10.0.0.1") {
  const TrustedProxies proxies(behind({"10.0.0.0/8", "2001:db8:1::/48"}));
  RequestHead head;
  head.x_forwarded_for = x_forwarded_for;
  head.forwarded = {"for=203.0.113.66"};  // Forged: the proxy does not write it.
  return proxies.client_of(peer(from), head).address.text();
}

std::string client_of_forwarded(const Lines& forwarded) {
  const TrustedProxies proxies(behind({"10.0.0.0/8", "2001:db8:1::/48"}, ForwardedHeader::kForwarded));
  RequestHead head;
  head.forwarded = forwarded;
  head.x_forwarded_for = {"203.0.113.66"};
  return proxies.client_of(peer("10.0.0.1"), head).address.text();
}

TEST(TrustedProxies, NameTheClient) {
  EXPECT_EQ(client_of({"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(client_of({"192.0.2.1:4711"}), "192.0.2.1");
  EXPECT_EQ(client_of({"2001:db8::9"}), "2001:db8::9");
  EXPECT_EQ(client_of({"[2001:db8::9]:4711"}), "2001:db8::9");
  EXPECT_EQ(client_of({"  192.0.2.1\t"}), "192.0.2.1");
  EXPECT_EQ(client_of({"192.0.2.1"}, "::ffff:10.0.0.1"), "192.0.2.1");
}

TEST(TrustedProxies, AreSkippedFromTheRight) {
  EXPECT_EQ(client_of({"203.0.113.66, 192.0.2.1, 10.0.0.3, 2001:db8:1::2"}), "192.0.2.1");
  EXPECT_EQ(client_of({"203.0.113.66", "192.0.2.1", "10.0.0.3"}), "192.0.2.1");
  EXPECT_EQ(client_of({"192.0.2.1,,", "", " , "}), "192.0.2.1");
  EXPECT_EQ(client_of({"10.0.0.5, 10.0.0.3"}), "10.0.0.5");
}

TEST(TrustedProxies, AreTheClientWhenTheyNameNone) {
  for (const char* nobody : {"unknown", "_hidden", "", ",", "300.1.1.1", "fe80::1%eth0", "\"192.0.2.1\"",
                             "[::1", "192.0.2.1 192.0.2.2", "example.org", "for=192.0.2.1"}) {
    EXPECT_EQ(client_of({"203.0.113.66", nobody, "10.0.0.3"}),
              *nobody == '\0' || *nobody == ',' ? "203.0.113.66" : "10.0.0.3")
        << nobody;
  }
  EXPECT_EQ(client_of({}), "10.0.0.1");
}

TEST(TrustedProxies, AreNotAnybodyElse) {
  EXPECT_EQ(client_of({"192.0.2.1"}, "192.0.2.200"), "192.0.2.200");
  const TrustedProxies none(test_config());
  RequestHead head;
  head.x_forwarded_for = {"192.0.2.1"};
  EXPECT_EQ(none.client_of(peer("127.0.0.1"), head).address.text(), "127.0.0.1");
  EXPECT_FALSE(none.client_of(ClientAddress{}, head).known);
}

TEST(TrustedProxies, NameTheClientByTheStandard) {
  EXPECT_EQ(client_of_forwarded({"for=192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(client_of_forwarded({"For=\"192.0.2.1:4711\";proto=https"}), "192.0.2.1");
  EXPECT_EQ(client_of_forwarded({"proto=http; by=10.0.0.1 ;FOR=\"[2001:db8::9]:4711\""}), "2001:db8::9");
  EXPECT_EQ(client_of_forwarded({"for=203.0.113.66, for=192.0.2.1;host=\"a,b;for=c\", for=10.0.0.3"}),
            "192.0.2.1");
  EXPECT_EQ(client_of_forwarded({"for=203.0.113.66", "for=192.0.2.1", "for=10.0.0.3"}), "192.0.2.1");
}

TEST(TrustedProxies, AreTheClientWhenTheStandardHidesIt) {
  for (const char* nobody :
       {"for=unknown", "for=_hidden", "for=\"_hidden:80\"", "for=", "for", "by=192.0.2.1",
        "for=192.0.2.1;for=192.0.2.2", "192.0.2.1", "for=\"192.0.2.1", "for = 192.0.2.1"}) {
    EXPECT_EQ(client_of_forwarded({"for=203.0.113.66", nobody, "for=10.0.0.3"}), "10.0.0.3") << nobody;
  }
}

TEST(TrustedProxies, CannotBeSilencedByAnOpenQuote) {
  EXPECT_EQ(client_of_forwarded({"for=\"203.0.113.66, for=192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(client_of_forwarded({"for=\"", "for=192.0.2.1"}), "192.0.2.1");
}

TEST(ClientAddress, IsLimitedByTheNetworkOfOneCustomer) {
  EXPECT_EQ(peer("2001:db8:0:1::5").bytes, peer("2001:db8:0:1:ffff::6").bytes);
  EXPECT_NE(peer("2001:db8:0:1::5").bytes, peer("2001:db8:0:2::5").bytes);
  EXPECT_NE(peer("192.0.2.1").bytes, peer("192.0.2.2").bytes);
  EXPECT_EQ(peer("2001:db8:0:1::5").address.text(), "2001:db8:0:1::5");
}

ServerConfig limited_behind_loopback() {
  ServerConfig config = behind({"127.0.0.0/8"});
  config.rate_limit = 0.01;
  config.rate_burst = 1;
  return config;
}

TEST(ServerBehindProxy, LimitsEachClientForItself) {
  TestServer running(limited_behind_loopback());
  Client proxy = running.connect();
  EXPECT_EQ(proxy.ask(get("/hello", "X-Forwarded-For: 192.0.2.1\r\n")).status, 200);
  EXPECT_EQ(proxy.ask(get("/hello", "X-Forwarded-For: 192.0.2.1\r\n")).status, 429);
  EXPECT_EQ(proxy.ask(get("/hello", "X-Forwarded-For: 192.0.2.2\r\n")).status, 200);
  EXPECT_EQ(proxy.ask(get("/hello", "X-Forwarded-For: 2001:db8::1\r\n")).status, 200);
  EXPECT_EQ(proxy.ask(get("/hello", "X-Forwarded-For: 2001:db8::2\r\n")).status, 429);
  // What the client itself sent stands to the left, or in the other field.
  EXPECT_EQ(proxy.ask(get("/hello", "X-Forwarded-For: 203.0.113.1, 192.0.2.2\r\n")).status, 429);
  EXPECT_EQ(proxy.ask(get("/hello", "Forwarded: for=203.0.113.1\r\nX-Forwarded-For: 192.0.2.2\r\n")).status,
            429);
  EXPECT_EQ(proxy.ask(get("/hello")).status, 200);
  EXPECT_EQ(running.observer.responses(8)[3].client, "2001:db8::1");
}

TEST(ServerBehindProxy, BelievesNobodyWithoutTrust) {
  ServerConfig config = limited_behind_loopback();
  config.trusted_proxies = {*base::IpNetwork::parse("192.0.2.0/24")};
  TestServer running(std::move(config));
  Client client = running.connect();
  EXPECT_EQ(client.ask(get("/hello", "X-Forwarded-For: 192.0.2.1\r\n")).status, 200);
  EXPECT_EQ(client.ask(get("/hello", "X-Forwarded-For: 192.0.2.2\r\n")).status, 429);
  EXPECT_EQ(running.observer.responses(1)[0].client, "127.0.0.1");
}

}  // namespace
}  // namespace fanfinity::http::test
