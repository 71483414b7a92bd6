#include "log/segment.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "fault_files.h"
#include "log_fixture.h"

namespace fanfinity::log {
namespace {

using base::Errc;

constexpr std::uint32_t kTag = 7;

class SegmentTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::shared_ptr<Segment> fresh(std::uint64_t sequence = 1) {
    const auto path = directory_ / segment_name("test", sequence);
    auto file = create_zeroed(system_files(), path, kMinSegmentBytes);
    EXPECT_TRUE(file);
    return live(path, std::move(file).value(), sequence);
  }
  static std::shared_ptr<Segment> live(const std::filesystem::path& path, std::unique_ptr<File> file,
                                       std::uint64_t sequence) {
    const auto header = write_segment_header(*file, kTag, sequence, kMinSegmentBytes);
    EXPECT_TRUE(header);
    return std::make_shared<Segment>(Segment{path, std::move(file), *header});
  }
  /// Writes a block and answers where it ends.
  static std::uint64_t put(const Segment& segment, std::uint64_t at, std::uint64_t write_at,
                           const std::string& payload) {
    std::vector<std::byte> block(kBlockHeaderBytes + padded(payload.size()));
    const auto bytes = std::as_bytes(std::span(payload));
    std::ranges::copy(bytes, block.begin() + kBlockHeaderBytes);
    seal_block({.kind = BlockKind::kRecords, .count = 1, .write_at = static_cast<std::uint32_t>(write_at)},
               at, segment.header.salt, bytes, block.data());
    EXPECT_TRUE(write_fully(*segment.file, at, block));
    return at + block.size();
  }
  static void damage(const Segment& segment, std::uint64_t at) {
    std::byte one{};
    EXPECT_TRUE(segment.file->read_at(at, std::span(&one, 1)));
    one ^= std::byte{0x40};
    EXPECT_TRUE(write_fully(*segment.file, at, std::span(&one, 1)));
  }
  static base::Result<SegmentScan> scan(const Segment& segment, std::vector<std::string>& payloads) {
    return scan_segment(segment, [&](const BlockHeader&, std::uint64_t, std::span<const std::byte> payload) {
      ByteReader in(payload);
      payloads.push_back(in.text(payload.size()));
      return base::Status();
    });
  }

  const std::filesystem::path directory_ = testing::TempDir() + "segment-" + base::Uuid::random().to_string();
  std::vector<std::string> payloads_;
};

TEST_F(SegmentTest, NamesRoundTripAndForeignNamesAreNot) {
  EXPECT_EQ(parse_segment_name("events", segment_name("events", 42)), 42U);
  EXPECT_FALSE(parse_segment_name("events", segment_name("retry", 42)));
  EXPECT_FALSE(parse_segment_name("events", "events-42.seg"));
  EXPECT_FALSE(parse_segment_name("events", "events-00000000000000x2.seg"));
  EXPECT_FALSE(parse_segment_name("events", "events-0000000000000042.new"));
}

TEST_F(SegmentTest, IsZeroedWhollyBeforeItsFirstUse) {
  FaultFiles files;
  files.longest_write = 1000;
  const auto path = directory_ / "zeroed";
  ASSERT_TRUE(create_zeroed(files, path, kMinSegmentBytes));
  EXPECT_EQ(read_bytes(path), std::string(kMinSegmentBytes, '\0'));
}

TEST_F(SegmentTest, LeavesNothingBehindWhenTheDiskIsFull) {
  FaultFiles files;
  files.disk_full = true;
  const auto file = create_zeroed(files, directory_ / "new", kMinSegmentBytes);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Errc::kFull);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(SegmentTest, OpensOnlyWhatItsNameSays) {
  const auto path = fresh(3)->path;
  EXPECT_TRUE(open_segment(system_files(), path, kTag, 3));
  for (const auto& [tag, sequence] : {std::pair{kTag, 4U}, std::pair{kTag + 1, 3U}}) {
    const auto other = open_segment(system_files(), path, tag, sequence);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::kCorrupt);
  }
}

