#include <gtest/gtest.h>

#include "pipeline/consumer.h"

namespace fanfinity::pipeline {
namespace {

using base::Timestamp;

Timestamp at(std::int64_t ms) {
  return Timestamp{std::chrono::milliseconds(ms)};
}

TEST(CommitMetadata, ReadsWhatItWrote) {
  const CommitMetadata intent{log::Offset{12}, at(34), at(56), at(78)};
  EXPECT_EQ(intent.encode(), "v1;intent=12;at=34;asof=56;now=78");
  EXPECT_EQ(*CommitMetadata::decode(intent.encode()), intent);
  const CommitMetadata done{{}, {}, at(56), at(78)};
  EXPECT_EQ(done.encode(), "v1;asof=56;now=78");
  EXPECT_EQ(*CommitMetadata::decode(done.encode()), done);
}

TEST(CommitMetadata, FitsTheLimitOfTheLog) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_LE((CommitMetadata{log::Offset{most}, at(most), at(most), at(most)}.encode().size()), 1024U);
}

TEST(CommitMetadata, IsNoneWhenEmpty) {
  const auto decoded = CommitMetadata::decode("");
  ASSERT_TRUE(decoded.ok());
  EXPECT_FALSE(decoded->has_value());
}

TEST(CommitMetadata, RefusesToGuess) {
  for (const char* text :
       {"v2;asof=1;now=2", "v1", "v1;asof=1", "v1;now=1", "v1;asof=1;now=2;", "v1;asof=1;now=2;more=3",
        "v1;asof=1;asof=1;now=2", "v1;intent=5;asof=1;now=2", "v1;at=5;asof=1;now=2", "v1;asof=x;now=2",
        "v1;asof=-1;now=2", "v1;asof=1x;now=2", "v1;asof=;now=2", "v1;asof;now=2", "v1asof=1;now=2",
        "v1;asof=99999999999999999999;now=2", "hello", " v1;asof=1;now=2"}) {
    const auto decoded = CommitMetadata::decode(text);
    ASSERT_FALSE(decoded.ok()) << text;
    EXPECT_EQ(decoded.error().code, base::Errc::kCorrupt) << text;
  }
}

}  // namespace
}  // namespace fanfinity::pipeline
