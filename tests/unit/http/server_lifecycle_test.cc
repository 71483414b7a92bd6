// Starting, stopping, and answers from elsewhere.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

using std::chrono::milliseconds;

Response text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

TEST(Responder, MayAnswerFromAnyThread) {
  TestServer running;
  Client client = running.connect();
  for (int i = 0; i < 50; ++i) {
    client.send(post("/park", "x"));
    Responder responder = running.lot.take();
    std::thread([responder = std::move(responder), i] { responder(text(std::to_string(i))); }).join();
    EXPECT_EQ(client.read()->body, std::to_string(i));
  }
}

TEST(Responder, AnswersOnce) {
  TestServer running;
  Client client = running.connect();
  EXPECT_EQ(client.ask(get("/twice")).body, "first");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  client.send(post("/park", "x"));
  const Responder responder = running.lot.take();
  std::thread other([copy = responder] { copy(text("one")); });
  responder(text("one"));
  other.join();
  EXPECT_EQ(client.read()->body, "one");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST(Responder, DroppedWithoutAnswerIs500) {
  TestServer running;
  Client client = running.connect();
  EXPECT_EQ(client.ask(get("/drop")).status, 500);
  EXPECT_EQ(client.ask(get("/throw")).status, 500);
  client.send(post("/park", "x"));
  std::thread([responder = running.lot.take()] {}).join();
  EXPECT_EQ(client.read()->status, 500);
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST(Responder, MayAnswerAClientThatHasGone) {
  TestServer running;
  Client client = running.connect();
  client.send(post("/park", "still here"));
  const Responder responder = running.lot.take();
  client.reset();
  EXPECT_EQ(running.lot.last_request()->body, "still here");
  responder(text("too late"));
  EXPECT_TRUE(running.observer.wait_for_open(0));
}

TEST(Responder, MayAnswerWhenTheServerHasGone) {
  ServerConfig config = test_config();
  config.drain_timeout = milliseconds(20);
  auto running = std::make_unique<TestServer>(std::move(config));
  Client client = running->connect();
  client.send(post("/park", "x"));
  client.send(post("/park", "y"));
  std::vector<Responder> responders;
  responders.push_back(running->lot.take());
  Client second = running->connect();
  second.send(post("/park", "z"));
  responders.push_back(running->lot.take());
  const Request* request = running->lot.last_request();
  running->server.reset();
  EXPECT_EQ(client.read()->status, 503);
  EXPECT_EQ(request->body, "z");
  responders[0](text("too late"));
  responders.clear();
}

TEST(Responder, TellsWhenTheResponseIsOnItsWay) {
  TestServer running;
  Client client = running.connect();
  client.send(post("/park", "x"));
  const Responder responder = running.lot.take();
  std::promise<std::chrono::nanoseconds> sent;
  Response response = text("x");
  response.on_sent = [&](std::chrono::nanoseconds duration) { sent.set_value(duration); };
  responder(std::move(response));
  auto duration = sent.get_future();
  ASSERT_EQ(duration.wait_for(kPatience), std::future_status::ready);
  EXPECT_GT(duration.get().count(), 0);
}

TEST(Responder, KeepsSilentAboutAResponseThatDidNotGoOut) {
  TestServer running;
  const auto told = std::make_shared<std::atomic<bool>>(false);
  {
    Client client = running.connect();
    client.send(post("/park", "x"));
    const Responder responder = running.lot.take();
    client.reset();
    Response response;
    response.body.assign(kBigResponse, 'x');
    response.on_sent = [told](std::chrono::nanoseconds) { told->store(true); };
    responder(std::move(response));
  }
  EXPECT_TRUE(running.observer.wait_for_open(0));
  EXPECT_FALSE(told->load());
}

TEST(ServerStop, AnswersWhatIsUnderWayAndCloses) {
  TestServer running;
  const std::uint16_t port = running.server->port();
  Client idle = running.connect();
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  Client busy = running.connect();
  busy.send(post("/park", "x") + get("/hello"));
  const Responder responder = running.lot.take();
  Client half = running.connect();
  half.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  ASSERT_TRUE(running.observer.wait_for_open(3));
  std::thread stopping([&] { running.server->stop(); });
  EXPECT_TRUE(idle.closed());
  responder(text("done"));
  const auto reply = busy.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "done");
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_TRUE(busy.closed());
  half.send("bc");
  const auto rest = half.read();
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->body, "abc");
  EXPECT_EQ(rest->header("connection"), "close");
  stopping.join();
  running.server->stop();
  ServerConfig config = test_config();
  config.port = port;
  TestServer next(std::move(config));
  EXPECT_EQ(next.connect().ask(get("/hello")).status, 200);
}

TEST(ServerStop, DoesNotWaitForEver) {
  ServerConfig config = test_config();
  config.drain_timeout = milliseconds(30);
  TestServer running(std::move(config));
  Client busy = running.connect();
  busy.send(post("/park", "x"));
  const Responder never = running.lot.take();
  Client slow = running.connect();
  slow.send("GET /he");
  ASSERT_TRUE(running.observer.wait_for_open(2));
  running.server->stop();
  EXPECT_EQ(busy.read()->status, 503);
  EXPECT_TRUE(running.observer.wait_for_open(0));
}

