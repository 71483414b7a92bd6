// Deadlines: slow clients, slow handlers, clients that do not read.

#include <gtest/gtest.h>

#include <thread>

#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

using std::chrono::milliseconds;
using Seen = RecordingObserver::Seen;

Response text(const char* body) {
  Response response;
  response.body = body;
  return response;
}

TEST(ServerTime, EndsSlowHeaders) {
  ServerConfig config = test_config();
  config.header_timeout = milliseconds(50);
  TestServer running(std::move(config));
  for (const char* part : {"G", "GET /hello HTTP/1.1\r\nHost: a\r\n", "\r\n"}) {
    Client client = running.connect();
    client.send(part);
    const auto reply = client.read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408);
    EXPECT_EQ(reply->header("connection"), "close");
    EXPECT_TRUE(client.closed());
  }
  EXPECT_EQ(running.observer.responses(3)[0], (Seen{"OTHER", "unmatched", 408}));
}

TEST(ServerTime, EndsHeadersThatTrickle) {
  ServerConfig config = test_config();
  config.header_timeout = milliseconds(80);
  TestServer running(std::move(config));
  Client client = running.connect();
  // Every byte is progress, and no byte may win time.
  client.send("GET / HTTP/1.1\r\nX: ");
  while (client.silent() && client.send("a")) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(client.read()->status, 408);
}

TEST(ServerTime, EndsSlowBodies) {
  ServerConfig config = test_config();
  config.body_timeout = milliseconds(50);
  TestServer running(std::move(config));
  Client client = running.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.read()->status, 408);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(running.observer.responses(1)[0], (Seen{"POST", "/echo", 408}));
}

TEST(ServerTime, EndsBodiesThatNeverPauseButAreTooSlow) {
  ServerConfig config = test_config();
  config.body_timeout = milliseconds(400);
  TestServer running(std::move(config));
  Client client = running.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  while (client.silent() && client.send("a")) std::this_thread::sleep_for(milliseconds(1));
  const auto reply = client.read();
  EXPECT_EQ(reply->status, 408);
  EXPECT_NE(reply->body.find("smaller batches"), std::string::npos) << reply->body;
}

TEST(ServerTime, GivesABodyThatKeepsItsPaceAsLongAsItNeeds) {
  ServerConfig config = test_config();
  config.body_timeout = milliseconds(500);
  TestServer running(std::move(config));
  Client client = running.connect();
  const std::string piece(200, 'a');
  std::size_t left = 60'000;
  const auto began = std::chrono::steady_clock::now();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  for (; left > 0 && client.silent(); left -= piece.size()) {
    ASSERT_TRUE(client.send(piece));
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_GT(std::chrono::steady_clock::now() - began, 2 * milliseconds(500));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body.size(), 60'000U);
}

TEST(ServerTime, ClosesIdleConnectionsSilently) {
  ServerConfig config = test_config();
  config.idle_timeout = milliseconds(50);
  TestServer running(std::move(config));
  Client fresh = running.connect();
  EXPECT_TRUE(fresh.closed());
  Client used = running.connect();
  EXPECT_EQ(used.ask(get("/hello")).status, 200);
  EXPECT_TRUE(used.closed());
}

TEST(ServerTime, AnswersForAHandlerThatDoesNotAndDropsItsLateAnswer) {
  ServerConfig config = test_config();
  config.request_timeout = milliseconds(50);
  TestServer running(std::move(config));
  Client client = running.connect();
  client.send(post("/park", "x"));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->header("retry-after"), "1");
  const Responder late = running.lot.take();
  // The request is still the handler's to look at.
  EXPECT_EQ(running.lot.last_request()->body, "x");
  late(text("late"));
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  EXPECT_EQ(running.observer.responses(2),
            (std::vector<Seen>{{"POST", "/park", 503}, {"GET", "/hello", 200}}));
}

TEST(ServerTime, DoesNotGiveALateAnswerToTheNextRequest) {
  ServerConfig config = test_config();
  config.request_timeout = milliseconds(200);
  TestServer running(std::move(config));
  Client client = running.connect();
  client.send(post("/park", "1"));
  EXPECT_EQ(client.read()->status, 503);
  const Responder first = running.lot.take();
  client.send(post("/park", "2"));
  const Responder second = running.lot.take();
  first(text("first"));
  second(text("second"));
  const auto reply = client.read();
  // Either in time or not, but never the other's.
  EXPECT_TRUE(reply->status == 503 || reply->body == "second") << reply->body;
}

TEST(Server, ClosesClientsThatDoNotReadWhenTheirAnswersHoldTooMuch) {
  ServerConfig config = test_config();
  config.max_buffered_bytes = 2 * kBigResponse;
  TestServer running(std::move(config));
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 5; ++i) {
    clients.push_back(running.connect());
    clients.back().shrink_receive_buffer();
    clients.back().send(get("/big"));  // each a body of its own
  }
  EXPECT_TRUE(running.observer.wait_for_opened(5));
  EXPECT_TRUE(running.observer.wait_for_open(2));
  EXPECT_EQ(running.connect().ask(get("/hello")).body, "hello") << "who reads is served";
}

TEST(ServerTime, ClosesWhenAClientDoesNotRead) {
  ServerConfig config = test_config();
  config.write_timeout = milliseconds(50);
  TestServer running(std::move(config));
  Client client = running.connect();
  client.shrink_receive_buffer();
  client.send(get("/big"));
  EXPECT_TRUE(running.observer.wait_for_opened(1));
  EXPECT_TRUE(running.observer.wait_for_open(0));
  EXPECT_EQ(running.observer.responses(1)[0], (Seen{"GET", "/big", 200}));
}

TEST(ServerTime, ClosesWhenARefusedClientSendsForEver) {
  TestServer running;
  Client client = running.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  const std::string block(1U << 20U, 'x');
  int blocks = 0;
  while (blocks < 1000 && client.send(block)) ++blocks;
  EXPECT_LT(blocks, 100) << "nearly all of it was read";
}

}  // namespace
}  // namespace fanfinity::http::test
