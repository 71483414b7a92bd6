#include "store/row_binary.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace fanfinity::store {
namespace {

const base::Uuid kId = *base::Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");

template <typename Write>
std::string bytes_of(Write write) {
  std::string bytes(32'768, '\0');
  RowBinaryWriter out(bytes.data());
  write(out);
  bytes.resize(static_cast<std::size_t>(out.at() - bytes.data()));
  return bytes;
}

TEST(RowBinary, WritesWhatClickHouseDocuments) {
  EXPECT_EQ(bytes_of([](auto& out) { out.integer(std::int32_t{-2}); }), std::string("\xfe\xff\xff\xff"));
  EXPECT_EQ(bytes_of([](auto& out) { out.text("ab"); }), std::string("\x02"
                                                                     "ab"));
  EXPECT_EQ(bytes_of([](auto& out) { out.length(300); }), std::string("\xac\x02"));
  EXPECT_EQ(bytes_of([](auto& out) { out.uuid(kId); }),
            std::string("\x77\x66\x55\x44\x33\x22\x11\x00\xff\xee\xdd\xcc\xbb\xaa\x99\x88", 16));
}

TEST(RowBinary, ReadsWhatItWrote) {
  const std::string long_text(20'000, 'x');
  const auto bytes = bytes_of([&](auto& out) {
    out.text("");
    out.text(long_text);
    out.length(std::numeric_limits<std::size_t>::max());
    out.integer(std::numeric_limits<std::int64_t>::min());
    out.timestamp(base::Timestamp(std::chrono::milliseconds(-1)));
    out.uuid(kId);
  });
  RowBinaryReader reader(bytes);
  EXPECT_EQ(reader.text(), "");
  EXPECT_EQ(reader.text(), long_text);
  EXPECT_EQ(reader.length(), std::numeric_limits<std::size_t>::max());
  EXPECT_EQ(reader.integer<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.timestamp(), base::Timestamp(std::chrono::milliseconds(-1)));
  EXPECT_EQ(reader.uuid(), kId);
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(RowBinary, KnowsHowMuchATextTakes) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 300U, 16'383U, 16'384U}) {
    const std::string text(size, 'x');
    EXPECT_EQ(row_binary_bytes(text), bytes_of([&](auto& out) { out.text(text); }).size()) << size;
  }
}

TEST(RowBinary, CutShortAnywhereIsNoticed) {
  const auto row = bytes_of([](auto& out) {
    out.uuid(kId);
    out.integer(std::uint32_t{3});
    out.text(std::string(200, 'x'));
  });
  for (std::size_t size = 0; size <= row.size(); ++size) {
    const std::string bytes = row.substr(0, size);
    RowBinaryReader reader(bytes);
    static_cast<void>(reader.uuid());
    static_cast<void>(reader.integer<std::uint32_t>());
    static_cast<void>(reader.text());
    EXPECT_EQ(reader.ok(), size == row.size()) << size;
  }
}

TEST(RowBinary, OfALengthThatCannotBeIsNoticed) {
  const std::string endless(11, '\xff');
  RowBinaryReader reader(endless);
  EXPECT_EQ(reader.length(), 0U);
  EXPECT_FALSE(reader.ok());
  const auto huge = bytes_of([](auto& out) { out.length(std::numeric_limits<std::size_t>::max()); });
  RowBinaryReader other(huge);
  EXPECT_EQ(other.text(), "");
  EXPECT_FALSE(other.ok());
}

}  // namespace
}  // namespace fanfinity::store
