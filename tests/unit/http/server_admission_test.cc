// Keys, rates and connection limits.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

std::string with_key(const std::string& path, const std::string& key) {
  return get(path, "Authorization: " + key + "\r\n");
}

TEST(ServerAdmission, LetsEveryoneInWithoutKeys) {
  TestServer running;
  Client client = running.connect();
  EXPECT_EQ(client.ask(get("/read")).status, 200);
  EXPECT_EQ(client.ask(get("/write")).status, 200);
}

TEST(ServerAdmission, AsksForKeys) {
  ServerConfig config = test_config();
  config.write_keys = {"writer", "second"};
  config.read_keys = {"reader"};
  TestServer running(std::move(config));
  Client client = running.connect();
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
  for (const char* path : {"/read", "/write"}) {
    const Reply none = client.ask(get(path));
    EXPECT_EQ(none.status, 401);
    EXPECT_EQ(none.header("www-authenticate"), "Bearer realm=\"fanfinity\"");
    for (const char* bad :
         {"Bearer wrong!", "Bearer writerx", "Bearer write", "Bearer", "Bearer ", "Basic writer", "writer"}) {
      EXPECT_EQ(client.ask(with_key(path, bad)).status, 401) << bad;
    }
    EXPECT_EQ(client.ask(with_key(path, "Bearer writer")).status, 200);
    EXPECT_EQ(client.ask(with_key(path, "bearer  second")).status, 200);
  }
  EXPECT_EQ(client.ask(with_key("/read", "Bearer reader")).status, 200);
  const Reply forbidden = client.ask(with_key("/write", "Bearer reader"));
  EXPECT_EQ(forbidden.status, 403);
  EXPECT_NE(forbidden.header("www-authenticate").find("insufficient_scope"), std::string::npos);
}

TEST(ServerAdmission, LeavesAnAccessWithoutKeysOpen) {
  ServerConfig config = test_config();
  config.write_keys = {"writer"};
  TestServer running(std::move(config));
  Client client = running.connect();
  EXPECT_EQ(client.ask(get("/read")).status, 200);
  EXPECT_EQ(client.ask(get("/write")).status, 401);
}

TEST(ServerAdmission, SlowsDownAClientThatAsksTooOften) {
  ServerConfig config = test_config();
  config.rate_limit = 0.01;
  config.rate_burst = 3;
  TestServer running(std::move(config));
  Client client = running.connect();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(get("/hello")).status, 200);
  const Reply reply = client.ask(get("/hello"));
  EXPECT_EQ(reply.status, 429);
  EXPECT_GE(std::stoi(reply.header("retry-after")), 50);
  EXPECT_LE(std::stoi(reply.header("retry-after")), 100);
  // Another connection of the same client, and paths that do not exist, count as well.
  EXPECT_EQ(running.connect().ask(get("/nowhere")).status, 429);
  EXPECT_EQ(client.ask(get("/unlimited")).status, 200);
}

Response text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

TEST(ServerAdmission, TurnsConnectionsAwayBeyondTheLimit) {
  ServerConfig config = test_config();
  config.max_connections = 3;
  TestServer running(std::move(config));
  std::vector<Client> clients;
  std::vector<Responder> busy;  // An idle one would make room.
  for (int i = 0; i < 3; ++i) {
    clients.push_back(running.connect());
    clients.back().send(post("/park", "x"));
    busy.push_back(running.lot.take());
  }
  {
    Client refused = running.connect();
    const auto reply = refused.read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->header("retry-after"), "1");
    EXPECT_EQ(reply->header("connection"), "close");
    EXPECT_TRUE(refused.closed());
  }
  busy[0](text("served"));
  EXPECT_EQ(clients[0].read()->body, "served");
  busy[2](text("served"));
  EXPECT_EQ(clients[2].read()->body, "served");
  clients.pop_back();
  ASSERT_TRUE(running.observer.wait_for_open(2));
  EXPECT_EQ(running.connect().ask(get("/hello")).status, 200);
}

