// Answers that follow a broadcast.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>

#include "http/broadcast.h"
#include "http/stream_frame.h"
#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

using std::chrono::milliseconds;

FramePtr state(std::string_view text, std::uint64_t id) {
  return std::make_shared<const Frame>("data: " + std::string(text) + "\n\n", id);
}

FramePtr heartbeat(std::string_view text) {
  return std::make_shared<const Frame>("event: heartbeat\ndata: " + std::string(text) + "\n\n");
}

/// A server whose /follow follows one broadcast; `?shown=N` is the state that the client knows.
class Streams : public testing::Test {
 protected:
  void start(ServerConfig config = test_config()) {
    Route route;
    route.path = "/follow";
    route.handler = [this](const Request& request, const Responder& respond) {
      Response response;
      response.content_type = "text/event-stream";
      response.follow = broadcast_;
      if (const std::string* shown = request.query_value("shown")) response.shown = std::stoul(*shown);
      last_event_id_ = std::string(request.last_event_id);
      respond(std::move(response));
    };
    Route hello;
    hello.path = "/hello";
    hello.handler = [](const Request&, const Responder& respond) { respond({}); };
    server_ = std::make_unique<Server>(std::move(config), std::vector{route, hello}, &observer_);
    ASSERT_TRUE(server_->start().ok());
  }
  [[nodiscard]] Client follow(std::string_view query = "") const {
    Client client(server_->port());
    client.send(get("/follow" + std::string(query)));
    const auto reply = client.read();
    EXPECT_TRUE(reply && reply->status == 200);
    return client;
  }
  /// The next chunk's text; empty: the end.
  static std::string chunk(Client& client) {
    std::string size;
    while (!size.ends_with("\r\n")) size += client.read_raw(1);
    const std::string text = client.read_raw(std::stoul(size, nullptr, 16));
    EXPECT_EQ(client.read_raw(2), "\r\n");
    return text;
  }
  static void expect_advice(Client& client) {
    const std::string advice = chunk(client);
    EXPECT_TRUE(advice.starts_with("retry: ") && advice.ends_with("\n")) << advice;
    EXPECT_FALSE(advice.ends_with("\n\n")) << "it is a line of the first block, not a block of its own";
  }

  std::shared_ptr<Broadcast> broadcast_ = std::make_shared<Broadcast>();
  RecordingObserver observer_;
  std::string last_event_id_;
  std::unique_ptr<Server> server_;
};

TEST(Frame, IsOneChunk) {
  const Frame frame(std::string(300, 'x'), 7);
  EXPECT_EQ(frame.chunk(), "12c\r\n" + std::string(300, 'x') + "\r\n");
  EXPECT_EQ(frame.text(), std::string(300, 'x'));
  EXPECT_EQ(frame.state(), 7);
}

TEST_F(Streams, StartsWithTheStateAndGoesOnWithEachChange) {
  broadcast_->publish(state("1", 1));
  start();
  Client client(server_->port());
  client.send(get("/follow", "Last-Event-ID: 00ab\r\n"));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("content-type"), "text/event-stream");
  EXPECT_EQ(reply->header("transfer-encoding"), "chunked");
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_EQ(reply->header("content-length"), "");
  EXPECT_EQ(last_event_id_, "00ab");
  expect_advice(client);
  EXPECT_EQ(chunk(client), "data: 1\n\n");
  for (std::uint64_t id = 2; id < 50; ++id) {
    broadcast_->publish(state(std::to_string(id), id));
    EXPECT_EQ(chunk(client), "data: " + std::to_string(id) + "\n\n");
  }
  EXPECT_EQ(observer_.responses(1)[0].route, "/follow");
}

TEST_F(Streams, WaitsForTheFirstState) {
  start();
  Client client = follow();
  expect_advice(client);
  EXPECT_TRUE(client.silent());
  broadcast_->publish(state("1", 1));
  EXPECT_EQ(chunk(client), "data: 1\n\n");
}

TEST_F(Streams, RepeatNothingToWhoKnowsTheState) {
  broadcast_->publish(state("1", 1));
  broadcast_->replace_heartbeat(heartbeat("now"));
  start();
  Client knows = follow("?shown=1");
  expect_advice(knows);
  EXPECT_EQ(chunk(knows), "event: heartbeat\ndata: now\n\n");
  broadcast_->publish(state("1 again", 1));
  broadcast_->publish(state("2", 2));
  EXPECT_EQ(chunk(knows), "data: 2\n\n");
  Client other = follow("?shown=99");
  expect_advice(other);
  EXPECT_EQ(chunk(other), "data: 2\n\n");
}