TEST_F(SegmentTest, ReadsBlocksUpToTheFirstGap) {
  const auto segment = fresh();
  auto at = put(*segment, kSegmentHeaderBytes, kSegmentHeaderBytes, "one");
  at = put(*segment, at, at, std::string(1000, '2'));
  const auto scanned = scan(*segment, payloads_);
  ASSERT_TRUE(scanned) << scanned.error().detail;
  EXPECT_EQ(scanned->end, at);
  EXPECT_EQ(scanned->torn_end, 0U);
  EXPECT_EQ(payloads_, (std::vector<std::string>{"one", std::string(1000, '2')}));
}

TEST_F(SegmentTest, DropsTheRemainsOfATornWriteAndErasesThem) {
  const auto segment = fresh();
  const auto torn = put(*segment, kSegmentHeaderBytes, kSegmentHeaderBytes, "synced");
  // A write of three blocks of which the first is damaged: the pages reached the disk in another order.
  auto at = put(*segment, torn, torn, "first");
  at = put(*segment, at, torn, "second");
  put(*segment, at, torn, "third");
  damage(*segment, torn + kBlockHeaderBytes);
  const auto scanned = scan(*segment, payloads_);
  ASSERT_TRUE(scanned) << scanned.error().detail;
  EXPECT_EQ(scanned->end, torn);
  EXPECT_EQ(scanned->torn_end, at + kBlockHeaderBytes);
  EXPECT_EQ(payloads_, std::vector<std::string>{"synced"});

  ASSERT_TRUE(erase_torn(*segment, *scanned));
  // What is written next ends exactly where the old second block began.
  put(*segment, torn, torn, "fresh");
  payloads_.clear();
  ASSERT_TRUE(scan(*segment, payloads_));
  EXPECT_EQ(payloads_, (std::vector<std::string>{"synced", "fresh"}));
}

TEST_F(SegmentTest, CallsDamageBeforeALaterWriteCorruption) {
  const auto segment = fresh();
  const auto second = put(*segment, kSegmentHeaderBytes, kSegmentHeaderBytes, "one");
  const auto third = put(*segment, second, second, "two");
  put(*segment, third, third, "three");
  damage(*segment, second + 4);
  const auto scanned = scan(*segment, payloads_);
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().code, Errc::kCorrupt);
  EXPECT_NE(scanned.error().detail.find(segment->path.string()), std::string::npos);
}

TEST_F(SegmentTest, NeverReadsTheBlocksOfAnEarlierLife) {
  auto segment = fresh(1);
  auto at = kSegmentHeaderBytes;
  for (int i = 0; i < 100; ++i) at = put(*segment, at, at, "former");
  segment = live(segment->path, std::move(segment->file), 2);
  const auto end = put(*segment, kSegmentHeaderBytes, kSegmentHeaderBytes, "newest");
  const auto scanned = scan(*segment, payloads_);
  ASSERT_TRUE(scanned) << scanned.error().detail;
  EXPECT_EQ(scanned->end, end);
  EXPECT_EQ(payloads_, std::vector<std::string>{"newest"});
}

TEST_F(SegmentTest, NeverReadsABlockThatWasCopiedElsewhere) {
  const auto segment = fresh();
  const auto end = put(*segment, kSegmentHeaderBytes, kSegmentHeaderBytes, "block");
  std::vector<std::byte> copy(end - kSegmentHeaderBytes);
  ASSERT_TRUE(read_fully(*segment->file, kSegmentHeaderBytes, copy));
  ASSERT_TRUE(write_fully(*segment->file, end, copy));
  ASSERT_TRUE(scan(*segment, payloads_));
  EXPECT_EQ(payloads_.size(), 1U);
}

TEST_F(SegmentTest, FillsASegmentToItsLastByte) {
  const auto segment = fresh();
  const auto rest = kMinSegmentBytes - kSegmentHeaderBytes - kBlockHeaderBytes;
  EXPECT_EQ(put(*segment, kSegmentHeaderBytes, kSegmentHeaderBytes, std::string(rest, 'f')),
            kMinSegmentBytes);
  const auto scanned = scan(*segment, payloads_);
  ASSERT_TRUE(scanned) << scanned.error().detail;
  EXPECT_EQ(scanned->end, kMinSegmentBytes);
}

}  // namespace
}  // namespace fanfinity::log