TEST(ServerAdmission, DropsConnectionsFarBeyondTheLimit) {
  ServerConfig config = test_config();
  config.max_connections = 1;
  TestServer running(std::move(config));
  Client first = running.connect();
  first.send(post("/park", "x"));
  const Responder busy = running.lot.take();
  std::vector<Client> crowd;
  for (int i = 0; i < 300; ++i) crowd.push_back(running.connect());
  int told = 0;
  int dropped = 0;
  for (Client& client : crowd) {
    const auto reply = client.read();
    if (!reply) {
      ++dropped;
      continue;
    }
    ++told;
    EXPECT_EQ(reply->status, 503);
  }
  EXPECT_GT(told, 0);
  EXPECT_GT(dropped, 0);
  busy(text("served"));
  EXPECT_EQ(first.read()->body, "served");
}

TEST(ServerAdmission, ClosesAnIdleConnectionForANewOneWhenItIsFull) {
  ServerConfig config = test_config();
  config.max_connections = 2;
  config.threads = 1;
  TestServer running(std::move(config));
  Client idle = running.connect();
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  Client busy = running.connect();
  busy.send(post("/park", "x"));
  const Responder responder = running.lot.take();
  // The idle one goes when it has been idle for a second; until then newcomers are refused.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    Client newcomer = running.connect();
    newcomer.send(get("/hello"));
    if (const auto reply = newcomer.read()) status = reply->status;
  }
  EXPECT_EQ(status, 200);
  EXPECT_TRUE(idle.closed());
  responder(text("served"));
  EXPECT_EQ(busy.read()->body, "served");
}

/// A socket of 127.0.0.2, not connected.
int socket_of_another_address() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in other{};
  other.sin_family = AF_INET;
  other.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&other), sizeof other), 0);
  return socket;
}

TEST(ServerAdmission, LeavesConnectionsToOtherAddresses) {
  ServerConfig config = test_config();
  config.max_connections_per_address = 2;
  TestServer running(std::move(config));
  std::vector<Client> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(running.connect());
    EXPECT_EQ(clients.back().ask(get("/hello")).status, 200);
  }
  Client third = running.connect();
  EXPECT_EQ(third.read()->status, 503);
  EXPECT_EQ(Client::over(socket_of_another_address(), running.server->port()).ask(get("/hello")).status, 200);
  clients.pop_back();
  ASSERT_TRUE(running.observer.wait_for_open(1));
  EXPECT_EQ(running.connect().ask(get("/hello")).status, 200);
}

TEST(ServerAdmission, AnAddressAtItsLimitClosesNobodysIdleConnection) {
  ServerConfig config = test_config();
  config.max_connections = 2;
  config.max_connections_per_address = 1;
  config.threads = 1;
  TestServer running(std::move(config));
  Client idle = Client::over(socket_of_another_address(), running.server->port());
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  const auto idle_enough = std::chrono::steady_clock::now() + std::chrono::milliseconds(1'200);
  Client busy = running.connect();
  busy.send(post("/park", "x"));
  const Responder responder = running.lot.take();
  while (std::chrono::steady_clock::now() < idle_enough) {
    if (const auto reply = running.connect().read()) EXPECT_EQ(reply->status, 503);
  }
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  responder(text("served"));
  EXPECT_EQ(busy.read()->body, "served");
}

TEST(ServerAdmission, CountsNoConnectionsOfTrustedProxies) {
  ServerConfig config = test_config();
  config.max_connections_per_address = 2;
  config.trusted_proxies = {*base::IpNetwork::parse("127.0.0.1")};
  TestServer running(std::move(config));
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(running.connect());
    EXPECT_EQ(clients.back().ask(get("/hello")).status, 200);
  }
}

}  // namespace
}  // namespace fanfinity::http::test
