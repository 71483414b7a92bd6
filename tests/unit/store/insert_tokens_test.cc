#include "store/insert_tokens.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace fanfinity::store {
namespace {

namespace fs = std::filesystem;

class InsertTokens : public testing::Test {
 protected:
  InsertTokens() {
    fs::create_directories(logs());
    std::ofstream(table() / "format_version.txt") << "1";
  }
  ~InsertTokens() override { fs::remove_all(data_); }
  InsertTokens(const InsertTokens&) = delete;
  InsertTokens& operator=(const InsertTokens&) = delete;

  [[nodiscard]] fs::path table() const {
    return data_ / "store" / "a85" / "a85c2bcb-5242-4619-9882-aefdfbf5ae72";
  }
  [[nodiscard]] fs::path logs() const { return table() / "deduplication_logs"; }
  void part(const std::string& name) const { fs::create_directories(table() / name); }
  void log(const std::string& text, const std::string& name = "deduplication_log_1.txt") const {
    std::ofstream(logs() / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string logged(const std::string& name = "deduplication_log_1.txt") const {
    std::ostringstream text;
    text << std::ifstream(logs() / name, std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::size_t forget() const {
    const auto forgotten = forget_tokens_without_part(data_);
    EXPECT_TRUE(forgotten.ok());
    return forgotten.ok() ? *forgotten : 0;
  }

  const fs::path data_ = fs::temp_directory_path() / ("fanfinity-tokens-" + std::to_string(::getpid()));
};

TEST_F(InsertTokens, OfPartsThatAreThereAreKept) {
  part("202611_1_1_0");
  part("202611_2_5_1_7");
  const std::string text =
      "1\t202611_1_1_0\t202611_1_2\n1\t202611_2_2_0\t202611_3_4\n1\t202611_5_5_1\t202611_5_6\n";
  log(text);
  EXPECT_EQ(forget(), 0U);
  EXPECT_EQ(logged(), text);
}

TEST_F(InsertTokens, OfAPartThatIsNowhereAreForgotten) {
  part("202611_1_3_1");
  log("1\t202611_3_3_0\tkept\n1\t202611_4_4_0\tlost\n");
  EXPECT_EQ(forget(), 1U);
  EXPECT_EQ(logged(), "1\t202611_3_3_0\tkept\n");
}

TEST_F(InsertTokens, OfAPartThatHasNoNameYetAreForgotten) {
  part("tmp_insert_202611_4_4_0");
  part("delete_tmp_202611_4_4_0");
  log("1\t202611_4_4_0\tlost\n");
  EXPECT_EQ(forget(), 1U);
  EXPECT_EQ(logged(), "");
}

TEST_F(InsertTokens, OfAnotherMonthAreNotTakenForThoseOfThis) {
  part("202610_1_9_1");
  log("1\t202611_4_4_0\tlost\n");
  EXPECT_EQ(forget(), 1U);
}

TEST_F(InsertTokens, OfALineWithoutItsEndAreForgotten) {
  part("202611_1_1_0");
  part("202611_2_2_0");
  log("1\t202611_1_1_0\tkept\n1\t202611_2_2_0\tto");
  EXPECT_EQ(forget(), 1U);
  EXPECT_EQ(logged(), "1\t202611_1_1_0\tkept\n");
}

TEST_F(InsertTokens, BehindALineThatWasCutOffAreKept) {
  part("202611_1_1_0");
  part("202611_3_3_0");
  for (const std::string cut : {"1", "1\t", "1\t202611_2", "1\t202611_2_2_0", "1\t202611_2_2_0\tto"}) {
    log("1\t202611_1_1_0\ta\n" + cut + "1\t202611_3_3_0\tb\n");
    EXPECT_EQ(forget(), 0U) << cut;
    EXPECT_EQ(logged(), "1\t202611_1_1_0\ta\n1\t202611_3_3_0\tb\n") << cut;
  }
}

TEST_F(InsertTokens, OfALineWithTooFewFieldsAreForgotten) {
  part("202611_1_1_0");
  log("\n1\t202611_1_1_0\n1\t202611_1_1_0\ta\n");
  EXPECT_EQ(forget(), 2U);
  EXPECT_EQ(logged(), "1\t202611_1_1_0\ta\n");
}

TEST_F(InsertTokens, OfPartsWithNamesOfAnotherKindAreLeftAsTheyAre) {
  const std::string text = "2\t202611_4_4_0\tdropped\n1\tnot_a_part\tx\n";
  log(text);
  EXPECT_EQ(forget(), 0U);
  EXPECT_EQ(logged(), text);
}

TEST_F(InsertTokens, HaveNothingButLogsBesideThem) {
  log("a draft", "deduplication_log_1.txt.new");
  std::ofstream(table() / "deduplication_logs.new") << "a draft";
  log("1\t202611_4_4_0\tlost\n");
  EXPECT_EQ(forget(), 1U);
  EXPECT_FALSE(fs::exists(logs() / "deduplication_log_1.txt.new"));
  EXPECT_FALSE(fs::exists(table() / "deduplication_logs.new"));
  EXPECT_EQ(logged(), "");
}

TEST_F(InsertTokens, AreLookedForInEveryLog) {
  log("1\tall_1_1_0\ta\n");
  log("1\tall_2_2_0\tb\n", "deduplication_log_2.txt");
  part("all_2_2_0");
  EXPECT_EQ(forget(), 1U);
  EXPECT_EQ(logged(), "");
  EXPECT_EQ(logged("deduplication_log_2.txt"), "1\tall_2_2_0\tb\n");
}

TEST(NoInsertTokens, AreNoFault) {
  const auto forgotten = forget_tokens_without_part("/nonexistent");
  ASSERT_TRUE(forgotten.ok());
  EXPECT_EQ(*forgotten, 0U);
}

}  // namespace
}  // namespace fanfinity::store
