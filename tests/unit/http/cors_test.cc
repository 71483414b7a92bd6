// Pages of other origins: who may read, and how they are told.

#include "http/cors.h"

#include <gtest/gtest.h>

#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

constexpr const char* kOrigin = "https://fans.example";

ServerConfig config_for(std::vector<std::string> origins) {
  ServerConfig config = test_config();
  config.cors_origins = std::move(origins);
  return config;
}

std::string from(const std::string& origin, const std::string& path = "/hello") {
  return get(path, "Origin: " + origin + "\r\n");
}

std::string preflight(const std::string& origin, const std::string& path, const std::string& method = "GET") {
  return "OPTIONS " + path + " HTTP/1.1\r\nHost: a\r\nOrigin: " + origin +
         "\r\nAccess-Control-Request-Method: " + method +
         "\r\nAccess-Control-Request-Headers: authorization,content-type\r\n\r\n";
}

Reply ask_empty(Client& client, const std::string& bytes) {
  client.send(bytes);
  auto reply = client.read(true);
  EXPECT_TRUE(reply.has_value());
  return reply.value_or(Reply{});
}

TEST(Cors, IsOffUnlessOriginsAreNamed) {
  TestServer running;
  Client client = running.connect();
  const Reply reply = client.ask(from(kOrigin));
  EXPECT_EQ(reply.status, 200);
  for (const auto& [name, value] : reply.headers) EXPECT_FALSE(name.starts_with("access-control")) << name;
  EXPECT_FALSE(reply.headers.contains("vary"));
  EXPECT_EQ(client.ask(preflight(kOrigin, "/hello")).status, 405);
}

TEST(Cors, TellsAnAllowedOriginOnEveryAnswerThatItIs) {
  TestServer running(config_for({"http://other.example:8080", kOrigin}));
  Client client = running.connect();
  for (const char* path : {"/hello", "/no/such/path", "/drop", "/%zz"}) {
    const Reply reply = client.ask(from(kOrigin, path));
    EXPECT_EQ(reply.header("access-control-allow-origin"), kOrigin) << path;
    EXPECT_EQ(reply.header("access-control-expose-headers"), "ETag, Retry-After, X-Request-Id") << path;
    EXPECT_EQ(reply.header("vary"), "Origin") << path;
  }
  EXPECT_EQ(client.ask(post("/hello", "x", "Origin: " + std::string(kOrigin) + "\r\n"))
                .header("access-control-allow-origin"),
            kOrigin)
      << "a 405 as well";
}

TEST(Cors, TellsNobodyElse) {
  TestServer running(config_for({kOrigin}));
  Client client = running.connect();
  for (const char* origin : {"https://evil.example", "null", "https://fans.example.evil",
                             "https://fans.exampl", "http://fans.example", "HTTPS://fans.example"}) {
    const Reply reply = client.ask(from(origin));
    EXPECT_EQ(reply.status, 200) << "the browser keeps the answer from the page";
    EXPECT_FALSE(reply.headers.contains("access-control-allow-origin")) << origin;
    EXPECT_EQ(reply.header("vary"), "Origin");
    EXPECT_EQ(client.ask(preflight(origin, "/hello")).status, 403) << origin;
  }
  EXPECT_EQ(client.ask(get("/hello")).header("vary"), "Origin") << "a cache must not give this to a page";
}

TEST(Cors, AStarLetsEveryoneRead) {
  TestServer running(config_for({"*"}));
  Client client = running.connect();
  for (const std::string& request : {from("https://any.example"), get("/hello"), from("null", "/nowhere")}) {
    const Reply reply = client.ask(request);
    EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
    EXPECT_FALSE(reply.headers.contains("vary")) << "the answer is the same for all";
  }
}

TEST(Cors, AnswersAPreflight) {
  ServerConfig config = config_for({kOrigin});
  config.read_keys = config.write_keys = {"key"};
  TestServer running(std::move(config));
  Client client = running.connect();
  const Reply reply = ask_empty(client, preflight(kOrigin, "/read"));
  EXPECT_EQ(reply.status, 204) << "without a key: browsers send none";
  EXPECT_EQ(reply.header("access-control-allow-origin"), kOrigin);
  EXPECT_EQ(reply.header("access-control-allow-methods"), "GET, HEAD");
  EXPECT_EQ(reply.header("access-control-max-age"), "7200");
  const std::string allowed = reply.header("access-control-allow-headers");
  for (const char* name :
       {"Authorization", "Content-Type", "If-None-Match", "Last-Event-ID", "traceparent", "X-Request-Id"}) {
    EXPECT_NE(allowed.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(ask_empty(client, preflight(kOrigin, "/echo", "POST")).header("access-control-allow-methods"),
            "POST");
  EXPECT_EQ(ask_empty(client, preflight(kOrigin, "/nowhere")).status, 204)
      << "the request itself is told 404";
  EXPECT_EQ(client.ask(from(kOrigin, "/read")).status, 401);
}

TEST(Cors, AnOptionsThatAsksNothingIsNoPreflight) {
  TestServer running(config_for({kOrigin}));
  Client client = running.connect();
  EXPECT_EQ(client.ask("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 405);
  EXPECT_EQ(
      client.ask("OPTIONS /hello HTTP/1.1\r\nHost: a\r\nOrigin: " + std::string(kOrigin) + "\r\n\r\n").status,
      405);
}

TEST(Cors, OriginIsSentOnce) {
  TestServer running(config_for({kOrigin}));
  Client client = running.connect();
  const std::string line = "Origin: " + std::string(kOrigin) + "\r\n";
  EXPECT_EQ(client.ask(get("/hello", line + line)).status, 400);
}

}  // namespace
}  // namespace fanfinity::http::test
