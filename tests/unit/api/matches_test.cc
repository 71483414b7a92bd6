#include "api/matches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "api/match_cursor.h"
#include "api/match_streams.h"
#include "fakes.h"
#include "http/body_decoder.h"

namespace fanfinity::api {
namespace {

class FakeReader final : public store::MetricsReader {
 public:
  base::Result<std::vector<domain::MatchMetrics>> metrics(std::span<const std::string> match_ids) override {
    ++reads;
    if (gate.valid()) gate.wait();
    if (!failure.ok()) return failure.error();
    std::vector<domain::MatchMetrics> all;
    for (const std::string& match_id : match_ids) {
      if (match_id == "unknown") continue;
      domain::MatchMetrics& found = all.emplace_back();
      found.match_id = match_id;
      found.total = 7;
    }
    std::reverse(all.begin(), all.end());
    return all;
  }
  base::Result<domain::Timeline> timeline(const std::string& match_id, const store::TimeSpan&) override {
    return domain::Timeline{match_id, {}, {}};
  }
  base::Result<std::vector<domain::MatchSummary>> matches(const store::MatchQuery& query) override {
    words = query.words;
    std::vector<domain::MatchSummary> page;
    for (int i = 0; i < 5; ++i) {
      const std::string id = "m" + std::to_string(i);
      if (query.after && id <= query.after->match_id) continue;
      if (page.size() == query.limit) break;
      domain::MatchSummary summary;
      summary.match_id = id;
      page.push_back(summary);
    }
    return page;
  }
  base::Status ping() override { return failure; }

  std::atomic<int> reads{0};
  std::vector<std::string> words;
  base::Status failure;
  std::shared_future<void> gate;
};

class Matches : public testing::Test {
 protected:
  MatchPorts ports() {
    return {reader_, [this]() -> base::Result<base::Timestamp> { return clock_.now(); }, *cache_, observer_};
  }
  std::shared_ptr<Answers> ask(const http::Route& route, const std::string& match,
                               std::vector<std::pair<std::string, std::string>> query = {}) {
    http::Request request;
    request.params = {match};
    request.query = std::move(query);
    auto answers = std::make_shared<Answers>();
    route.handler(request, http::Responder(answers));
    return answers;
  }

