#include "observe/metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/log_line.h"
#include "base/uuid.h"
#include "http/client_address.h"
#include "observe/api_metrics.h"
#include "observe/http_metrics.h"
#include "observe/measured.h"
#include "observe/pipeline_metrics.h"

namespace fanfinity::observe {
namespace {

using std::chrono::milliseconds;

class NoProducer final : public log::Producer {
 public:
  void append(log::Stream, std::vector<log::Record>, Done done) override { done(answer); }
  base::Status health() const override { return {}; }
  std::uint32_t partitions(log::Stream) const override { return 1; }
  base::Result<Ack> answer = Ack{};
};

class NoStore final : public store::EventStore {
 public:
  base::Status insert(const store::Batch&, std::string_view) override { return answer; }
  base::Result<std::vector<store::StoredId>> find(std::span<const base::Uuid>, base::Timestamp) override {
    return std::vector<store::StoredId>{};
  }
  base::Result<base::Timestamp> scan_ids(const store::IdRange&, const Scanned&) override {
    return base::Timestamp{};
  }
  base::Result<std::optional<log::Offset>> highest_offset(log::PartitionId) override {
    return std::optional<log::Offset>{};
  }
  base::Status answer;
};

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// "# TYPE name kind" of every family.
std::string families(const std::string& text) {
  std::set<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) found.insert(line.substr(7));
  }
  std::string out;
  for (const std::string& one : found) out += one + '\n';
  return out;
}

TEST(Metrics, NamesAreWhatDashboardsWereBuiltOn) {
  Metrics metrics("1");
  HttpMetrics http(metrics);
  const ApiMetrics api(metrics);
  PipelineMetrics pipeline(metrics);
  NoProducer producer;
  const MeasuredProducer measured_producer(producer, metrics);
  NoStore store;
  const MeasuredStore measured_store(store, metrics);
  pipeline.on_lag(log::PartitionId{0}, 3);
  http.on_response("GET", "/health", 200, milliseconds(1), {});
  std::ifstream file(std::string(GOLDEN_DIR) + "/metric_names.txt");
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(families(metrics.render()), golden.str());
}

TEST(HttpMetrics, CountsByMethodRouteAndStatus) {
  Metrics metrics("1");
  HttpMetrics http(metrics);
  http.on_response("POST", "/api/events", 202, milliseconds(3), {});
  http.on_response("POST", "/api/events", 202, milliseconds(3), {});
  http.on_response("GET", "unmatched", 404, milliseconds(1), {});
  http.on_connection_opened();
  const std::string text = metrics.render();
  EXPECT_TRUE(has_line(text, R"(http_requests_total{method="POST",path="/api/events",status="202"} 2)"))
      << text;
  EXPECT_TRUE(has_line(text, R"(http_requests_total{method="GET",path="unmatched",status="404"} 1)"));
  EXPECT_TRUE(has_line(text, R"(http_request_duration_seconds_count{method="POST",path="/api/events"} 2)"));
  EXPECT_TRUE(has_line(text, "fanfinity_http_open_connections 1"));
}

TEST(HttpMetrics, CountsForItselfWhereAnotherStoodBefore) {
  for (int i = 0; i < 3; ++i) {
    // On the stack, at the same address each time.
    Metrics metrics("1");
    HttpMetrics http(metrics);
    http.on_response("GET", "/health", 200, milliseconds(1), {});
    EXPECT_TRUE(
        has_line(metrics.render(), R"(http_requests_total{method="GET",path="/health",status="200"} 1)"));
  }
}

TEST(MeasuredProducer, CountsRecordsMadeDurableAndFailures) {
  Metrics metrics("1");
  NoProducer inner;
  MeasuredProducer producer(inner, metrics);
  int answers = 0;
  producer.append(log::Stream::kEvents, std::vector<log::Record>(3), [&](const auto&) { ++answers; });
  inner.answer = base::Error{base::Errc::kFull, "full"};
  producer.append(log::Stream::kEvents, std::vector<log::Record>(1), [&](const auto&) { ++answers; });
  EXPECT_EQ(answers, 2);
  const std::string text = metrics.render();
  EXPECT_TRUE(has_line(text, "fanfinity_kafka_producer_messages_produced_total 3")) << text;
  EXPECT_TRUE(has_line(text, "fanfinity_producer_append_failures_total 1"));
  EXPECT_TRUE(has_line(text, "fanfinity_producer_in_flight_appends 0"));
}

TEST(MeasuredStore, TellsStoredFailedAndRefusedApart) {
  Metrics metrics("1");
  NoStore inner;
  MeasuredStore store(inner, metrics);
  store::Batch batch;
  for (int i = 0; i < 4; ++i) batch.events.add({}, {}, log::Offset{i});
  EXPECT_TRUE(store.insert(batch, "t").ok());
  inner.answer = base::Error{base::Errc::kRefused, "constraint"};
  EXPECT_FALSE(store.insert(batch, "t").ok());
  inner.answer = base::Error{base::Errc::kUnknownOutcome, "cut"};
  EXPECT_FALSE(store.insert(batch, "t").ok());
  const std::string text = metrics.render();
  EXPECT_TRUE(has_line(text, "fanfinity_clickhouse_events_inserted_total 4")) << text;
  EXPECT_TRUE(has_line(text, "fanfinity_clickhouse_inserts_refused_total 1"));
  EXPECT_TRUE(has_line(text, "fanfinity_clickhouse_insert_failures_total 1"));
}

