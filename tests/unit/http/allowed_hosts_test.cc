#include "http/allowed_hosts.h"

#include <gtest/gtest.h>

#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

TEST(AllowedHosts, OnLoopbackAreThoseOfLoopback) {
  for (const char* listen : {"127.0.0.1", "::1", "localhost", "127.0.0.9"}) {
    const AllowedHosts hosts({}, listen);
    for (const char* host : {"localhost", "LOCALHOST:8080", "localhost.", "localhost.:8080", "demo.localhost",
                             "127.0.0.1", "127.0.0.1:8080", "127.9.9.9", "[::1]", "[::1]:8080",
                             "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", ""}) {
      EXPECT_TRUE(hosts.allow(host)) << listen << " " << host;
    }
    for (const char* host :
         {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
          "evillocalhost", "10.0.0.5", "0.0.0.0", "[2001:db8::1]", "server", "server.local", "127.1",
          "2130706433", "0x7f000001"}) {
      EXPECT_FALSE(hosts.allow(host)) << listen << " " << host;
    }
  }
}

TEST(AllowedHosts, BeyondLoopbackAreAddressesAndNamesNobodyCanRegister) {
  for (const char* listen : {"0.0.0.0", "::", "", "10.0.0.5"}) {
    const AllowedHosts hosts({}, listen);
    for (const char* host :
         {"10.1.2.3:8080", "203.0.113.9", "[2001:db8::1]:8080", "localhost:8080", "server:8080",
          "fanfinity.analytics.svc", "fanfinity.analytics.svc.cluster.local:80", "studio.local",
          "host.docker.internal:8080", "nas.home.arpa"}) {
      EXPECT_TRUE(hosts.allow(host)) << listen << " " << host;
    }
    for (const char* host : {"evil.example", "stats.example.org:8080", "10.0.0.5.nip.example",
                             "local.evil.example", "evil.notlocal", "10.0.0.5.example"}) {
      EXPECT_FALSE(hosts.allow(host)) << listen << " " << host;
    }
  }
}

TEST(AllowedHosts, AlwaysIncludesTheNameToListenOn) {
  const AllowedHosts hosts({}, "Stats.Example.org");
  EXPECT_TRUE(hosts.allow("stats.example.org:8080"));
  EXPECT_FALSE(hosts.allow("example.org"));
}

TEST(AllowedHosts, FollowPatterns) {
  const AllowedHosts hosts({"one.example", "*.two.example", ".three.example", "192.0.2.7", "2001:db8:0::7"},
                           "127.0.0.1");
  for (const char* host :
       {"one.example", "ONE.Example:443", "one.example.", "a.two.example", "a.b.two.example", "three.example",
        "a.three.example", "192.0.2.7:8080", "[2001:db8::7]", "localhost"}) {
    EXPECT_TRUE(hosts.allow(host)) << host;
  }
  for (const char* host : {"a.one.example", "two.example", "eviltwo.example", "evilthree.example",
                           "192.0.2.8", "one.example.evil", ".two.example"}) {
    EXPECT_FALSE(hosts.allow(host)) << host;
  }
}

TEST(AllowedHosts, CanBeAny) {
  const AllowedHosts hosts({"*"}, "127.0.0.1");
  EXPECT_TRUE(hosts.allow("evil.example"));
}

TEST(AllowedHosts, RefusesWhatIsNoHost) {
  const AllowedHosts hosts({"one.example"}, "0.0.0.0");
  for (const std::string& host :
       {std::string("[::1"), std::string("::1"), std::string("[::1]x"), std::string("one.example:80:80"),
        std::string("one.example:x"), std::string("[127.0.0.1]"), std::string("."), std::string(":80"),
        std::string(300, 'a')}) {
    EXPECT_FALSE(hosts.allow(host)) << host;
  }
}

std::string request_for(std::string_view target, std::string_view host, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n" +
         std::string(more) + "\r\n";
}

ServerConfig strict_config() {
  ServerConfig config = test_config();
  config.allowed_hosts = {"stats.example.org"};
  return config;
}

TEST(ServerHosts, RefusesARebindingPage) {
  TestServer running(strict_config());
  Client client = running.connect();
  const char* kOrigin = "Origin: http://evil.example:8080\r\n";
  for (const char* target : {"/hello", "/read", "/write", "/nowhere", "/unlimited"}) {
    const Reply reply = client.ask(request_for(target, "evil.example:8080", kOrigin));
    EXPECT_EQ(reply.status, 421) << target;
    EXPECT_NE(reply.body.find("ALLOWED_HOSTS"), std::string::npos) << reply.body;
    EXPECT_EQ(reply.header("access-control-allow-origin"), "");
  }
  const Reply posted = client.ask(
      "POST /echo HTTP/1.1\r\nHost: evil.example:8080\r\nOrigin: http://evil.example:8080\r\nContent-Length: "
      "2\r\n\r\n{}");
  EXPECT_EQ(posted.status, 421);
  EXPECT_EQ(client.ask(request_for("/hello", "127.0.0.1:8080")).status, 200);
  EXPECT_EQ(client.ask(request_for("/hello", "Stats.example.org")).status, 200);
  EXPECT_EQ(client.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 200);
}

TEST(ServerHosts, TakesTheHostOfAnAbsoluteTarget) {
  TestServer running(strict_config());
  Client client = running.connect();
  EXPECT_EQ(client.ask(request_for("http://evil.example/hello", "localhost")).status, 421);
  EXPECT_EQ(client.ask(request_for("http://evil.example?x", "localhost")).status, 421);
  EXPECT_EQ(client.ask(request_for("http://localhost:8080/hello", "evil.example")).status, 200);
  EXPECT_EQ(client.ask(request_for("http://me@localhost/hello", "localhost")).status, 400);
}

/// Preflights are asked before the request itself, and must not say more than it would.
TEST(ServerHosts, RefusesThePreflightOfARebindingPage) {
  ServerConfig config = strict_config();
  config.cors_origins = {"*"};
  TestServer running(std::move(config));
  const Reply reply = running.connect().ask(
      "OPTIONS /echo HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  EXPECT_EQ(reply.status, 421);
}

}  // namespace
}  // namespace fanfinity::http::test
