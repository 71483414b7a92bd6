// Request bodies: framing, codings, limits and Expect.

#include <gtest/gtest.h>

#include <string>

#include "unit/http/encode.h"
#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

const std::string kChunkedPost = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string head_of(std::string_view target, std::size_t length, std::string_view more = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
         "\r\n" + std::string(more) + "\r\n";
}

TEST(ServerBody, IsReadInChunks) {
  TestServer running;
  Client client = running.connect();
  EXPECT_EQ(client.ask(kChunkedPost + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: ignored\r\n\r\n").body,
            "hello world");
  EXPECT_EQ(client.ask(kChunkedPost + "0\r\n\r\n").body, "");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST(ServerBody, OfMegabytesIsReadWhole) {
  TestServer running;
  Client client = running.connect();
  const std::string body(8U << 20U, 'x');
  EXPECT_EQ(client.ask(post("/size", body)).body, std::to_string(body.size()));
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST(ServerBody, IsDecoded) {
  TestServer running;
  Client client = running.connect();
  const std::string body(50'000, 'x');
  EXPECT_EQ(client.ask(post("/echo", gzip(body), "Content-Encoding: gzip\r\n")).body, body);
  EXPECT_EQ(client.ask(post("/echo", zstd(body), "Content-Encoding: ZSTD\r\n")).body, body);
  EXPECT_EQ(client.ask(post("/echo", "plain", "Content-Encoding: identity\r\n")).body, "plain");
}

TEST(ServerBody, ThatIsABombIsRefused) {
  TestServer running;
  Client client = running.connect();
  const std::string zeros(90U << 20U, '\0');
  const std::string bombs[] = {gzip(zeros), zstd(zeros)};
  ASSERT_LT(bombs[0].size(), kEchoLimit);
  EXPECT_EQ(client.ask(post("/echo", bombs[0], "Content-Encoding: gzip\r\n")).status, 413);
  EXPECT_EQ(client.ask(post("/echo", bombs[1], "Content-Encoding: zstd\r\n")).status, 413);
  // The body was read, so the connection goes on.
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST(ServerBody, ThatIsCorruptIsRefused) {
  TestServer running;
  Client client = running.connect();
  EXPECT_EQ(client.ask(post("/echo", "junk", "Content-Encoding: gzip\r\n")).status, 400);
  EXPECT_EQ(client.ask(post("/echo", "junk", "Content-Encoding: zstd\r\n")).status, 400);
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST(ServerBody, OfAnUnknownCodingIsRefused) {
  TestServer running;
  Client client = running.connect();
  const Reply reply = client.ask(post("/echo", "x", "Content-Encoding: br\r\n"));
  EXPECT_EQ(reply.status, 415);
  EXPECT_EQ(reply.header("accept-encoding"), "gzip, zstd");
}

TEST(ServerBody, OfAnUnknownMediaTypeIsRefused) {
  TestServer running;
  Client client = running.connect();
  EXPECT_EQ(client.ask(post("/json", "{}", "Content-Type: APPLICATION/json; charset=utf-8\r\n")).body,
            "application/json");
  const Reply reply = client.ask(post("/json", "{}", "Content-Type: text/plain\r\n"));
  EXPECT_EQ(reply.status, 415);
  EXPECT_EQ(reply.header("accept"), "application/json, application/*+json");
  EXPECT_EQ(client.ask(post("/json", "{}")).status, 415);
  // An empty body is the handler's to judge.
  EXPECT_EQ(client.ask(post("/json", "")).status, 202);
}

TEST(ServerBody, MayBeOfAFamilyOfMediaTypes) {
  TestServer running;
  Client client = running.connect();
  const auto status_of = [&](const std::string& type) {
    return client.ask(post("/json", "{}", "Content-Type: " + type + "\r\n")).status;
  };
  for (const char* type :
       {"application/vnd.feed+json", "Application/Feed+JSON; charset=utf-8", "application/a+b+json"}) {
    EXPECT_EQ(status_of(type), 202) << type;
  }
  for (const char* type :
       {"application/json-seq", "application/+json", "text/x+json", "application/x+json-seq",
        "application/x+jsonx", "xapplication/x+json", "application/*"}) {
    EXPECT_EQ(status_of(type), 415) << type;
  }
}

TEST(ServerBody, AtTheLimitIsTakenAndBeyondIsRefused) {
  TestServer running;
  EXPECT_EQ(running.connect().ask(post("/echo", std::string(kEchoLimit, 'a'))).status, 200);
  Client client = running.connect();
  const Reply reply = client.ask(head_of("/echo", kEchoLimit + 1));
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(running.connect().ask(post("/describe", "")).status, 405);
  EXPECT_EQ(running.connect().ask("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").status,
            413);
}

TEST(ServerBody, BeyondTheLimitIsRefusedWhileItStreams) {
  TestServer running;
  Client client = running.connect();
  const std::string chunk = "ea60\r\n" + std::string(60'000, 'a') + "\r\n";
  client.send(kChunkedPost + chunk + chunk);
  EXPECT_EQ(client.read()->status, 413);
  EXPECT_TRUE(client.closed());
}

TEST(ServerBody, OfAGigabyteIsRefusedAndTheAnswerSeen) {
  TestServer running;
  Client client = running.connect();
  ASSERT_TRUE(client.send(head_of("/echo", 1U << 30U)));
  // A client that sends on for a while before it reads.
  const std::string block(1U << 20U, 'x');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(client.send(block)) << "closed before the answer could be read";
  EXPECT_EQ(client.read()->status, 413);
}

TEST(ServerBody, IsInvitedOnlyWhenItWillBeTaken) {
  TestServer running;
  Client client = running.connect();
  client.send(head_of("/echo", 5, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read_raw(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(client.read()->body, "hello");
  for (const auto& [bytes, status] :
       {std::pair{head_of("/echo", kEchoLimit + 1, "Expect: 100-continue\r\n"), 413},
        std::pair{head_of("/nowhere", 5, "Expect: 100-continue\r\n"), 404},
        std::pair{head_of("/json", 5, "Expect: 100-Continue\r\nContent-Type: text/plain\r\n"), 415},
        std::pair{head_of("/echo", 5, "Expect: 100-continue\r\nContent-Encoding: br\r\n"), 415},
        std::pair{head_of("/echo", 5, "Expect: miracles\r\n"), 417}}) {
    Client refused = running.connect();
    EXPECT_EQ(refused.ask(bytes).status, status);
    EXPECT_TRUE(refused.closed());
  }
}

TEST(ServerBody, IsNotInvitedWhenItIsHereAlreadyOrForHttp10) {
  TestServer running;
  Client client = running.connect();
  EXPECT_EQ(client.ask(post("/echo", "abc", "Expect: 100-continue\r\n")).body, "abc");
  EXPECT_EQ(client.ask("POST /echo HTTP/1.0\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n").status,
            200);
  Client old = running.connect();
  old.send("POST /echo HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  old.send("x");
  EXPECT_EQ(old.read()->body, "x");
}

TEST(ServerBody, InvitationWaitsForNothingWithChunks) {
  TestServer running;
  Client client = running.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_raw(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(client.read()->body, "x");
}

TEST(ServerBody, OfARefusedRequestIsSkippedWhenItIsHere) {
  TestServer running;
  Client client = running.connect();
  client.send(post("/nowhere", "GET /evil HTTP/1.1\r\n\r\n") + get("/hello"));
  EXPECT_EQ(client.read()->status, 404);
  EXPECT_EQ(client.read()->body, "hello");
}

TEST(ServerBody, IsNotTakenWhenTooManyAreBeingRead) {
  ServerConfig config = test_config();
  config.max_buffered_bytes = 1'000'000;
  TestServer running(std::move(config));
  Client holder = running.connect();
  holder.send(head_of("/size", 200'000) + std::string(150'000, 'x'));
  Client other = running.connect();
  other.send(head_of("/size", 4'000'000) + std::string(1'500'000, 'x'));
  const auto reply = other.read();
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->header("retry-after"), "1");
  EXPECT_EQ(reply->header("connection"), "close");
  holder.send(std::string(50'000, 'x'));
  EXPECT_EQ(holder.read()->body, "200000");
  // What was held is given back.
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(running.connect().ask(post("/size", std::string(100'000, 'x'))).status, 200);
}

}  // namespace
}  // namespace fanfinity::http::test
