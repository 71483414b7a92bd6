#include "store/clickhouse_http.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "fakes/clickhouse_fixture.h"

namespace fanfinity::store {
namespace {

using base::Errc;

class ClickHouseHttpWithOneConnection : public testing::Test {
 protected:
  static ClickHouseEndpoint endpoint() {
    ClickHouseEndpoint endpoint = fakes::ClickHouseServer::shared().endpoint("fanfinity");
    endpoint.max_connections = 1;
    endpoint.request_timeout = std::chrono::seconds{20};
    return endpoint;
  }
  static ClickHouseQuery one() {
    return {.sql = "SELECT 1", .params = {}, .settings = {}, .in_database = false};
  }

  ClickHouseHttp http_{endpoint()};
};

TEST_F(ClickHouseHttpWithOneConnection, EndsAnAnswerThatThereIsNoMemoryFor) {
  const auto ended = http_.stream(one(), [](std::string_view) -> base::Status { throw std::bad_alloc(); });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::kUnavailable);
  EXPECT_EQ(http_.read(one()).value(), "1\n") << "the connection is there for the next call";
}

TEST_F(ClickHouseHttpWithOneConnection, EndsAnAnswerWhoseReaderFails) {
  const auto ended =
      http_.stream(one(), [](std::string_view) -> base::Status { throw std::runtime_error("torn"); });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::kInternal);
  EXPECT_NE(ended.error().detail.find("torn"), std::string::npos);
  EXPECT_EQ(http_.read(one()).value(), "1\n");
}

}  // namespace
}  // namespace fanfinity::store
