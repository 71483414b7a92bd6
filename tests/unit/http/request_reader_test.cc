#include "http/request_reader.h"

#include <gtest/gtest.h>

#include "unit/http/request_parts.h"

namespace fanfinity::http::test {
namespace {

using namespace std::string_literals;

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

/// The verdict on `bytes`, which must be the same however they arrive.
Read read_any_way(const std::string& bytes, std::uint64_t body_limit = 1000,
                  const RequestReader::Limits& limits = {}) {
  const Read whole = read_request(bytes, bytes.size(), body_limit, limits);
  for (const std::size_t step : {1UL, 2UL, 3UL, 7UL, 64UL}) {
    EXPECT_EQ(read_request(bytes, step, body_limit, limits), whole) << "in pieces of " << step;
  }
  return whole;
}

void expect_verdicts(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(read_any_way(c.bytes).status, c.status);
  }
}

std::string with(const std::string& headers, const std::string& body = "") {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body;
}

const std::string kChunked = "Transfer-Encoding: chunked\r\n";

TEST(RequestReader, ReadsARequestHoweverItIsSplit) {
  const Read got = read_any_way("GET /a/b?c=d&e HTTP/1.1\r\nHost: localhost:8080\r\nAccept: */*\r\n\r\n");
  EXPECT_EQ(got, (Read{0, Method::kGet, "/a/b", "c=d&e", "", true, 0}));
}

TEST(RequestReader, ReadsABodyByItsLengthAndLeavesTheRest) {
  const Read got = read_request(with("Content-Length: 5\r\n", "helloGET /next"), 1000);
  EXPECT_EQ(got, (Read{0, Method::kPost, "/x", "", "hello", true, 9}));
}

TEST(RequestReader, ReadsChunksWithExtensionsAndTrailers) {
  const Read got = read_any_way(
      with(kChunked,
           "5\r\nhello\r\n1;name=value\r\n \r\n0006;q=\"a;b\"\r\nworld!\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"));
  EXPECT_EQ(got, (Read{0, Method::kPost, "/x", "", "hello world!", true, 0}));
}

TEST(RequestReader, IgnoresAnEmptyLineBeforeTheRequest) {
  EXPECT_EQ(read_any_way("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 0);
  EXPECT_EQ(read_any_way("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 400);
}

TEST(RequestReader, DerivesPersistenceFromVersionAndConnection) {
  EXPECT_TRUE(read_any_way("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive);
  EXPECT_FALSE(read_any_way("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n").keep_alive);
  EXPECT_FALSE(read_any_way("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(read_any_way("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
}

TEST(RequestReader, TakesAnAbsoluteTarget) {
  EXPECT_EQ(read_any_way("GET http://a:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n").path, "/p");
  EXPECT_EQ(read_any_way("GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n").path, "/");
  EXPECT_EQ(read_any_way("GET http://a?q=1 HTTP/1.1\r\nHost: a\r\n\r\n").query, "q=1");
}

TEST(RequestReader, RefusesAmbiguousLengths) {
  expect_verdicts({
      {"both", with("Content-Length: 5\r\n" + kChunked, "0\r\n\r\n"), 400},
      {"both, other order", with(kChunked + "Content-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"different lengths", with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
      {"the same length twice", with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"a list of lengths", with("Content-Length: 5, 5\r\n", "hello"), 400},
      {"a signed length", with("Content-Length: +5\r\n", "hello"), 400},
      {"a negative length", with("Content-Length: -5\r\n"), 400},
      {"a hexadecimal length", with("Content-Length: 0x5\r\n", "hello"), 400},
      {"an empty length", with("Content-Length:\r\n"), 400},
      {"a length with a space", with("Content-Length: 1 2\r\n"), 400},
      {"a length beyond 64 bits", with("Content-Length: 99999999999999999999\r\n"), 400},
  });
}

TEST(RequestReader, RefusesTransferCodingsOtherThanChunked) {
  expect_verdicts({
      {"gzip", with("Transfer-Encoding: gzip\r\n"), 501},
      {"gzip and chunked", with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"chunked twice", with(kChunked + kChunked, "0\r\n\r\n"), 400},
      {"chunked and identity", with(kChunked + "Transfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
      {"a disguised name", with("Transfer-Encoding: xchunked\r\n"), 501},
      {"a disguised name, vertical tab",
       with("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       400},
      {"quoted", with("Transfer-Encoding: \"chunked\"\r\n"), 501},
      {"HTTP/1.0", "POST / HTTP/1.0\r\n" + kChunked + "\r\n0\r\n\r\n", 400},
  });
}

TEST(RequestReader, RefusesLooseLineEnds) {
  expect_verdicts({
      {"line feeds only", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"a bare line feed after a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"a bare line feed at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"a bare carriage return in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
      {"a carriage return too many", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
      {"a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
      {"a folded first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s, 400},
  });
}

TEST(RequestReader, RefusesMalformedFields) {
  expect_verdicts({
      {"a space before the colon", with("X : y\r\n"), 400},
      {"a tab before the colon", with("X\t: y\r\n"), 400},
      {"no colon", with("X\r\n"), 400},
      {"no name", with(": y\r\n"), 400},
      {"a space in the name", with("Content Length: 5\r\n"), 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Content-Type twice", with("Content-Type: a/b\r\nContent-Type: a/b\r\n"), 400},
      {"Authorization twice", with("Authorization: a\r\nAuthorization: b\r\n"), 400},
      {"an expectation we do not know", with("Expect: cake\r\nContent-Length: 1\r\n"), 417},
  });
}

TEST(RequestReader, RefusesMalformedRequestLines) {
  expect_verdicts({
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01"s, 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a quote", "GET /\"a\" HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a relative target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no host in an absolute target", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"lower-case protocol", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"garbage after the version", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"an asterisk for OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"an asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bytes above ASCII",
       "GET /Bar\xc3\xa7"
       "a HTTP/1.1\r\nHost: a\r\n\r\n",
       0},
  });
}

TEST(RequestReader, RefusesMalformedChunks) {
  expect_verdicts({
      {"no size", with(kChunked, "\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size that is no number", with(kChunked, "x\r\nhello\r\n0\r\n\r\n"), 400},
      {"a signed size", with(kChunked, "-5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a prefixed size", with(kChunked, "0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size beyond 64 bits", with(kChunked, "10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"a space after the size", with(kChunked, "5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"a bare line feed after the size", with(kChunked, "5\nhello\r\n0\r\n\r\n"), 400},
      {"a bare line feed in an extension", with(kChunked, "5;a\nb\r\nhello\r\n0\r\n\r\n"), 400},
      {"a bare carriage return in an extension", with(kChunked, "5;a\rb\r\nhello\r\n0\r\n\r\n"), 400},
      {"more data than the size says", with(kChunked, "5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"a bare line feed after the data", with(kChunked, "5\r\nhello\n0\r\n\r\n"), 400},
      {"a bare line feed in the trailers", with(kChunked, "0\r\nX: y\n\r\n"), 400},
      {"a trailer without colon", with(kChunked, "0\r\nX\r\n\r\n"), 400},
      {"a folded trailer", with(kChunked, "0\r\nX: y\r\n z\r\n\r\n"), 400},
      {"extensions without end", with(kChunked, "5;" + std::string(5000, 'a') + "\r\nhello\r\n0\r\n\r\n"),
       400},
      {"trailers without end", with(kChunked, "0\r\nX: " + std::string(9000, 'a') + "\r\n\r\n"), 431},
      {"too much", with(kChunked, "3e9\r\n"), 413},
      {"too much in sum", with(kChunked, "1\r\na\r\n3e8\r\n"), 413},
  });
}

TEST(RequestReader, BoundsExtensionsOverAllChunks) {
  std::string chunks;
  for (int i = 0; i < 10; ++i) chunks += "1;" + std::string(500, 'x') + "\r\na\r\n";
  EXPECT_EQ(read_any_way(with(kChunked, chunks + "0\r\n\r\n")).status, 400);
}

TEST(RequestReader, BoundsTargetAndHeaders) {
  const RequestReader::Limits limits{2000, 500};
  const auto target = [](std::size_t n) {
    return "GET /" + std::string(n - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(read_any_way(target(500), 0, limits).status, 0);
  EXPECT_EQ(read_any_way(target(501), 0, limits).status, 414);
  EXPECT_EQ(read_any_way(target(5000), 0, limits).status, 414);
  const auto field = [](std::size_t n) {
    return "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(n, 'a') + "\r\n\r\n";
  };
  const std::size_t rest = field(0).size();
  EXPECT_EQ(read_any_way(field(2000 - rest), 0, limits).status, 0);
  EXPECT_EQ(read_any_way(field(2001 - rest), 0, limits).status, 431);
  // Without an end, and with many small fields: what a parser that counts a field at a time misses.
  EXPECT_EQ(read_any_way("GET /" + std::string(600, 'a'), 0, limits).status, 414);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (many.size() < 2500) many += "A: b\r\n";
  EXPECT_EQ(read_any_way(many, 0, limits).status, 431);
}

TEST(RequestReader, RefusesALengthBeyondTheLimitBeforeReadingIt) {
  EXPECT_EQ(read_request(with("Content-Length: 1001\r\n", "a"), 1000).status, 413);
}

}  // namespace
}  // namespace fanfinity::http::test
