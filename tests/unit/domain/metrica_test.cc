// A real match, where its data is at hand; the project stands without it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "domain/event_json.h"

namespace fanfinity::domain {
namespace {

TEST(RealMatch, IsReadWholeAndLosesNothingOnTheWay) {
  std::ifstream file(std::string(FANFINITY_DATA_DIR) + "/metrica-sample-game-1.ndjson", std::ios::binary);
  if (!file) GTEST_SKIP() << "no sample data beside the project";
  const std::string body{std::istreambuf_iterator<char>(file), {}};
  EventParser parser;
  const auto batch = parser.parse_batch(body, BatchFormat::kNdjson, 10'000);
  std::map<std::string_view, int> by_type;
  std::string rewritten;
  for (const BatchItem& item : std::get<std::vector<BatchItem>>(batch)) {
    const auto* event = std::get_if<Event>(&item.event);
    ASSERT_NE(event, nullptr) << "line " << item.index;
    ++by_type[to_string(event->type)];
    append_event_json(*event, rewritten);
    rewritten += '\n';
  }
  EXPECT_EQ(by_type, (std::map<std::string_view, int>{{"corner", 11},
                                                      {"foul", 22},
                                                      {"free_kick", 32},
                                                      {"goal", 3},
                                                      {"interception", 162},
                                                      {"offside", 1},
                                                      {"pass", 799},
                                                      {"shot", 21},
                                                      {"yellow_card", 4}}));
  EXPECT_EQ(rewritten, body) << "the file is canonical already";
}

}  // namespace
}  // namespace fanfinity::domain