TEST_F(Streams, GiveWhoComesLateTheNewestBytesOfAState) {
  start();
  Client early = follow();
  expect_advice(early);
  broadcast_->publish(state("old", 1));
  EXPECT_EQ(chunk(early), "data: old\n\n");
  broadcast_->replace(state("new", 1));
  Client late = follow();
  expect_advice(late);
  EXPECT_EQ(chunk(late), "data: new\n\n");
  broadcast_->beat(heartbeat("x"));
  EXPECT_EQ(chunk(early), "event: heartbeat\ndata: x\n\n");
  EXPECT_EQ(chunk(late), "event: heartbeat\ndata: x\n\n");
}

TEST_F(Streams, TellThousandsOfViewersOnce) {
  ServerConfig config = test_config();
  config.threads = 2;
  start(std::move(config));
  constexpr std::size_t kViewers = 400;  // More than a slice on each thread, as descriptors permit.
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kViewers; ++i) {
    clients.push_back(follow());
    expect_advice(clients.back());
  }
  for (std::uint64_t id = 1; id <= 5; ++id) {
    broadcast_->publish(state(std::to_string(id), id));
    for (Client& client : clients) EXPECT_EQ(chunk(client), "data: " + std::to_string(id) + "\n\n");
  }
  EXPECT_EQ(observer_.count(StreamEvent::kFrames), 5 * kViewers);
}

TEST_F(Streams, EndAtTheLastOfManyChangesHoweverFastTheyCome) {
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(follow());
    expect_advice(clients.back());
  }
  std::thread publisher([this] {
    for (std::uint64_t id = 1; id <= 2'000; ++id) broadcast_->publish(state(std::to_string(id), id));
  });
  for (Client& client : clients) {
    std::uint64_t last = 0;
    while (last < 2'000) {
      const std::string text = chunk(client);
      ASSERT_TRUE(text.starts_with("data: "));
      const std::uint64_t id = std::stoul(text.substr(6));
      ASSERT_GT(id, last) << "older after newer";
      last = id;
    }
  }
  publisher.join();
}

TEST_F(Streams, GiveASlowReaderTheNewestOnly) {
  start();
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int size = 4096;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  Client slow = Client::over(socket, server_->port());
  slow.send(get("/follow"));
  ASSERT_TRUE(slow.read());
  expect_advice(slow);
  Client quick = follow();
  expect_advice(quick);
  const std::string padding(50'000, ' ');
  constexpr std::uint64_t kLast = 100;
  for (std::uint64_t id = 1; id <= kLast; ++id) {
    broadcast_->publish(state(std::to_string(id) + padding, id));
    EXPECT_EQ(std::stoul(chunk(quick).substr(6)), id);
  }
  std::uint64_t last = 0;
  std::size_t frames = 0;
  for (; last < kLast; ++frames) {
    const std::uint64_t id = std::stoul(chunk(slow).substr(6));
    ASSERT_GT(id, last);
    last = id;
  }
  EXPECT_LT(frames, 20U) << "stale states were queued";
}

TEST_F(Streams, DropWhoTakesNothing) {
  ServerConfig config = test_config();
  config.stall_timeout = milliseconds(150);
  start(std::move(config));
  Client stuck = follow();
  ASSERT_TRUE(observer_.wait_for(StreamEvent::kOpened, 1));
  const std::string padding(1'000'000, ' ');
  for (std::uint64_t id = 1; id < 20; ++id) broadcast_->publish(state(padding, id));
  Client quick = follow();
  expect_advice(quick);
  std::uint64_t id = 20;
  while (observer_.count(StreamEvent::kDropped) == 0) {
    broadcast_->publish(state(padding, id++));
    EXPECT_GT(chunk(quick).size(), padding.size());
  }
  EXPECT_TRUE(observer_.wait_for(StreamEvent::kClosed, 1));
  EXPECT_TRUE(observer_.wait_for_open(1));
}

TEST_F(Streams, IdleOnesOutliveEveryTimeout) {
  ServerConfig config = test_config();
  config.idle_timeout = config.write_timeout = config.request_timeout = config.stall_timeout =
      milliseconds(40);
  config.header_timeout = config.body_timeout = milliseconds(40);
  start(std::move(config));
  Client idle = follow();
  expect_advice(idle);
  // A connection that rests goes, and by then the stream would have.
  Client resting(server_->port());
  EXPECT_TRUE(resting.closed());
  EXPECT_TRUE(idle.silent());
  broadcast_->publish(state("1", 1));
  EXPECT_EQ(chunk(idle), "data: 1\n\n");
}

TEST_F(Streams, AreRefusedBeyondTheLimit) {
  ServerConfig config = test_config();
  config.max_streams = 2;
  start(std::move(config));
  Client first = follow();
  {
    const Client second = follow();
    Client third(server_->port());
    const Reply refused = third.ask(get("/follow"));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("retry-after"), "5");
    EXPECT_EQ(refused.header("content-type"), "application/problem+json");
    EXPECT_EQ(third.ask(get("/hello")).status, 200) << "the connection goes on";
    EXPECT_EQ(observer_.count(StreamEvent::kRefused), 1);
  }
  ASSERT_TRUE(observer_.wait_for(StreamEvent::kClosed, 1));
  Client fourth = follow();
  expect_advice(fourth);
}

