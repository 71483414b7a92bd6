#include "tools/replay.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "unit/tools/http_test_server.h"
#include "unit/tools/temporary_file.h"

namespace fanfinity::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string event(int number) {
  char text[300];
  std::snprintf(text, sizeof(text),
                R"({"eventId":"00000000-0000-4000-8000-%012d","matchId":"m","eventType":"pass",)"
                R"("timestamp":"2024-01-15T14:%02d:%02dZ","teamId":1})",
                number, number / 60 % 60, number % 60);
  return text;
}

std::string events(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += event(i) + "\n";
  return text;
}

// Where notes and progress go.
class Notes {
 public:
  [[nodiscard]] std::FILE* file() const { return file_; }
  [[nodiscard]] std::string text() const {
    std::rewind(file_);
    std::string all(64 * 1024, '\0');
    all.resize(std::fread(all.data(), 1, all.size(), file_));
    return all;
  }
  Notes() = default;
  ~Notes() { std::fclose(file_); }
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;

 private:
  std::FILE* file_ = std::tmpfile();
};

ReplayConfig config_for(const TemporaryFile& file, const HttpTestServer& server) {
  ReplayConfig config;
  config.file = file.path();
  config.url = server.url() + "/";
  config.concurrency = 4;
  return config;
}

TEST(Replay, SendsEveryEventOnceAndCountsIt) {
  std::mutex mutex;
  std::multiset<std::string> bodies;
  std::set<std::string> heads;
  HttpTestServer server([&](const SeenRequest& request) {
    std::lock_guard lock(mutex);
    bodies.insert(request.body);
    heads.insert(request.head);
    return PlannedAnswer{};
  });
  const TemporaryFile file(events(500));
  auto config = config_for(file, server);
  config.api_key = "secret";
  const Notes notes;
  const auto summary = run_replay(config, {}, notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->complete());
  EXPECT_EQ(summary->read, 500U);
  EXPECT_EQ(summary->sent, 500U);
  EXPECT_EQ(summary->accepted, 500U);
  EXPECT_EQ(summary->retries, 0U);
  EXPECT_EQ(summary->acknowledgements.count(), 500U);
  ASSERT_EQ(bodies.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(bodies.count(event(i)), 1U);
  ASSERT_FALSE(heads.empty());
  const std::string& head = *heads.begin();
  EXPECT_TRUE(head.starts_with("POST /api/events HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("Authorization: Bearer secret\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Content-Type: application/json\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("Expect:"), std::string::npos) << head;
}

TEST(Replay, RepeatsUntilAccepted) {
  std::mutex mutex;
  std::map<std::string, int> tries;
  HttpTestServer server([&](const SeenRequest& request) -> std::optional<PlannedAnswer> {
    std::lock_guard lock(mutex);
    switch (tries[request.body]++) {
      case 0:
        return PlannedAnswer{503, "", R"({"detail":"later"})"};
      case 1:
        return std::nullopt;
      case 2:
        return PlannedAnswer{429, "", "{}"};
      default:
        return PlannedAnswer{};
    }
  });
  const TemporaryFile file(events(8));
  const Notes notes;
  const auto summary = run_replay(config_for(file, server), {}, notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->complete());
  EXPECT_EQ(summary->accepted, 8U);
  // libcurl itself repeats a request whose kept connection was cut, so of the three only two are counted for
  // sure.
  EXPECT_GE(summary->retries, 16U);
  EXPECT_LE(summary->retries, 24U);
  EXPECT_EQ(tries.size(), 8U);
  for (const auto& [body, count] : tries) EXPECT_EQ(count, 4) << body;
  EXPECT_NE(notes.text().find("trying again"), std::string::npos);
}

TEST(Replay, HonoursRetryAfter) {
  std::atomic<int> tries{0};
  HttpTestServer server([&](const SeenRequest&) {
    return tries++ == 0 ? PlannedAnswer{503, "Retry-After: 1\r\n", "{}"} : PlannedAnswer{};
  });
  const TemporaryFile file(events(1));
  const Notes notes;
  const auto summary = run_replay(config_for(file, server), {}, notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->complete());
  EXPECT_GE(summary->slowest, seconds(1));
}

TEST(Replay, ReportsARefusedLineWithItsNumberAndDoesNotRepeatIt) {
  std::atomic<int> requests{0};
  HttpTestServer server([&](const SeenRequest& request) {
    ++requests;
    if (request.body != "no event") return PlannedAnswer{};
    return PlannedAnswer{400, "", R"({"detail":"invalid","errors":[{"field":"","detail":"not JSON"}]})"};
  });
  const TemporaryFile file(event(0) + "\n\nno event\n" + event(1));
  const Notes notes;
  const auto summary = run_replay(config_for(file, server), {}, notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_FALSE(summary->complete());
  EXPECT_EQ(summary->accepted, 2U);
  EXPECT_EQ(summary->rejected, 1U);
  EXPECT_EQ(requests, 3);
  EXPECT_NE(notes.text().find("line 3 rejected: not JSON"), std::string::npos) << notes.text();
}

TEST(Replay, SendsBatchesAndFindsTheRefusedLinesInThem) {
  std::mutex mutex;
  std::vector<SeenRequest> seen;
  HttpTestServer server([&](const SeenRequest& request) {
    std::lock_guard lock(mutex);
    seen.push_back(request);
    if (request.body.find("no event") == std::string::npos)
      return PlannedAnswer{202, "", R"({"accepted":10})"};
    return PlannedAnswer{202, "", R"({"errors":[{"index":1,"errors":[{"field":"","detail":"not JSON"}]}]})"};
  });
  const TemporaryFile file(events(10) + event(10) + "\nno event\n" + event(11) + "\n");
  auto config = config_for(file, server);
  config.batch = 10;
  const Notes notes;
  const auto summary = run_replay(config, {}, notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->accepted, 12U);
  EXPECT_EQ(summary->rejected, 1U);
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& request : seen) {
    EXPECT_TRUE(request.head.starts_with("POST /api/events/batch HTTP/1.1\r\n"));
    EXPECT_NE(request.head.find("Content-Type: application/x-ndjson\r\n"), std::string::npos);
  }
  EXPECT_EQ(seen[0].body.size() + seen[1].body.size(), events(12).size() + 9);
  EXPECT_NE(notes.text().find("line 12 rejected: not JSON"), std::string::npos) << notes.text();
}

TEST(Replay, EndsAtOnceWhenTheServerWantsAKey) {
  HttpTestServer server([](const SeenRequest&) { return PlannedAnswer{401, "", "{}"}; });
  const TemporaryFile file(events(10'000));
  const Notes notes;
  const auto summary = run_replay(config_for(file, server), {}, notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_FALSE(summary->complete());
  EXPECT_NE(summary->failure.find("FANFINITY_API_KEY"), std::string::npos);
  EXPECT_LT(summary->sent, 10'000U);
}

TEST(Replay, StopsWithASummaryWhileTheServerIsAway) {
  std::atomic<int> tries{0};
  std::stop_source stop;
  HttpTestServer server([&](const SeenRequest&) -> std::optional<PlannedAnswer> {
    if (++tries == 10) stop.request_stop();
    return PlannedAnswer{503, "", "{}"};
  });
  const TemporaryFile file(events(100'000));
  const Notes notes;
  const auto summary = run_replay(config_for(file, server), stop.get_token(), notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->interrupted);
  EXPECT_EQ(summary->accepted, 0U);
  // The reader waits for the connections: what it read ahead is bounded.
  EXPECT_LE(summary->read, 100U);
}

TEST(Replay, PacesByTheTimesOfTheEvents) {
  HttpTestServer server([](const SeenRequest&) { return PlannedAnswer{}; });
  const TemporaryFile file(events(31));  // 30 s of play
  auto config = config_for(file, server);
  config.speed = 60.0;
  const Notes notes;
  const auto summary = run_replay(config, {}, notes.file());
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->complete());
  EXPECT_GE(summary->elapsed, milliseconds(500));
}

TEST(Replay, NamesWhatIsWrongWithItsSettings) {
  const TemporaryFile file("");
  const Notes notes;
  for (const auto& spoil : std::vector<void (*)(ReplayConfig&)>{
           [](ReplayConfig& c) { c.url = "localhost:8080"; }, [](ReplayConfig& c) { c.concurrency = 0; },
           [](ReplayConfig& c) { c.batch = kMaxReplayBatch + 1; }, [](ReplayConfig& c) { c.speed = 0.0; },
           [](ReplayConfig& c) { c.file = "/nowhere"; }}) {
    ReplayConfig config;
    config.file = file.path();
    spoil(config);
    const auto summary = run_replay(config, {}, notes.file());
    ASSERT_FALSE(summary.ok());
    EXPECT_TRUE(summary.error().detail.ends_with('.')) << summary.error().detail;
  }
}

TEST(Replay, TheCommandEndsOnAnInterruptWithItsSummary) {
  std::atomic<int> requests{0};
  HttpTestServer server([&](const SeenRequest&) {
    const int number = ++requests;
    if (number == 5) ::kill(::getpid(), SIGINT);
    return number < 5 ? PlannedAnswer{} : PlannedAnswer{503, "Retry-After: 60\r\n", "{}"};
  });
  const TemporaryFile file(events(1'000));
  testing::internal::CaptureStdout();
  EXPECT_EQ(replay(config_for(file, server)), 1);
  const std::string summary = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(summary.starts_with("4 of ")) << summary;
  EXPECT_NE(summary.find("interrupted"), std::string::npos) << summary;
}

TEST(Replay, TheCommandSaysByItsExitCodeWhetherAllWasAccepted) {
  HttpTestServer server([](const SeenRequest& request) {
    return request.body == "bad" ? PlannedAnswer{400, "", "{}"} : PlannedAnswer{};
  });
  const TemporaryFile good(events(3));
  EXPECT_EQ(replay(config_for(good, server)), 0);
  const TemporaryFile bad(events(3) + "bad\n");
  EXPECT_EQ(replay(config_for(bad, server)), 1);
}

TEST(Replay, SendsNothingOfAFileThatHoldsNoEvents) {
  std::atomic<int> requests{0};
  HttpTestServer server([&](const SeenRequest&) {
    ++requests;
    return PlannedAnswer{};
  });
  for (const std::string& content :
       {std::string(), std::string("\n \n"), std::string("\x1F\x8B\x08\n{}\n"), "[\n" + event(1) + "\n]\n"}) {
    const TemporaryFile file(content);
    const Notes notes;
    const auto summary = run_replay(config_for(file, server), {}, notes.file());
    ASSERT_TRUE(summary.ok());
    EXPECT_FALSE(summary->complete()) << content;
    EXPECT_NE(summary->failure.find(file.path()), std::string::npos) << summary->failure;
  }
  EXPECT_EQ(requests, 0);
}

}  // namespace
}  // namespace fanfinity::tools
