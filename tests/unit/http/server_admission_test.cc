// Keys, rates and connection limits.

#include <gtest/gtest.h>

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

TEST(ServerAdmission, TurnsConnectionsAwayBeyondTheLimit) {
  ServerConfig config = test_config();
  config.max_connections = 3;
  TestServer running(std::move(config));
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(running.connect());
    EXPECT_EQ(clients.back().ask(get("/hello")).status, 200);
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
  EXPECT_EQ(clients[0].ask(get("/hello")).status, 200);
  clients.pop_back();
  ASSERT_TRUE(running.observer.wait_for_open(2));
  EXPECT_EQ(running.connect().ask(get("/hello")).status, 200);
}

TEST(ServerAdmission, DropsConnectionsFarBeyondTheLimit) {
  ServerConfig config = test_config();
  config.max_connections = 1;
  TestServer running(std::move(config));
  Client first = running.connect();
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
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
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
}

}  // namespace
}  // namespace fanfinity::http::test
