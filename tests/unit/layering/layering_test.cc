#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "unit/layering/include_graph.h"

namespace fanfinity::layering {

void PrintTo(const Include& include, std::ostream* out) {
  *out << include.from << " includes " << include.to;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::vector<Include>& sources() {
  static const auto graph = read_include_graph(FANFINITY_SOURCE_DIR);
  return graph;
}

TEST(Layering, OfTheSourcesPointsOneWay) {
  EXPECT_THAT(sources(), testing::Not(IsEmpty()));
  EXPECT_THAT(violations(sources()), IsEmpty());
}

TEST(Layering, OfTheSourcesHasNoCycle) {
  EXPECT_THAT(find_cycle(sources()), IsEmpty());
}

TEST(Layering, OfTheSourcesNamesOnlyFilesThereAre) {
  for (const Include& include : sources()) {
    const auto path = std::filesystem::path(FANFINITY_SOURCE_DIR) / include.to;
    const bool generated = std::filesystem::exists(path.string() + ".in");
    EXPECT_TRUE(generated || std::filesystem::exists(path)) << testing::PrintToString(include);
  }
}

TEST(LayeringRule, LetsEveryLayerSeeWhatLiesBelow) {
  for (const Include& include :
       std::vector<Include>{{"domain/event.h", "base/uuid.h"},
                            {"log/log.h", "base/result.h"},
                            {"log/log.h", "domain/event.h"},
                            {"store/store.h", "log/log.h"},
                            {"log/local_log.cc", "log/log.h"},
                            {"log/local_log.cc", "log/journal.h"},
                            {"store/clickhouse_store.h", "store/store.h"},
                            {"store/host/clickhouse_host.cc", "store/clickhouse_library.h"},
                            {"http/server.h", "http/http.h"},
                            {"http/server.h", "base/clock.h"},
                            {"api/ingest.h", "http/http.h"},
                            {"api/ingest.h", "log/log.h"},
                            {"api/matches.h", "store/store.h"},
                            {"api/events.h", "store/event_reader.h"},
                            {"pipeline/consumer.h", "log/log.h"},
                            {"pipeline/consumer.h", "store/store.h"},
                            {"observe/measured.h", "store/store.h"},
                            {"observe/pipeline_metrics.h", "pipeline/observer.h"},
                            {"observe/api_metrics.h", "api/observer.h"},
                            {"observe/http_metrics.h", "http/http.h"},
                            {"config/options.h", "base/result.h"},
                            {"tools/control.h", "http/http.h"},
                            {"tools/dead_letters.h", "store/store.h"},
                            {"app/service.h", "log/local_log.h"},
                            {"app/service.h", "config/settings.h"},
                            {"main.cc", "app/commands.h"}}) {
    EXPECT_TRUE(may_include(include.from, include.to)) << testing::PrintToString(include);
  }
}

TEST(LayeringRule, ForbidsEveryOtherWay) {
  for (const Include& include : std::vector<Include>{{"base/uuid.h", "domain/event.h"},
                                                     {"domain/event.h", "log/log.h"},
                                                     {"domain/event.h", "store/store.h"},
                                                     {"log/log.h", "log/local_log.h"},
                                                     {"log/log.h", "store/store.h"},
                                                     {"store/store.h", "store/clickhouse_store.h"},
                                                     {"log/local_log.cc", "store/store.h"},
                                                     {"log/local_log.cc", "config/settings.h"},
                                                     {"log/local_log.cc", "observe/metrics.h"},
                                                     {"store/clickhouse_http.h", "log/local_log.h"},
                                                     {"store/clickhouse_http.h", "http/http.h"},
                                                     {"store/host/clickhouse_host.cc", "app/commands.h"},
                                                     {"http/server.h", "domain/event.h"},
                                                     {"http/server.h", "log/log.h"},
                                                     {"http/server.h", "api/ingest.h"},
                                                     {"http/server.h", "observe/metrics.h"},
                                                     {"api/ingest.h", "pipeline/observer.h"},
                                                     {"api/ingest.h", "log/local_log.h"},
                                                     {"api/ingest.h", "store/clickhouse_store.h"},
                                                     {"api/ingest.h", "observe/metrics.h"},
                                                     {"api/ingest.h", "config/settings.h"},
                                                     {"pipeline/consumer.h", "api/observer.h"},
                                                     {"pipeline/consumer.h", "http/http.h"},
                                                     {"pipeline/consumer.h", "log/membership.h"},
                                                     {"pipeline/consumer.h", "observe/metrics.h"},
                                                     {"pipeline/consumer.h", "config/settings.h"},
                                                     {"observe/metrics.h", "pipeline/consumer.h"},
                                                     {"observe/metrics.h", "api/ingest.h"},
                                                     {"observe/metrics.h", "http/server.h"},
                                                     {"observe/metrics.h", "log/local_log.h"},
                                                     {"observe/metrics.h", "config/settings.h"},
                                                     {"config/options.h", "log/local_log.h"},
                                                     {"config/options.h", "app/commands.h"},
                                                     {"tools/replay.h", "log/local_log.h"},
                                                     {"tools/replay.h", "api/ingest.h"},
                                                     {"tools/replay.h", "pipeline/consumer.h"},
                                                     {"api/ingest.h", "app/commands.h"},
                                                     {"utils/strings.h", "base/uuid.h"},
                                                     {"api/ingest.h", "ingest_detail.h"}}) {
    EXPECT_FALSE(may_include(include.from, include.to)) << testing::PrintToString(include);
  }
}

TEST(IncludesOf, AreTheQuotedOnesHoweverSpaced) {
  const auto found =
      includes_of("api/a.cc",
                  "#include <vector>\n#include \"base/clock.h\"\r\n  #  include  \"log/log.h\"  // why\n"
                  "// #include \"store/store.h\"\n#include\"http/http.h\"");
  EXPECT_THAT(found, ElementsAre(Include{"api/a.cc", "base/clock.h"}, Include{"api/a.cc", "log/log.h"},
                                 Include{"api/a.cc", "http/http.h"}));
}

/// A source tree of its own, gone with the test.
class SourceTree : public testing::Test {
 protected:
  SourceTree() : root_(std::filesystem::temp_directory_path() / ("layering-" + std::to_string(getpid()))) {}
  ~SourceTree() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  std::filesystem::path root_;
};

TEST_F(SourceTree, WithAViolationIsFound) {
  write("base/clock.h", "#pragma once\n");
  write("pipeline/consumer.cc", "#include \"base/clock.h\"\n#include \"log/local_log.h\"\n");
  write("api/deep/ingest.cc", "#include \"pipeline/consumer.h\"\n");
  write("api/notes.md", "#include \"pipeline/consumer.h\"\n");
  const auto graph = read_include_graph(root_);
  EXPECT_THAT(graph, SizeIs(3));
  EXPECT_THAT(violations(graph), UnorderedElementsAre(Include{"pipeline/consumer.cc", "log/local_log.h"},
                                                      Include{"api/deep/ingest.cc", "pipeline/consumer.h"}));
}

TEST_F(SourceTree, WithACycleIsFound) {
  write("base/a.h", "#include \"base/b.h\"\n");
  write("base/b.h", "#include \"base/d.h\"\n#include \"base/c.h\"\n");
  write("base/c.h", "#include \"base/b.h\"\n");
  write("base/d.h", "");
  EXPECT_THAT(find_cycle(read_include_graph(root_)), UnorderedElementsAre("base/b.h", "base/c.h"));
  write("base/c.h", "");
  EXPECT_THAT(find_cycle(read_include_graph(root_)), IsEmpty());
}

}  // namespace
}  // namespace fanfinity::layering
