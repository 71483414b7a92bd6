#include "log/record_codec.h"

#include <gtest/gtest.h>

#include <vector>

namespace fanfinity::log {
namespace {

Record full_record() {
  Record record;
  record.kind = RecordKind::kResponseTimes;
  record.key = base::Uuid::random();
  record.value = "value";
  record.received_at = base::Timestamp(std::chrono::milliseconds(-5));
  record.traceparent = "trace";
  record.failure = Failure{{{record.received_at, "first"}, {record.received_at, "second"}},
                           base::Timestamp(std::chrono::milliseconds(7)),
                           {Stream::kRetry, PartitionId{2}, Offset{1} + (1LL << 40)}};
  return record;
}

std::vector<std::byte> encoded(const Record& record) {
  std::vector<std::byte> bytes(encoded_bytes(record));
  ByteWriter out(bytes.data());
  encode(record, out);
  EXPECT_EQ(out.at(), bytes.data() + bytes.size());
  return bytes;
}

TEST(RecordCodec, GivesBackWhatItWasGiven) {
  const auto record = full_record();
  const auto bytes = encoded(record);
  ByteReader in(bytes);
  EXPECT_EQ(decode_record(in), record);
  EXPECT_EQ(in.left(), 0U);
}

TEST(RecordCodec, LeavesWhatFollowsTheRecord) {
  auto bytes = encoded(full_record());
  const auto one = bytes.size();
  bytes.insert(bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(one));
  ByteReader in(bytes);
  EXPECT_TRUE(skip_record(in));
  EXPECT_EQ(in.left(), one);
  EXPECT_TRUE(decode_record(in));
  EXPECT_FALSE(decode_record(in));
  EXPECT_FALSE(skip_record(in));
}

TEST(RecordCodec, RefusesEveryTruncation) {
  const auto bytes = encoded(full_record());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in{std::span(bytes).first(size)};
    EXPECT_FALSE(decode_record(in)) << size;
    ByteReader again{std::span(bytes).first(size)};
    EXPECT_FALSE(skip_record(again)) << size;
  }
}

TEST(RecordCodec, SurvivesEveryChangedByte) {
  const auto bytes = encoded(full_record());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const auto mask : {std::byte{0x01}, std::byte{0x80}, std::byte{0xff}}) {
      auto changed = bytes;
      changed[i] ^= mask;
      ByteReader in(changed);
      const auto record = decode_record(in);
      if (!record) continue;
      EXPECT_EQ(encoded(*record).size(), bytes.size()) << i;
    }
  }
}

}  // namespace
}  // namespace fanfinity::log
