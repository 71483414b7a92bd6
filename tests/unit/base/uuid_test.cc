#include "base/uuid.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace fanfinity::base {
namespace {

constexpr std::string_view kText = "550e8400-e29b-41d4-a716-446655440000";

TEST(Uuid, ReadsAnyCaseAndWritesLowerCase) {
  for (const std::string_view text : {kText, std::string_view("550E8400-E29B-41D4-A716-446655440000"),
                                      std::string_view("550e8400-E29b-41D4-a716-446655440000")}) {
    const auto id = Uuid::parse(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(id->to_string(), kText);
  }
}

TEST(Uuid, KeepsItsBytesInNetworkOrder) {
  const auto id = Uuid::parse("00010203-0405-0607-0809-0a0b0c0d0e0f");
  ASSERT_TRUE(id);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(id->bytes[i], i);
}

TEST(Uuid, TakesAnyVersionAndVariant) {
  for (const std::string_view text :
       {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}) {
    ASSERT_TRUE(Uuid::parse(text)) << text;
    EXPECT_EQ(Uuid::parse(text)->to_string(), text);
  }
}

TEST(Uuid, RefusesEveryOtherForm) {
  for (const std::string_view text :
       {"", "550e8400e29b41d4a716446655440000", "{550e8400-e29b-41d4-a716-446655440000}",
        "urn:uuid:550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-44665544000",
        "550e8400-e29b-41d4-a716-4466554400000", " 550e8400-e29b-41d4-a716-44665544000",
        "550e8400-e29b-41d4-a716_446655440000", "550e840-0e29b-41d4-a716-446655440000"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, RefusesAWrongCharacterAnywhere) {
  for (std::size_t at = 0; at < kText.size(); ++at) {
    for (const char wrong : {'g', 'G', ' ', '/', ':', '@', '`', '\0', '\x80', '\xFF'}) {
      std::string text(kText);
      text[at] = wrong;
      EXPECT_FALSE(Uuid::parse(text)) << "byte " << at << " is " << static_cast<int>(wrong);
    }
  }
}

TEST(Uuid, MakesRandomOnesOfVersionFour) {
  std::unordered_set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const Uuid id = Uuid::random();
    EXPECT_EQ(id.to_string()[14], '4');
    EXPECT_NE(std::string("89ab").find(id.to_string()[19]), std::string::npos);
    EXPECT_EQ(Uuid::parse(id.to_string()), id);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000);
}

TEST(Uuid, OrdersByItsBytes) {
  EXPECT_LT(Uuid::parse("00000000-0000-0000-0000-000000000001"),
            Uuid::parse("00000000-0000-0000-0000-000000000002"));
  EXPECT_LT(Uuid::parse("0fffffff-ffff-ffff-ffff-ffffffffffff"),
            Uuid::parse("10000000-0000-0000-0000-000000000000"));
}

// The partition of every stored event hangs on these values: they must never change.
TEST(Uuid, HashesAsItEverDid) {
  EXPECT_EQ(Uuid::parse(kText)->hash(), 11241164260112575095ULL);
  EXPECT_EQ(Uuid{}.hash(), 12612883901365648434ULL);
}

}  // namespace
}  // namespace fanfinity::base
