#include "store/partition_agreement.h"

#include <gtest/gtest.h>

#include <string>

#include "fakes/clickhouse_fixture.h"
#include "store/migrations.h"

namespace fanfinity::store {
namespace {

using base::Errc;

class PartitionAgreementTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Migrator(http_, {}).run()); }

  ClickHouseHttp http_{fakes::ClickHouseServer::shared().endpoint(
      std::string("fanfinity_agreement_") + testing::UnitTest::GetInstance()->current_test_info()->name())};
  PartitionAgreement events_{http_, "events"};
};

TEST_F(PartitionAgreementTest, IsMadeByTheFirstWhoAsksAndKeptByAll) {
  const auto before = events_.agreed();
  ASSERT_TRUE(before) << before.error().detail;
  EXPECT_EQ(*before, std::nullopt);
  EXPECT_TRUE(events_.agree(3));
  EXPECT_EQ(*events_.agreed(), 3U);
  EXPECT_TRUE(PartitionAgreement(http_, "events").agree(3));
}

TEST_F(PartitionAgreementTest, RefusesAnotherNumberAndNamesBoth) {
  ASSERT_TRUE(events_.agree(3));
  const auto refused = events_.agree(4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalid);
  EXPECT_NE(refused.error().detail.find("3 partitions"), std::string::npos);
  EXPECT_NE(refused.error().detail.find("not 4"), std::string::npos);
  EXPECT_EQ(*events_.agreed(), 3U) << "asking changes nothing";
}

TEST_F(PartitionAgreementTest, IsWhatItWasChangedToLast) {
  ASSERT_TRUE(events_.agree(3));
  ASSERT_TRUE(events_.change(6));
  ASSERT_TRUE(events_.change(9));
  EXPECT_EQ(*events_.agreed(), 9U);
  EXPECT_TRUE(events_.agree(9));
  EXPECT_EQ(events_.agree(3).error().code, Errc::kInvalid);
}

TEST_F(PartitionAgreementTest, IsOfOneTopicWhateverItsName) {
  PartitionAgreement other(http_, "it's a \\ topic\n");
  ASSERT_TRUE(events_.agree(3));
  EXPECT_TRUE(other.agree(5));
  EXPECT_TRUE(other.agree(5));
  EXPECT_EQ(*events_.agreed(), 3U);
}

TEST_F(PartitionAgreementTest, CannotBeReadWithoutItsTable) {
  auto endpoint = http_.endpoint();
  endpoint.database = "no_such_database";
  ClickHouseHttp nowhere(endpoint);
  const auto agreed = PartitionAgreement(nowhere, "events").agreed();
  ASSERT_FALSE(agreed) << "which is not the same as: nobody has asked";
  EXPECT_EQ(agreed.error().code, Errc::kUnavailable);
  EXPECT_EQ(PartitionAgreement(nowhere, "events").agree(3).error().code, Errc::kUnavailable);
}

}  // namespace
}  // namespace fanfinity::store