TEST_F(Streams, NoticeThatTheirClientHasGone) {
  start();
  follow().reset();
  ASSERT_TRUE(observer_.wait_for(StreamEvent::kClosed, 1));
  {
    const Client closed = follow();
  }
  ASSERT_TRUE(observer_.wait_for(StreamEvent::kClosed, 2));
  EXPECT_TRUE(observer_.wait_for_open(0));
  while (broadcast_.use_count() > 1) std::this_thread::yield();
}

TEST_F(Streams, EndAtOnceForAClientThatHasEndedItsSide) {
  broadcast_->publish(state("1", 1));
  start();
  Client client(server_->port());
  client.send("GET /follow HTTP/1.1\r\nHost: a\r\n");
  client.half_close();
  EXPECT_EQ(client.read()->status, 400);
  Client quick(server_->port());
  quick.send(get("/follow"));
  quick.half_close();
  if (const auto reply = quick.read()) {  // Or the server saw the end first.
    expect_advice(quick);
    EXPECT_EQ(chunk(quick), "data: 1\n\n");
  }
  EXPECT_TRUE(observer_.wait_for_open(0));
}

TEST_F(Streams, IgnoreWhatTheClientSendsBehindItsRequest) {
  start();
  Client client(server_->port());
  client.send(get("/follow") + get("/hello"));
  ASSERT_TRUE(client.read());
  client.send(get("/hello"));
  expect_advice(client);
  broadcast_->publish(state("1", 1));
  EXPECT_EQ(chunk(client), "data: 1\n\n");
  server_->stop();
  expect_advice(client);
  EXPECT_EQ(chunk(client), "");
  EXPECT_TRUE(client.closed());
}

TEST_F(Streams, HaveNoChunksInHttp10) {
  broadcast_->publish(state("1", 1));
  start();
  Client client(server_->port());
  client.send("GET /follow HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->header("transfer-encoding"), "");
  EXPECT_EQ(reply->header("connection"), "close");
  std::string text = client.read_raw(7);
  while (!text.ends_with("\n")) text += client.read_raw(1);
  EXPECT_TRUE(text.starts_with("retry: "));
  EXPECT_EQ(client.read_raw(9), "data: 1\n\n");
  broadcast_->publish(state("2", 2));
  EXPECT_EQ(client.read_raw(9), "data: 2\n\n");
}

TEST_F(Streams, AnswerHeadWithTheHeadAlone) {
  broadcast_->publish(state("1", 1));
  start();
  Client client(server_->port());
  client.send("HEAD /follow HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto reply = client.read(true);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("content-type"), "text/event-stream");
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
  EXPECT_EQ(observer_.count(StreamEvent::kOpened), 0);
}

TEST_F(Streams, EndWithTheServerAndSpreadWhenToComeAgain) {
  start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(follow());
    expect_advice(clients.back());
  }
  server_->stop();
  std::vector<std::string> advice;
  for (Client& client : clients) {
    advice.push_back(chunk(client));
    EXPECT_TRUE(advice.back().starts_with("retry: "));
    EXPECT_EQ(chunk(client), "");
    EXPECT_TRUE(client.closed());
  }
  std::sort(advice.begin(), advice.end());
  EXPECT_GT(std::unique(advice.begin(), advice.end()) - advice.begin(), 15);
  EXPECT_EQ(observer_.count(StreamEvent::kClosed), 20);
  EXPECT_EQ(broadcast_.use_count(), 1);
}

TEST_F(Streams, OfAStuckClientDoNotHoldUpTheEnd) {
  ServerConfig config = test_config();
  config.drain_timeout = std::chrono::minutes(1);
  start(std::move(config));
  const Client stuck = follow();
  const std::string padding(8'000'000, ' ');
  broadcast_->publish(state(padding, 1));
  const auto before = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, kPatience);
  EXPECT_TRUE(observer_.wait_for_open(0));
}

}  // namespace
}  // namespace fanfinity::http::test
