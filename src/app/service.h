#pragma once
// Everything one process runs, wired together. Made in order, destroyed in the opposite one.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/match_streams.h"
#include "api/response_times.h"
#include "api/view_cache.h"
#include "app/log_gauges.h"
#include "app/log_side.h"
#include "app/shared_as_of.h"
#include "app/store_watch.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "http/server.h"
#include "observe/api_metrics.h"
#include "observe/http_metrics.h"
#include "observe/measured.h"
#include "observe/metrics.h"
#include "observe/pipeline_metrics.h"
#include "pipeline/consumer.h"
#include "store/clickhouse_events.h"
#include "store/clickhouse_metrics.h"
#include "store/clickhouse_store.h"
#include "store/embedded_clickhouse.h"
#include "tools/dead_letters.h"

namespace fanfinity::app {

/// Which part of the service a process is.
enum class Role { kAll, kServer, kConsumer };

class Service {
 public:
  /// `on_fatal` may be called once, on any thread, when the service cannot go on by itself.
  Service(const config::Settings& settings, Role role, std::function<void(const base::Error&)> on_fatal);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the log and looks at whatever else can be seen to be wrong before anything is started: the port,
  /// ClickHouse's library. `stop` ends its waits, and those of `start`: kStopped, or any other failure.
  [[nodiscard]] base::Status check(const std::stop_token& stop);
  /// After `check`. Starts ClickHouse and the HTTP servers. The consumer follows when ClickHouse is there.
  /// kInvalid, kNotFound: the operator must change something.
  [[nodiscard]] base::Status start(const std::stop_token& stop);
  /// Answers what is under way, stores what is in the embedded log, stops, all before `deadline`. What is not
  /// done by then is cut off, and the last steps are left to the destructor.
  void drain(base::SteadyTime deadline);
  [[nodiscard]] std::uint16_t port() const;

 private:
  [[nodiscard]] bool serves_api() const { return role_ != Role::kConsumer; }
  [[nodiscard]] bool consumes() const { return role_ != Role::kServer; }
  [[nodiscard]] bool on_kafka() const { return !settings_.kafka.bootstrap_servers.empty(); }

  [[nodiscard]] base::Status check_port() const;
  [[nodiscard]] base::Status open_log(const std::stop_token& stop);
  [[nodiscard]] base::Status open_store(const std::stop_token& stop);
  void stop_pipeline(base::SteadyTime until, base::SteadyTime give_up);
  [[nodiscard]] std::chrono::milliseconds left_until(base::SteadyTime moment) const;
  void start_pipeline();
  [[nodiscard]] base::Status start_server();
  [[nodiscard]] base::Status start_control();
  void add_api_routes(std::vector<http::Route>& routes);
  void add_status_routes(std::vector<http::Route>& routes);
  [[nodiscard]] base::Status pipeline_status();
  [[nodiscard]] std::uint64_t stale_answers() const;
  void watch_log(const std::stop_token& stop);
  void log_summaries(const std::stop_token& stop);

  const config::Settings settings_;
  const Role role_;
  std::function<void(const base::Error&)> on_fatal_;
  base::Clock& clock_;

  observe::Metrics metrics_;
  observe::HttpMetrics http_metrics_;
  observe::ApiMetrics api_metrics_;
  api::RecentIds recent_ids_;
  observe::PipelineMetrics pipeline_metrics_;
  BacklogGauges backlog_gauges_;

  std::unique_ptr<LogSide> log_;
  std::unique_ptr<observe::MeasuredProducer> producer_;

  std::unique_ptr<store::EmbeddedClickHouse> embedded_;
  std::unique_ptr<store::ClickHouseHttp> clickhouse_;
  std::unique_ptr<store::ClickHouseStore> raw_store_;
  std::unique_ptr<observe::MeasuredStore> store_;
  std::unique_ptr<store::ClickHouseMetrics> reader_;
  std::unique_ptr<store::ClickHouseEvents> event_reader_;

  std::mutex pipeline_mutex_;
  bool draining_ = false;
  std::unique_ptr<pipeline::Consumer> consumer_;
  std::jthread summaries_;
  std::unique_ptr<StoreWatch> watch_;
  std::jthread log_watch_;

  std::unique_ptr<SharedAsOf> as_of_;
  std::unique_ptr<api::ViewCache> views_;
  std::unique_ptr<api::ViewCache> event_views_;
  std::unique_ptr<api::ViewCache> status_views_;
  std::unique_ptr<api::MatchStreams> streams_;
  std::unique_ptr<api::ResponseTimeRecorder> response_times_;
  std::unique_ptr<tools::DeadLetters> dead_letters_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> control_;
};

}  // namespace fanfinity::app