TEST(ServerStop, LosesNoRequestOfTheQueue) {
  TestServer running;
  std::vector<Client> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(running.connect());
    clients.back().send(get("/hello"));
  }
  running.server->stop();
  for (Client& client : clients) EXPECT_EQ(client.read()->status, 200);
}

TEST(ServerStart, RefusesAPortThatIsTaken) {
  TestServer running;
  ServerConfig config = test_config();
  config.port = running.server->port();
  Server second(config, {}, nullptr);
  const auto status = second.start();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::Errc::kUnavailable);
  EXPECT_NE(status.error().detail.find("127.0.0.1:" + std::to_string(config.port)), std::string::npos);
  EXPECT_NE(status.error().detail.find("choose another port"), std::string::npos);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(running.connect().ask(get("/hello")).status, 200);
}

TEST(ServerStart, RefusesAnAddressItDoesNotHave) {
  ServerConfig config = test_config();
  config.host = "192.0.2.1";
  EXPECT_EQ(Server(config, {}, nullptr).start().error().code, base::Errc::kUnavailable);
  config.host = "not an address";
  EXPECT_EQ(Server(config, {}, nullptr).start().error().code, base::Errc::kInvalid);
}

class UnixSocket : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/http-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/socket";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  ServerConfig config() const {
    ServerConfig made = test_config();
    made.unix_socket = path_;
    return made;
  }
  std::string directory_;
  std::string path_;
};

TEST_F(UnixSocket, ServesItsOwnerOnly) {
  {
    TestServer running(config());
    std::vector<Client> clients;
    for (int i = 0; i < 10; ++i) {
      clients.emplace_back(path_);
      EXPECT_EQ(clients.back().ask(get("/hello")).body, "hello");
    }
    struct stat info{};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixSocket, ReplacesAStaleFile) {
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(dead);
  TestServer running(config());
  EXPECT_EQ(Client(path_).ask(get("/hello")).status, 200);
}

TEST_F(UnixSocket, DoesNotReplaceALiveOneOrAnotherFile) {
  {
    TestServer running(config());
    Server second(config(), {}, nullptr);
    const auto status = second.start();
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().detail.find("another process"), std::string::npos);
    EXPECT_EQ(Client(path_).ask(get("/hello")).status, 200);
  }
  std::ofstream(path_) << "precious";
  EXPECT_FALSE(Server(config(), {}, nullptr).start().ok());
  EXPECT_TRUE(std::filesystem::exists(path_));
  ServerConfig long_path = config();
  long_path.unix_socket += std::string(200, 'x');
  EXPECT_EQ(Server(long_path, {}, nullptr).start().error().code, base::Errc::kInvalid);
}

/// Lets this process open no further file while it lives.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(Server, WaitsWhenThereAreNoFilesLeftAndGoesOnAfter) {
  TestServer running;
  Client early = running.connect();
  EXPECT_EQ(early.ask(get("/hello")).status, 200);
  std::vector<int> sockets;
  for (int i = 0; i < 8; ++i) sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::vector<Client> late;
  {
    const NoMoreFiles limit;
    for (const int socket : sockets) {
      late.push_back(Client::over(socket, running.server->port()));
      late.back().send(get("/hello"));
    }
    // The queue stands; who is in is served.
    for (int i = 0; i < 50; ++i) EXPECT_EQ(early.ask(get("/hello")).status, 200);
    for (Client& client : late) EXPECT_TRUE(client.silent());
  }
  for (Client& client : late) EXPECT_EQ(client.read()->status, 200);
}

/// Leaves this process `free` more descriptors.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t free) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = 256;
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd = ::dup(STDERR_FILENO); fd >= 0; fd = ::dup(STDERR_FILENO)) taken_.push_back(fd);
    for (std::size_t i = 0; i < free; ++i) {
      ::close(taken_.back());
      taken_.pop_back();
    }
  }
  ~FewDescriptors() {
    for (const int fd : taken_) ::close(fd);
    setrlimit(RLIMIT_NOFILE, &before_);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

TEST(ServerStart, SaysWhyItFailsWithoutDescriptors) {
  bool started = false;
  for (std::size_t free = 0; !started; ++free) {
    ASSERT_LT(free, 30U);
    ParkingLot lot;
    Server server(test_config(), test_routes(lot), nullptr);
    const FewDescriptors few(free);
    const auto status = server.start();
    started = status.ok();
    if (!started) EXPECT_EQ(status.error().code, base::Errc::kUnavailable) << status.error().detail;
  }
}

TEST(ServerLifecycle, AHalfSentBodyDoesNotHoldTheStop) {
  ServerConfig config = test_config();
  config.drain_timeout = std::chrono::minutes(1);
  TestServer running(std::move(config));
  Client client = running.connect();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");
  EXPECT_TRUE(running.observer.wait_for_opened(1));
  const auto began = std::chrono::steady_clock::now();
  running.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, kPatience);
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
}

}  // namespace
}  // namespace fanfinity::http::test
