#include <gtest/gtest.h>
#include <netinet/in.h>

#include <regex>
#include <set>

#include "http/client_address.h"
#include "http/identifiers.h"
#include "http/percent.h"
#include "http/rate_limiter.h"
#include "http/response_head.h"
#include "http/router.h"

namespace fanfinity::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Percent, DecodesAnyByte) {
  EXPECT_EQ(percent_decode("Bar%C3%A7a%E2%80%93Alav%c3%a9s%202018"),
            "Bar\xc3\xa7"
            "a\xe2\x80\x93"
            "Alav\xc3\xa9s 2018");
  EXPECT_EQ(percent_decode("a%2Fb+c"), "a/b+c");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
}

TEST(Percent, RefusesBrokenEncoding) {
  for (const char* text : {"%", "%2", "a%", "a%zz", "%2g", "%%20"})
    EXPECT_FALSE(percent_decode(text)) << text;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Query, KeepsOrderAndDecodesPlusAsSpace) {
  EXPECT_EQ(parse_query("b=1&a=x+y%26&&c&d="), (Pairs{{"b", "1"}, {"a", "x y&"}, {"c", ""}, {"d", ""}}));
  EXPECT_EQ(parse_query(""), Pairs());
}

TEST(Query, IsBounded) {
  std::string text = "a=1";
  for (std::size_t i = 1; i < kMaxQueryParameters; ++i) text += "&a=1";
  EXPECT_TRUE(parse_query(text));
  EXPECT_FALSE(parse_query(text + "&a=1"));
}

TEST(Query, TakesAPercentSignThatEscapesNothingForItself) {
  EXPECT_EQ(parse_query("a=100%&%=%4&b=%zz%41"), (Pairs{{"a", "100%"}, {"%", "%4"}, {"b", "%zzA"}}));
}

TEST(Query, ValueIsTheFirstOfThatName) {
  Request request;
  request.query = {{"a", "1"}, {"a", "2"}};
  ASSERT_NE(request.query_value("a"), nullptr);
  EXPECT_EQ(*request.query_value("a"), "1");
  EXPECT_EQ(request.query_value("b"), nullptr);
}

Route route(Method method, const char* path) {
  Route made;
  made.method = method;
  made.path = path;
  return made;
}

class Routing : public testing::Test {
 protected:
  /// The template that `path` leads to, and its parameters; else what there is instead.
  std::string find(Method method, std::string_view path) {
    std::vector<std::string> params;
    const auto match = router_.find(method, path, params);
    switch (match.outcome) {
      case Router::Outcome::kFound: {
        std::string text = match.route->path;
        for (const auto& param : params) text += " " + param;
        return text;
      }
      case Router::Outcome::kNotFound:
        return "404";
      case Router::Outcome::kMethodNotAllowed:
        return "405 " + match.allow;
      case Router::Outcome::kBadEncoding:
        return "400";
    }
    return "";
  }

 private:
  Router router_{{route(Method::kGet, "/"), route(Method::kGet, "/health"), route(Method::kGet, "/m"),
                  route(Method::kGet, "/m/{id}/metrics"), route(Method::kPost, "/events"),
                  route(Method::kGet, "/events"), route(Method::kPost, "/only"),
                  route(Method::kGet, "/{a}/x/{b}")}};
};

TEST_F(Routing, FindsFixedPathsAndParameters) {
  EXPECT_EQ(find(Method::kGet, "/"), "/");
  EXPECT_EQ(find(Method::kGet, "/health"), "/health");
  EXPECT_EQ(find(Method::kHead, "/health"), "/health");
  EXPECT_EQ(find(Method::kGet, "/m/7/metrics"), "/m/{id}/metrics 7");
  EXPECT_EQ(find(Method::kGet, "/p/x/q"), "/{a}/x/{b} p q");
  EXPECT_EQ(find(Method::kPost, "/events"), "/events");
}

TEST_F(Routing, DecodesSegmentsAfterSplittingThem) {
  EXPECT_EQ(find(Method::kGet, "/m/a%2Fb/metrics"), "/m/{id}/metrics a/b");
  EXPECT_EQ(find(Method::kGet, "/m/Bar%C3%A7a%202018/metrics"),
            "/m/{id}/metrics Bar\xc3\xa7"
            "a 2018");
  EXPECT_EQ(find(Method::kGet, "/%68ealth"), "/health");
  EXPECT_EQ(find(Method::kGet, "/m%2F7%2Fmetrics"), "404");
}

TEST_F(Routing, RefusesBrokenEncodingOnAnyPath) {
  EXPECT_EQ(find(Method::kGet, "/m/%zz/metrics"), "400");
  EXPECT_EQ(find(Method::kGet, "/nowhere/%"), "400");
}

TEST_F(Routing, DoesNotMatchEmptyOrExtraSegments) {
  for (const char* path : {"/m//metrics", "/m/7/metrics/", "/m/7", "/health/", "//", "*", "/Health"}) {
    EXPECT_EQ(find(Method::kGet, path), "404") << path;
  }
  EXPECT_EQ(find(Method::kGet, std::string(8000, '/')), "404");
}

TEST_F(Routing, NamesTheMethodsAPathHas) {
  EXPECT_EQ(find(Method::kOther, "/events"), "405 POST, GET, HEAD");
  EXPECT_EQ(find(Method::kPost, "/m/7/metrics"), "405 GET, HEAD");
  EXPECT_EQ(find(Method::kHead, "/only"), "405 POST");
}

