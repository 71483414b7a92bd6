#include "store/id_blocks.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/row_binary.h"

namespace fanfinity::store {
namespace {

using base::Errc;

ScannedId id_of(std::uint8_t number) {
  ScannedId one;
  for (std::size_t i = 0; i < one.id.bytes.size(); ++i) {
    one.id.bytes[i] = static_cast<std::uint8_t>(number + 3 * i);
  }
  one.received_at = base::Timestamp{std::chrono::milliseconds{1'700'000'000'000 + number}};
  return one;
}

/// A block as ClickHouse writes it.
std::string block_of(const std::vector<ScannedId>& ids) {
  std::string bytes(64 + 24 * ids.size(), '\0');
  RowBinaryWriter out(bytes.data());
  out.length(2);
  out.length(ids.size());
  out.text("event_id");
  out.text("UUID");
  for (const auto& one : ids) out.uuid(one.id);
  out.text("received_at");
  out.text("DateTime64(3, 'UTC')");
  for (const auto& one : ids) out.timestamp(one.received_at);
  bytes.resize(static_cast<std::size_t>(out.at() - bytes.data()));
  return bytes;
}

class IdBlocksTest : public testing::Test {
 protected:
  base::Status take(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      if (auto taken = blocks_.take(bytes.substr(0, piece)); !taken) return taken;
    }
    return {};
  }

  std::vector<ScannedId> seen_;
  EventStore::Scanned each_ = [this](std::span<const ScannedId> ids) -> base::Status {
    seen_.insert(seen_.end(), ids.begin(), ids.end());
    return {};
  };
  IdBlocks blocks_{each_};
};

TEST_F(IdBlocksTest, HandsOutEveryIdWhereverTheAnswerIsCut) {
  std::vector<ScannedId> all;
  std::string bytes = block_of({});
  for (const std::uint8_t rows : {1, 200, 3}) {
    std::vector<ScannedId> ids;
    for (std::uint8_t i = 0; i < rows; ++i) ids.push_back(id_of(i));
    bytes += block_of(ids);
    all.insert(all.end(), ids.begin(), ids.end());
  }
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    seen_.clear();
    ASSERT_TRUE(take(bytes, piece).ok()) << piece;
    ASSERT_TRUE(blocks_.whole());
    ASSERT_EQ(seen_.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(seen_[i].id, all[i].id);
      ASSERT_EQ(seen_[i].received_at, all[i].received_at);
    }
  }
}

TEST_F(IdBlocksTest, IsNotWholeWhenTheAnswerEndsWithinABlock) {
  const std::string bytes = block_of({id_of(1), id_of(2)});
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    IdBlocks torn(each_);
    ASSERT_TRUE(torn.take(std::string_view(bytes).substr(0, size)).ok());
    ASSERT_FALSE(torn.whole()) << size;
  }
  EXPECT_TRUE(seen_.empty());
}

TEST_F(IdBlocksTest, RefusesWhatIsNoListOfIds) {
  std::string other_name = block_of({id_of(1)});
  other_name[3] = 'E';
  std::string other_type = block_of({id_of(1)});
  other_type[other_type.find("DateTime64(3") + 11] = '6';
  std::string endless = "\x02\xff\xff\xff\xff\xff\xff";
  for (const std::string& bytes : {std::string("Code: 241. DB::Exception: too much"), other_name, other_type,
                                   endless, block_of({id_of(1)}) + "__exception__"}) {
    IdBlocks blocks(each_);
    const auto taken = blocks.take(bytes);
    ASSERT_FALSE(taken.ok()) << bytes;
    EXPECT_EQ(taken.error().code, Errc::kUnavailable);
  }
}

TEST_F(IdBlocksTest, EndsWithTheErrorOfItsTaker) {
  const EventStore::Scanned enough = [](auto) -> base::Status {
    return base::Error{Errc::kStopped, "enough"};
  };
  IdBlocks blocks(enough);
  EXPECT_EQ(blocks.take(block_of({id_of(1)})).error().code, Errc::kStopped);
}

}  // namespace
}  // namespace fanfinity::store