TEST(PipelineMetrics, VisibleTimesCountEveryEvent) {
  Metrics metrics("1");
  PipelineMetrics pipeline(metrics);
  pipeline.on_visible(milliseconds(250), 100);
  pipeline.on_visible(milliseconds(700), 1);
  const std::string text = metrics.render();
  EXPECT_TRUE(has_line(text, R"(fanfinity_accept_to_visible_seconds_bucket{le="0.3"} 100)")) << text;
  EXPECT_TRUE(has_line(text, "fanfinity_accept_to_visible_seconds_count 101"));
}

/// The log lines of one test: "level message name=value name=value".
std::vector<std::string>& logged() {
  static std::vector<std::string> lines;
  return lines;
}

struct Show {
  std::string operator()(std::string_view text) const { return std::string(text); }
  std::string operator()(bool yes) const { return yes ? "true" : "false"; }
  std::string operator()(auto number) const { return fmt::format("{}", number); }
};

void capture_log(base::Level level) {
  logged().clear();
  base::set_log_sink(
      [](base::Level, std::string_view message, std::initializer_list<base::Field> fields) {
        std::string line(message);
        for (const auto& field : fields)
          line += fmt::format(" {}={}", field.name, std::visit(Show{}, field.value));
        logged().push_back(line);
      },
      level);
}

TEST(PipelineMetrics, SumUpWhatHappenedInOneLine) {
  capture_log(base::Level::kInfo);
  Metrics metrics("1");
  PipelineMetrics pipeline(metrics);
  pipeline::BatchReport report;
  report.stored = 40;
  report.duplicates = 2;
  report.refused = 1;
  for (int i = 0; i < 100; ++i) pipeline.on_batch(report);
  pipeline.on_visible(milliseconds(250), 4'000);
  pipeline.on_lag(log::PartitionId{0}, 3);
  pipeline.on_lag(log::PartitionId{1}, 4);
  EXPECT_TRUE(logged().empty()) << "no line for each batch: " << logged().front();
  pipeline.log_summary(milliseconds(10'000));
  ASSERT_EQ(logged().size(), 1U);
  EXPECT_TRUE(
      logged()[0].starts_with("events stored seconds=10 stored=4000 batches=100 duplicates=200 "
                              "refused=100 dead=0 repeated_inserts=0 lag=7 visible_p99_ms=2"))
      << logged()[0];
  pipeline.log_summary(milliseconds(10'000));
  EXPECT_EQ(logged().size(), 1U) << "nothing happened since";
}

TEST(PipelineMetrics, NameTheEventAndTheTraceOfWhatIsRefused) {
  capture_log(base::Level::kInfo);
  Metrics metrics("1");
  PipelineMetrics pipeline(metrics);
  log::Record record;
  record.key = base::Uuid::random();
  record.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  pipeline.on_retry_scheduled({log::PartitionId{0}, log::Offset{7}, record, "no"}, 1);
  pipeline.on_dead_letter({log::PartitionId{0}, log::Offset{7}, record, "no"});
  ASSERT_EQ(logged().size(), 2U);
  for (const std::string& line : logged()) {
    EXPECT_NE(line.find("event_id=" + record.key.to_string()), std::string::npos) << line;
    EXPECT_NE(line.find("trace_id=0af7651916cd43dd8448eb211c80319c"), std::string::npos) << line;
  }
}

TEST(HttpMetrics, NameRequestAndTraceInTheLineOfARequest) {
  capture_log(base::Level::kDebug);
  Metrics metrics("1");
  HttpMetrics http(metrics);
  http.on_response("GET", "/health", 200, milliseconds(1), {"my-id", "0af7651916cd43dd8448eb211c80319c"});
  ASSERT_EQ(logged().size(), 1U);
  EXPECT_NE(logged()[0].find("request_id=my-id trace_id=0af7651916cd43dd8448eb211c80319c"), std::string::npos)
      << logged()[0];
}

TEST(PipelineMetrics, SayForHowLongTheConsumerRepeatsItself) {
  Metrics metrics("1");
  PipelineMetrics pipeline(metrics);
  pipeline.set_repeating(milliseconds(31'500));
  EXPECT_TRUE(has_line(metrics.render(), "fanfinity_consumer_repeating_seconds 31.5"));
}

TEST(Metrics, TellOfNoFilterOnceItsPartitionIsGone) {
  Metrics metrics("1");
  PipelineMetrics pipeline(metrics);
  pipeline.on_assigned(log::PartitionId{2});
  pipeline.on_filter(log::PartitionId{2}, 7, 4096);
  EXPECT_TRUE(has_line(metrics.render(), "fanfinity_dedup_filter_ids{partition=\"2\"} 7"));
  pipeline.on_revoked(log::PartitionId{2});
  EXPECT_TRUE(has_line(metrics.render(), "fanfinity_dedup_filter_ids{partition=\"2\"} 0"));
  EXPECT_TRUE(has_line(metrics.render(), "fanfinity_dedup_filter_bytes{partition=\"2\"} 0"));
}

TEST(Metrics, AreSampledWhenTheyAreScraped) {
  Metrics metrics("1");
  prometheus::Gauge& depth = metrics.gauge("depth", "Depth.");
  int reading = 0;
  metrics.on_scrape([&] { depth.Set(++reading); });
  EXPECT_TRUE(has_line(metrics.render(), "depth 1"));
  EXPECT_TRUE(has_line(metrics.render(), "depth 2"));
  metrics.stop_sampling();
  EXPECT_TRUE(has_line(metrics.render(), "depth 2"));
}

}  // namespace
}  // namespace fanfinity::observe