TEST(RequestId, IsTakenWhenItIsHarmless) {
  EXPECT_TRUE(valid_request_id("aZ09._-"));
  EXPECT_TRUE(valid_request_id(std::string(128, 'a')));
  for (const std::string& bad :
       {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\"b")}) {
    EXPECT_FALSE(valid_request_id(bad)) << bad;
  }
}

TEST(RequestId, IsUniqueWhenMade) {
  std::set<MadeRequestId> made;
  for (int i = 0; i < 1000; ++i) {
    MadeRequestId id{};
    make_request_id(id);
    EXPECT_TRUE(valid_request_id({id.data(), id.size()}));
    made.insert(id);
  }
  EXPECT_EQ(made.size(), 1000U);
}

TEST(Traceparent, FollowsTheTraceContext) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(valid_traceparent(good));
  EXPECT_TRUE(valid_traceparent("01" + good.substr(2) + "-extra"));
  const std::string zero32(32, '0');
  for (const std::string& bad :
       {std::string(), good.substr(1), good + "-", good + "x", "ff" + good.substr(2), "0A" + good.substr(2),
        "00-" + zero32 + good.substr(35), good.substr(0, 36) + "0000000000000000-01",
        good.substr(0, 53) + "0X", "00-0AF7651916CD43DD8448EB211C80319C" + good.substr(35),
        "01" + good.substr(2) + "x"}) {
    EXPECT_FALSE(valid_traceparent(bad)) << bad;
  }
  MadeTraceparent made{};
  make_traceparent(made);
  EXPECT_TRUE(valid_traceparent({made.data(), made.size()}));
}

TEST(Date, IsAnImfFixdate) {
  const std::regex form(
      "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] [JFMASOND][a-z]{2} 20[0-9]{2} "
      "[0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT");
  EXPECT_TRUE(std::regex_match(std::string(http_date()), form)) << http_date();
}

TEST(Problem, IsJsonWhateverItQuotes) {
  const Response response = problem(400, "a\"b\\c\n\x01\xff\xed\xa0\x80\xc3\xa9", {{"f\"", "d"}, {"g", ""}});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Bad Request","status":400,)"
                           R"("detail":"a\"b\\c\u000a\u0001\ufffd\ufffd\ufffd\ufffd)"
                           "\xc3\xa9"
                           R"(","errors":[{"field":"f\"","detail":"d"},{"field":"g","detail":""}]})");
}

ClientAddress client(unsigned number) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(number);
  return ClientAddress::from(reinterpret_cast<const sockaddr*>(&address));
}

ClientAddress client6(const std::array<std::uint8_t, 16>& bytes) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::copy(bytes.begin(), bytes.end(), address.sin6_addr.s6_addr);
  return ClientAddress::from(reinterpret_cast<const sockaddr*>(&address));
}

TEST(RateLimiter, AllowsABurstAndThenTheRate) {
  RateLimiter limiter(10, 3);
  const base::SteadyTime start(seconds(1000));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.take(client(1), start));
  EXPECT_EQ(limiter.take(client(1), start), seconds(1));
  EXPECT_FALSE(limiter.take(client(2), start));
  EXPECT_FALSE(limiter.take(client(1), start + milliseconds(100)));
  EXPECT_TRUE(limiter.take(client(1), start + milliseconds(150)));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.take(client(1), start + seconds(10)));
  EXPECT_TRUE(limiter.take(client(1), start + seconds(10)));
}

TEST(RateLimiter, SaysHowLongToWait) {
  RateLimiter limiter(0.1, 1);
  const base::SteadyTime start(seconds(1000));
  EXPECT_FALSE(limiter.take(client(1), start));
  EXPECT_EQ(limiter.take(client(1), start), seconds(10));
  EXPECT_EQ(limiter.take(client(1), start + milliseconds(8500)), seconds(2));
}

TEST(RateLimiter, HasOneSecondsWorthByDefault) {
  RateLimiter limiter(5, 0);
  const base::SteadyTime start(seconds(1000));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.take(client(1), start));
  EXPECT_TRUE(limiter.take(client(1), start));
}

TEST(RateLimiter, KeepsTheBusiestWhenClientsAreMoreThanItHolds) {
  RateLimiter limiter(1, 100);
  const base::SteadyTime start(seconds(1000));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limiter.take(client(1), start));
  for (unsigned i = 2; i < 200'000; ++i) EXPECT_FALSE(limiter.take(client(i), start));
  EXPECT_TRUE(limiter.take(client(1), start));
}

TEST(ClientAddress, IsASlash64ForIpv6AndTheAddressForIpv4) {
  const std::array<std::uint8_t, 16> a{0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};
  auto b = a;
  b[15] = 2;
  auto c = a;
  c[7] = 2;
  EXPECT_EQ(client6(a).bytes, client6(b).bytes);
  EXPECT_NE(client6(a).bytes, client6(c).bytes);
  const std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  EXPECT_EQ(client6(mapped).bytes, client(0x0a000001).bytes);
  EXPECT_NE(client(0x0a000001).bytes, client(0x0a000002).bytes);
}

}  // namespace
}  // namespace fanfinity::http
