#include "bench/load/event_sample.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/load/event_ids.h"
#include "bench/load/request_maker.h"
#include "bench/sample/samples.h"

namespace fanfinity::bench {
namespace {

TEST(EventSample, IsACanonicalEventOfManyKinds) {
  std::set<domain::EventType> types;
  const auto bodies = sample_bodies(2'000);
  const auto records = sample_records(2'000);
  for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(records[i].value, bodies[i]);
  for (const domain::Event& event : sample_events(2'000)) types.insert(event.type);
  EXPECT_EQ(types.size(), domain::kAllEventTypes.size());
}

TEST(EventIds, AreRandomInEveryBitButThoseOfTheVersion) {
  const EventIds ids(1);
  base::Uuid ones;
  base::Uuid zeros;
  for (std::uint64_t i = 0; i < 200; ++i) {
    for (std::size_t byte = 0; byte < 16; ++byte) {
      ones.bytes[byte] = static_cast<std::uint8_t>(ones.bytes[byte] | ids(i).bytes[byte]);
      zeros.bytes[byte] = static_cast<std::uint8_t>(zeros.bytes[byte] | ~ids(i).bytes[byte]);
    }
  }
  EXPECT_EQ(ones.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(zeros.to_string(), "ffffffff-ffff-bfff-7fff-ffffffffffff");
}

TEST(EventIds, AreDistinctWithinASequenceAndBetweenTwo) {
  std::set<base::Uuid> seen;
  const EventIds one(1);
  const EventIds other(2);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    seen.insert(one(i));
    seen.insert(other(i));
  }
  EXPECT_EQ(seen.size(), 20'000U);
  EXPECT_EQ(one(5), EventIds(1)(5));
}

TEST(RequestMaker, GivesEveryEventTheIdItNames) {
  Ask ask;
  ask.batch = 3;
  ask.matches = 2;
  for (const auto kind : {Ask::Kind::kEvent, Ask::Kind::kNdjson, Ask::Kind::kArray}) {
    ask.kind = kind;
    const auto requests = make_requests(ask, 0);
    std::set<std::string> seen;
    for (std::uint64_t made = 0; made < 2'000;) {
      const Request request = requests->next();
      ASSERT_EQ(request.events, kind == Ask::Kind::kEvent ? 1U : 3U);
      for (std::uint64_t i = 0; i < request.events; ++i, ++made) {
        const std::string id = requests->ids()(request.first_id + i).to_string();
        EXPECT_NE(request.bytes.find(id), std::string_view::npos);
        EXPECT_TRUE(seen.insert(id).second);
      }
      EXPECT_EQ(request.bytes.find(kUnsetId), std::string_view::npos);
    }
  }
}

TEST(RequestMaker, AsksForEveryMatchInTurn) {
  Ask ask;
  ask.kind = Ask::Kind::kGet;
  ask.get_path = "/api/matches/m-{}/metrics";
  ask.matches = 3;
  const auto requests = make_requests(ask, 0);
  for (int i = 0; i < 6; ++i) {
    const std::string line = "GET /api/matches/m-" + std::to_string(i % 3) + "/metrics HTTP/1.1\r\n";
    EXPECT_TRUE(requests->next().bytes.starts_with(line));
  }
}

}  // namespace
}  // namespace fanfinity::bench
