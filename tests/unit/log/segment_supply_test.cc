#include "log/segment_supply.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "log_fixture.h"

namespace fanfinity::log {
namespace {

class SegmentSupplyTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(directory_); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::shared_ptr<Segment> take() {
    supply_.replenish();
    auto segment = supply_.take();
    EXPECT_TRUE(segment) << segment.error().detail;
    return segment ? std::move(*segment) : nullptr;
  }
  [[nodiscard]] bool in_sequence(std::uint64_t sequence) const {
    return std::filesystem::exists(directory_ / segment_name("events", sequence));
  }

  const std::filesystem::path directory_ =
      testing::TempDir() + "segment-supply-" + base::Uuid::random().to_string();
  SegmentSupply supply_{{.files = &system_files(),
                         .directory = directory_,
                         .prefix = "events",
                         .segment_bytes = kMinSegmentBytes,
                         .max_bytes = 16 * kMinSegmentBytes}};
};

TEST_F(SegmentSupplyTest, LeavesNoGapBehindASegmentThatAReaderStillHolds) {
  auto reading = take();
  auto second = take();
  supply_.retire(reading);
  supply_.retire(std::move(second));
  EXPECT_FALSE(supply_.replenish());
  EXPECT_TRUE(in_sequence(1));
  EXPECT_TRUE(in_sequence(2)) << "A crash now would leave a sequence with a hole, which nobody may open.";
  reading.reset();
  EXPECT_TRUE(supply_.replenish());
  EXPECT_FALSE(in_sequence(1));
  EXPECT_FALSE(in_sequence(2));
}

}  // namespace
}  // namespace fanfinity::log