  FakeClock clock_;
  FakeReader reader_;
  CountingObserver observer_;
  std::unique_ptr<ViewCache> cache_ = std::make_unique<ViewCache>(ViewCacheConfig{}, clock_);
};

TEST_F(Matches, AThousandReadersCostOneQueryARefresh) {
  std::promise<void> open;
  reader_.gate = open.get_future().share();
  const http::Route route = get_metrics(ports());
  std::vector<std::shared_ptr<Answers>> readers;
  for (int i = 0; i < 1'000; ++i) readers.push_back(ask(route, "m"));
  open.set_value();
  std::shared_ptr<const std::string> shared;
  for (const auto& reader : readers) {
    const http::Response response = reader->wait();
    ASSERT_EQ(response.status, 200);
    if (!shared) shared = response.shared_body;
    EXPECT_EQ(response.shared_body, shared) << "everyone is given the same bytes";
  }
  EXPECT_EQ(reader_.reads, 1);
  EXPECT_EQ(ask(route, "m")->wait().status, 200);
  EXPECT_EQ(reader_.reads, 1) << "fresh: from memory";
  clock_.advance(ViewCacheConfig{}.refresh);
  EXPECT_EQ(ask(route, "m")->wait().status, 200);
  EXPECT_EQ(reader_.reads, 2);
}

TEST_F(Matches, WhatWaitsForTheStoreGoesThereTogether) {
  std::promise<void> open;
  reader_.gate = open.get_future().share();
  const http::Route route = get_metrics(ports());
  const auto name = [](int i) { return i == 77 ? std::string("unknown") : "m" + std::to_string(i); };
  std::vector<std::shared_ptr<Answers>> readers;
  for (int i = 0; i < 500; ++i) readers.push_back(ask(route, name(i)));
  open.set_value();
  for (int i = 0; i < 500; ++i) {
    const http::Response response = readers[i]->wait();
    ASSERT_EQ(response.status, i == 77 ? 404 : 200);
    if (i != 77) EXPECT_NE(body_of(response).find("\"" + name(i) + "\""), std::string::npos);
  }
  EXPECT_LE(reader_.reads, 4 + 500 / 32 + 4) << "one for each thread, then full ones";
}

TEST_F(Matches, AnUnknownMatchIs404) {
  const http::Response response = ask(get_metrics(ports()), "unknown")->wait();
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
}

TEST_F(Matches, AMatchIdThatNoEventMayHaveIs400) {
  EXPECT_EQ(ask(get_metrics(ports()), std::string(257, 'x'))->wait().status, 400);
  EXPECT_EQ(ask(get_metrics(ports()), "a\nb")->wait().status, 400);
  EXPECT_EQ(reader_.reads, 0);
}

TEST_F(Matches, AStoreThatIsAwayIsARetryable503AndIsAskedAgainAtOnce) {
  reader_.failure = base::Error{base::Errc::kUnavailable, "connection refused"};
  const http::Route route = get_metrics(ports());
  EXPECT_EQ(ask(route, "m")->wait().status, 503);
  reader_.failure = {};
  EXPECT_EQ(ask(route, "m")->wait().status, 200);
}

TEST_F(Matches, TheWatermarkIsReadBeforeTheRollups) {
  std::vector<std::string> order;
  MatchPorts watched = ports();
  watched.as_of = [&]() -> base::Result<base::Timestamp> {
    order.push_back(reader_.reads == 0 ? "before" : "after");
    return clock_.now();
  };
  const http::Response response = ask(get_metrics(watched), "m")->wait();
  EXPECT_EQ(order, std::vector<std::string>{"before"});
  EXPECT_NE(body_of(response).find(R"("asOf":"2024-01-15T14:30:00Z")"), std::string::npos);
}

TEST_F(Matches, SetsOfNamedMatchesAreReadTogetherAndShareTheirAsOf) {
  const auto read = read_by(get_metrics(ports()), get_matches(ports()), ports());
  std::promise<void> open;
  reader_.gate = open.get_future().share();
  std::vector<std::shared_ptr<Answers>> sets;
  for (std::size_t i = 0; i < 20; ++i) {
    sets.push_back(std::make_shared<Answers>());
    read(MatchStreams::Kind::kNamed, "a" + std::to_string(i) + "\nb\nunknown", http::Responder(sets.back()));
  }
  open.set_value();
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string body = body_of(sets[i]->wait());
    const std::string first = R"({"matches":[{"matchId":"a)" + std::to_string(i) + R"(","totalEvents":7,)";
    EXPECT_TRUE(body.starts_with(first)) << body;
    EXPECT_NE(body.find(R"(},{"matchId":"b",)"), std::string::npos) << body;
    EXPECT_TRUE(body.ends_with(R"(}],"asOf":"2024-01-15T14:30:00Z"})")) << body;
    EXPECT_EQ(body.find("asOf"), body.rfind("asOf")) << "a state whose asOf alone moves is the same state";
    EXPECT_EQ(body.find("unknown"), std::string::npos);
  }
  EXPECT_LE(reader_.reads, 4 + 8) << "one for each thread, then two sets at once";
}

TEST_F(Matches, PagesFollowTheCursor) {
  const http::Route route = get_matches(ports());
  const std::string first = body_of(ask(route, "", {{"limit", "2"}})->wait());
  const std::string marker = R"("nextCursor":")";
  const auto at = first.find(marker);
  ASSERT_NE(at, std::string::npos) << first;
  const std::string cursor =
      first.substr(at + marker.size(), first.find('"', at + marker.size()) - at - marker.size());
  const std::string second = body_of(ask(route, "", {{"limit", "3"}, {"cursor", cursor}})->wait());
  EXPECT_NE(second.find(R"("matchId":"m2")"), std::string::npos) << second;
  EXPECT_NE(second.find(R"("matchId":"m4")"), std::string::npos) << second;
  EXPECT_EQ(second.find("nextCursor"), std::string::npos) << "the last page has none";
}

TEST_F(Matches, BadPagingIs400AndNamesBoth) {
  const std::string body = body_of(ask(get_matches(ports()), "", {{"limit", "0"}, {"cursor", "?"}})->wait());
  EXPECT_NE(body.find(R"("field":"limit")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("field":"cursor")"), std::string::npos) << body;
}

TEST_F(Matches, ASearchIsForEachOfItsWords) {
  const http::Route route = get_matches(ports());
  const std::string first = body_of(ask(route, "",
                                        {{"q",
                                          "  Rio \xc5\x81\xc3\xb3"
                                          "d\xc5\xba  x"},
                                         {"limit", "2"}})
                                        ->wait());
  EXPECT_EQ(reader_.words, (std::vector<std::string>{"Rio",
                                                     "\xc5\x81\xc3\xb3"
                                                     "d\xc5\xba",
                                                     "x"}));
  EXPECT_NE(first.find("nextCursor"), std::string::npos);
  EXPECT_EQ(ask(route, "", {{"limit", "2"}})->wait().status, 200);
  EXPECT_TRUE(reader_.words.empty()) << "another answer than that of the search";
  for (const std::string& q : {std::string(), std::string("  "), std::string(257, 'x'), std::string("\xff"),
                               std::string("a\nb"), std::string("a\0", 2)}) {
    const http::Response refused = ask(route, "", {{"q", q}})->wait();
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(body_of(refused).find(R"("field":"q")"), std::string::npos);
  }
}

TEST(MatchCursor, SurvivesAnyMatchId) {
  for (const std::string id : {"m", "a/b", "Barça–Alavés 2018", "\"'<>&%", ".", "..", " "}) {
    const store::MatchCursor cursor{base::Timestamp(std::chrono::milliseconds(1'705'329'000'123)), id};
    const std::string text = encode_cursor(cursor);
    EXPECT_TRUE(std::all_of(text.begin(), text.end(),
                            [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; }));
    const auto back = decode_cursor(text);
    ASSERT_TRUE(back.has_value()) << text;
    EXPECT_EQ(back->match_id, id);
    EXPECT_EQ(back->last_activity, cursor.last_activity);
  }
  for (const char* text :
       {"", "-", "1", "1-", "1-6", "1-zz", "x-6d", "-1-6d", "1-0a", "01-6d", "1-6D", "10000000000000-6d"}) {
    EXPECT_FALSE(decode_cursor(text).has_value()) << text;
  }
}

TEST(ViewCache, KeepsWithinItsLimits) {
  FakeClock clock;
  ViewCacheConfig config;
  config.max_entries = 10;
  ViewCache cache(config, clock);
  int loads = 0;
  auto& kind = cache.add([&loads](auto names) {
    ++loads;
    return std::vector<http::Response>(names.size());
  });
  const auto read = [&](const std::string& name) {
    auto answers = std::make_shared<Answers>();
    const bool from_memory = cache.get(kind, name, {}, http::Responder(answers));
    EXPECT_EQ(answers->wait().status, 200);
    return from_memory;
  };
  for (int i = 0; i < 100; ++i) read(std::to_string(i));
  EXPECT_EQ(loads, 100);
  EXPECT_TRUE(read("99"));
  EXPECT_FALSE(read("0")) << "the least recently used went first";
}

TEST(ViewCache, CompressesLargeAnswersForThoseWhoTakeIt) {
  FakeClock clock;
  ViewCache cache({}, clock);
  auto& kind = cache.add([](std::span<const std::string> names) {
    http::Response response;
    response.body = std::string(std::stoul(names.front()), 'a');
    return std::vector{std::move(response)};
  });
  const auto ask = [&](const std::string& size, std::string_view accept_encoding) {
    auto answers = std::make_shared<Answers>();
    cache.get(kind, size, accept_encoding, http::Responder(answers));
    return answers->wait();
  };
  const http::Response compressed = ask("50000", "br, gzip");
  EXPECT_EQ(compressed.content_encoding, "gzip");
  EXPECT_NE(compressed.header_lines.find("Vary: Accept-Encoding"), std::string::npos);
  EXPECT_LT(compressed.shared_body->size(), 1'000U);
  std::string decoded;
  EXPECT_EQ(http::decode_body(http::Coding::kGzip, *compressed.shared_body, 50'000, decoded),
            http::Decoded::kOk);
  EXPECT_EQ(decoded, std::string(50'000, 'a'));
  EXPECT_EQ(ask("50000", "gzip").content_encoding, "gzip") << "from memory as well";
  for (const char* refused : {"", "identity", "gzip;q=0"}) {
    const http::Response plain = ask("50000", refused);
    EXPECT_EQ(plain.content_encoding, "");
    EXPECT_EQ(plain.shared_body->size(), 50'000U);
  }
  EXPECT_EQ(ask("1000", "gzip").content_encoding, "") << "it fits into a packet";
}

TEST(ViewCache, ASlowClientKeepsOnlyTheBodyItTakes) {
  FakeClock clock;
  ViewCache cache({}, clock);
  auto& kind = cache.add([](std::span<const std::string> names) {
    return std::vector<http::Response>(names.size(), [] {
      http::Response response;
      response.body = std::string(50'000, 'a');
      return response;
    }());
  });
  const auto ask = [&](std::string_view accept_encoding) {
    auto answers = std::make_shared<Answers>();
    cache.get(kind, "view", accept_encoding, http::Responder(answers));
    return answers->wait();
  };
  const http::Response compressed = ask("gzip");
  const std::weak_ptr<const std::string> plain = ask("").shared_body;
  EXPECT_LT(compressed.shared_body->capacity(), 1'000U);
  clock.advance(std::chrono::hours(1));
  const http::Response next = ask("gzip");
  EXPECT_NE(next.shared_body, compressed.shared_body);
  EXPECT_TRUE(plain.expired());
}

/// A cache whose store fails, and hangs, when told to.
class StaleViews : public ::testing::Test {
 protected:
  http::Response ask() {
    auto answers = std::make_shared<Answers>();
    cache_.get(kind_, "m", {}, http::Responder(answers));
    return answers->wait();
  }
  http::Response load() {
    if (hangs_.load()) hangs_.wait(true);
    if (fails_) {
      return http::problem_of({base::Errc::kUnavailable, "Code: 40. DB::Exception"}, "Try again.");
    }
    http::Response response;
    response.body = "read " + std::to_string(++reads_);
    return response;
  }
  static ViewCacheConfig config() {
    ViewCacheConfig config;
    config.stale = std::chrono::minutes(10);
    return config;
  }

  FakeClock clock_;
  std::atomic<bool> fails_ = false;
  std::atomic<bool> hangs_ = false;
  int reads_ = 0;
  ViewCache cache_{config(), clock_};
  ViewCache::Kind& kind_ = cache_.add([this](auto) { return std::vector{load()}; });
};

TEST_F(StaleViews, StandInForWhatCannotBeRead) {
  EXPECT_EQ(*ask().shared_body, "read 1");
  fails_ = true;
  clock_.advance(std::chrono::minutes(10));
  const http::Response stale = ask();
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(*stale.shared_body, "read 1");
  EXPECT_EQ(stale.cause, "Code: 40. DB::Exception")
      << "for the log, and for streams, which say that it is old";
  EXPECT_EQ(cache_.stale_answers(), 1U);
  fails_ = false;
  const http::Response fresh = ask();
  EXPECT_EQ(*fresh.shared_body, "read 2");
  EXPECT_EQ(fresh.cause, "");
}

TEST_F(StaleViews, DoNotStandInForEver) {
  EXPECT_EQ(ask().status, 200);
  fails_ = true;
  clock_.advance(std::chrono::minutes(11));
  const http::Response refused = ask();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.shared_body->find("DB::Exception"), std::string::npos) << *refused.shared_body;
}

TEST_F(StaleViews, StandInForAReadThatHangs) {
  EXPECT_EQ(*ask().shared_body, "read 1");
  hangs_ = true;
  clock_.advance(std::chrono::seconds(1));
  auto first = std::make_shared<Answers>();
  cache_.get(kind_, "m", {}, http::Responder(first));
  EXPECT_EQ(first->size(), 0U) << "it may still come";
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(*ask().shared_body, "read 1");
  EXPECT_EQ(*first->wait().shared_body, "read 1");
  hangs_ = false;
  hangs_.notify_all();
}

TEST(ViewCache, WhatTakesLongIsReadTheLessOften) {
  FakeClock clock;
  ViewCacheConfig config;
  config.rest = 4;
  ViewCache cache(config, clock);
  int loads = 0;
  auto& kind = cache.add([&](std::span<const std::string> names) {
    ++loads;
    clock.advance(std::chrono::milliseconds(std::stoi(names.front())));
    return std::vector<http::Response>(names.size());
  });
  const auto loads_after = [&](const std::string& name, std::chrono::milliseconds wait) {
    clock.advance(wait);
    auto answers = std::make_shared<Answers>();
    cache.get(kind, name, {}, http::Responder(answers));
    static_cast<void>(answers->wait());
    return loads;
  };
  EXPECT_EQ(loads_after("1000", {}), 1);
  EXPECT_EQ(loads_after("1000", std::chrono::milliseconds(3'999)), 1);
  EXPECT_EQ(loads_after("1000", std::chrono::milliseconds(1)), 2);
  EXPECT_EQ(loads_after("5", {}), 3);
  EXPECT_EQ(loads_after("5", config.refresh - std::chrono::milliseconds(1)), 3);
  EXPECT_EQ(loads_after("5", std::chrono::milliseconds(1)), 4);
}

TEST(ViewCache, AnswersWhenAReadThrows) {
  FakeClock clock;
  ViewCache cache(ViewCacheConfig{}, clock);
  bool failing = true;
  auto& kind = cache.add([&](std::span<const std::string> names) {
    if (std::exchange(failing, false)) throw std::bad_alloc();
    return std::vector<http::Response>(names.size());
  });
  const auto status = [&] {
    auto answers = std::make_shared<Answers>();
    cache.get(kind, "a", {}, http::Responder(answers));
    return answers->wait().status;
  };
  EXPECT_EQ(status(), 503);
  EXPECT_EQ(status(), 200);
}

TEST(ViewCache, SaysHowLongAnAnswerMayBeKept) {
  FakeClock clock;
  ViewCacheConfig config;
  config.cache_control = "public, max-age=1";
  ViewCache cache(config, clock);
  auto& kind = cache.add([](std::span<const std::string> names) {
    std::vector<http::Response> responses(names.size());
    responses.front().status = std::stoi(names.front());
    responses.front().headers.emplace_back("Retry-After", "1");
    responses.front().headers.emplace_back(kEtag, "W/\"1\"");
    return responses;
  });
  const auto read = [&](const std::string& name) {
    auto answers = std::make_shared<Answers>();
    cache.get(kind, name, {}, http::Responder(answers));
    return answers->wait();
  };
  for (int i = 0; i < 2; ++i) {
    const http::Response found = read("200");
    EXPECT_EQ(found.etag, "W/\"1\"");
    EXPECT_EQ(found.header_lines, "Retry-After: 1\r\nETag: W/\"1\"\r\nCache-Control: public, max-age=1\r\n");
    EXPECT_TRUE(found.headers.empty()) << "they are not copied for each request";
  }
  EXPECT_NE(read("404").header_lines.find("max-age=1"), std::string_view::npos);
  for (const char* status : {"400", "503"}) {
    EXPECT_NE(read(status).header_lines.find("Cache-Control: no-store"), std::string_view::npos) << status;
  }
}

TEST(ViewCache, TellsKindsApart) {
  FakeClock clock;
  ViewCache cache({}, clock);
  const auto all = [](int status) {
    return [status](std::span<const std::string> names) {
      std::vector<http::Response> responses(names.size());
      for (auto& response : responses) response.status = status;
      return responses;
    };
  };
  auto& one = cache.add(all(200));
  auto& other = cache.add(all(404));
  for (int i = 0; i < 2; ++i) {
    for (auto [kind, status] : {std::pair(&one, 200), std::pair(&other, 404)}) {
      auto answers = std::make_shared<Answers>();
      EXPECT_EQ(cache.get(*kind, "m", {}, http::Responder(answers)), i == 1);
      EXPECT_EQ(answers->wait().status, status);
    }
  }
}

TEST(ViewCache, RefusesRatherThanGrow) {
  FakeClock clock;
  ViewCacheConfig config;
  config.max_loads = 1;
  config.max_waiters = 2;
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  ViewCache cache(config, clock);
  auto& slow = cache.add([gate](auto names) {
    gate.wait();
    return std::vector<http::Response>(names.size());
  });
  const auto ask = [&](const std::string& name) {
    auto answers = std::make_shared<Answers>();
    cache.get(slow, name, {}, http::Responder(answers));
    return answers;
  };
  const auto first = ask("a");
  EXPECT_EQ(ask("b")->wait().status, 503) << "one read too many";
  const auto second = ask("a");
  EXPECT_EQ(ask("a")->wait().status, 503) << "one waiter too many";
  open.set_value();
  EXPECT_EQ(first->wait().status, 200);
  EXPECT_EQ(second->wait().status, 200);
}

}  // namespace
}  // namespace fanfinity::api
