#include "bench/load/response_reader.h"

#include <gtest/gtest.h>

namespace fanfinity::bench {
namespace {

using Progress = ResponseReader::Progress;

std::string response(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 202 Accepted\r\nDate: now\r\n" + headers + "\r\n" + body;
}

/// Feeds `bytes` in pieces; what the last one led to.
Progress feed(ResponseReader& reader, const std::string& bytes, std::size_t step) {
  Progress progress = Progress::kMore;
  for (std::size_t at = 0; at < bytes.size() && progress == Progress::kMore; at += step) {
    progress = reader.take(std::string_view(bytes).substr(at, step));
  }
  return progress;
}

TEST(ResponseReader, ReadsAResponseHoweverItIsSplit) {
  const std::string bytes = response("Content-Type: text/plain\r\nContent-Length: 11\r\n", "hello\r\n\r\nxy");
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    ResponseReader reader;
    ASSERT_EQ(feed(reader, bytes, step), Progress::kDone) << step;
    EXPECT_EQ(reader.status(), 202);
    EXPECT_EQ(reader.body(), "hello\r\n\r\nxy");
    EXPECT_FALSE(reader.closes());
  }
}

TEST(ResponseReader, ReadsOneResponseAfterAnother) {
  ResponseReader reader;
  const std::string first = response("content-length:2\r\n", "ab");
  const std::string second = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{40}, std::size_t{1000}}) {
    ASSERT_EQ(feed(reader, first, step), Progress::kDone);
    EXPECT_EQ(reader.status(), 202);
    EXPECT_EQ(reader.body(), "ab");
    ASSERT_EQ(feed(reader, second, step), Progress::kDone);
    EXPECT_EQ(reader.status(), 503);
    EXPECT_EQ(reader.body(), "");
  }
}

TEST(ResponseReader, SeesThatTheConnectionWillBeClosed) {
  ResponseReader reader;
  ASSERT_EQ(feed(reader, response("CONNECTION: Close\r\nContent-Length: 0\r\n", ""), 9), Progress::kDone);
  EXPECT_TRUE(reader.closes());
  ASSERT_EQ(feed(reader, response("Connection: keep-alive\r\nContent-Length: 0\r\n", ""), 9),
            Progress::kDone);
  EXPECT_FALSE(reader.closes());
}

TEST(ResponseReader, RefusesWhatIsNoResponseWithALength) {
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), response("", ""), response("Content-Length: ten\r\n", ""),
        response("Content-Length: 1\r\n", "ab"), response("Content-Length: 99999999999\r\n", ""),
        std::string("HTTP/1.1 ok\r\nContent-Length: 0\r\n\r\n")}) {
    ResponseReader reader;
    EXPECT_EQ(reader.take(bytes), Progress::kMalformed) << bytes;
  }
}

TEST(ResponseReader, ForgetsWhatWasBegunOnAConnectionThatIsGone) {
  ResponseReader reader;
  ASSERT_EQ(reader.take(response("Content-Length: 5\r\n", "he")), Progress::kMore);
  reader.reset();
  const std::string bytes = response("Content-Length: 2\r\n", "ab");  // The body is a view into them.
  ASSERT_EQ(reader.take(bytes), Progress::kDone);
  EXPECT_EQ(reader.body(), "ab");
}

}  // namespace
}  // namespace fanfinity::bench
