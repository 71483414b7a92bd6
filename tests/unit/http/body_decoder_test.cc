#include "http/body_decoder.h"

#include <gtest/gtest.h>

#include "unit/http/encode.h"

namespace fanfinity::http {
namespace {

using test::gzip;
using test::zstd;

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t x = 1;
  for (char& c : text) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24U);
  return text;
}

class Decoding : public testing::TestWithParam<Coding> {
 protected:
  static std::string encode(const std::string& text) {
    return GetParam() == Coding::kGzip ? gzip(text) : zstd(text);
  }
  std::string out_;
};

INSTANTIATE_TEST_SUITE_P(BodyDecoder, Decoding, testing::Values(Coding::kGzip, Coding::kZstd),
                         [](const auto& tested) { return tested.param == Coding::kGzip ? "Gzip" : "Zstd"; });

TEST_P(Decoding, GivesBackWhatWasEncoded) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(1'000'000, 'a'), noise(300'000)}) {
    out_.clear();
    ASSERT_EQ(decode_body(GetParam(), encode(text), 1'000'000, out_), Decoded::kOk);
    EXPECT_EQ(out_, text);
  }
}

TEST_P(Decoding, TakesExactlyTheLimitAndNotAByteMore) {
  for (const std::size_t size : {1UL, 999UL, 32768UL, 100'000UL}) {
    const std::string encoded = encode(noise(size));
    EXPECT_EQ(decode_body(GetParam(), encoded, size, out_), Decoded::kOk);
    EXPECT_EQ(decode_body(GetParam(), encoded, size - 1, out_), Decoded::kTooLarge);
    EXPECT_LE(encoded.size(), encoded_limit(GetParam(), size));
  }
}

TEST_P(Decoding, IsNotFloodedByABomb) {
  const std::string bomb = encode(std::string(200U << 20U, '\0'));
  ASSERT_LT(bomb.size(), 300'000U);
  EXPECT_EQ(decode_body(GetParam(), bomb, 64 * 1024, out_), Decoded::kTooLarge);
  EXPECT_LE(out_.capacity(), 256U * 1024);
}

TEST_P(Decoding, RefusesTruncationAtEveryByte) {
  const std::string encoded = encode("hello, hello, hello");
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    out_.clear();
    EXPECT_EQ(decode_body(GetParam(), encoded.substr(0, size), 1000, out_), Decoded::kCorrupt) << size;
  }
}

TEST_P(Decoding, RefusesGarbage) {
  EXPECT_EQ(decode_body(GetParam(), "not encoded at all", 1000, out_), Decoded::kCorrupt);
  EXPECT_EQ(decode_body(GetParam(), encode("hello") + "x", 1000, out_), Decoded::kCorrupt);
  std::string flipped = encode(std::string(noise(1000)));
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x55);
  EXPECT_EQ(decode_body(GetParam(), flipped, 10'000, out_), Decoded::kCorrupt);
}

TEST_P(Decoding, TakesSeveralMembers) {
  ASSERT_EQ(decode_body(GetParam(), encode("hello ") + encode("world"), 1000, out_), Decoded::kOk);
  EXPECT_EQ(out_, "hello world");
  EXPECT_EQ(decode_body(GetParam(), encode("hello ") + encode("world"), 10, out_), Decoded::kTooLarge);
}

TEST(BodyDecoder, RefusesZlibAndRawDeflateAsGzip) {
  std::string out;
  EXPECT_EQ(decode_body(Coding::kGzip, test::deflated("hello", 15), 1000, out), Decoded::kCorrupt);
  EXPECT_EQ(decode_body(Coding::kGzip, test::deflated("hello", -15), 1000, out), Decoded::kCorrupt);
}

TEST(BodyDecoder, RefusesAZstdWindowThatNeedsTooMuchMemory) {
  std::string out;
  EXPECT_EQ(decode_body(Coding::kZstd, test::zstd("hello", 27), 1000, out), Decoded::kCorrupt);
}

TEST(BodyDecoder, KnowsItsCodings) {
  EXPECT_EQ(parse_coding(""), Coding::kIdentity);
  EXPECT_EQ(parse_coding("Identity"), Coding::kIdentity);
  EXPECT_EQ(parse_coding("GZIP"), Coding::kGzip);
  EXPECT_EQ(parse_coding("x-gzip"), Coding::kGzip);
  EXPECT_EQ(parse_coding("zstd"), Coding::kZstd);
  for (const char* other : {"br", "deflate", "gzip, gzip", "gzi", "zstdx"})
    EXPECT_FALSE(parse_coding(other)) << other;
}

}  // namespace
}  // namespace fanfinity::http
