#pragma once
// Everything `fanfinity up` runs, wired together. Made in order, destroyed in the opposite one.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/response_times.h"
#include "api/view_cache.h"
#include "app/log_gauges.h"
#include "app/store_watch.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "http/server.h"
#include "log/local_log.h"
#include "observe/api_metrics.h"
#include "observe/http_metrics.h"
#include "observe/measured.h"
#include "observe/metrics.h"
#include "observe/pipeline_metrics.h"
#include "pipeline/consumer.h"
#include "store/clickhouse_metrics.h"
#include "store/clickhouse_store.h"
#include "store/embedded_clickhouse.h"
#include "tools/dead_letters.h"

namespace fanfinity::app {

class Service {
 public:
  /// `on_fatal` may be called once, on any thread, when the service cannot go on by itself.
  Service(const config::Settings& settings, std::function<void(const base::Error&)> on_fatal);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the log, starts ClickHouse and the HTTP servers. The consumer follows when ClickHouse is there.
  [[nodiscard]] base::Status start();
  /// Answers what is under way, stores what is in the log as far as the drain time allows, stops.
  void drain();
  [[nodiscard]] std::uint16_t port() const;

 private:
  [[nodiscard]] base::Status open_log();
  [[nodiscard]] base::Status open_store();
  void start_pipeline();
  [[nodiscard]] base::Status start_servers();
  [[nodiscard]] std::vector<http::Route> routes();
  [[nodiscard]] base::Status pipeline_status();

  const config::Settings settings_;
  std::function<void(const base::Error&)> on_fatal_;
  base::Clock& clock_;

  observe::Metrics metrics_;
  observe::HttpMetrics http_metrics_;
  observe::ApiMetrics api_metrics_;
  observe::PipelineMetrics pipeline_metrics_;
  LogGauges gauges_;

  std::unique_ptr<log::LocalLog> log_;
  std::unique_ptr<observe::MeasuredProducer> producer_;

  std::unique_ptr<store::EmbeddedClickHouse> embedded_;
  std::unique_ptr<store::ClickHouseHttp> clickhouse_;
  std::unique_ptr<store::ClickHouseStore> raw_store_;
  std::unique_ptr<observe::MeasuredStore> store_;
  std::unique_ptr<store::ClickHouseMetrics> reader_;

  std::mutex pipeline_mutex_;
  std::unique_ptr<pipeline::Consumer> consumer_;
  std::unique_ptr<StoreWatch> watch_;

  std::unique_ptr<api::ViewCache> views_;
  std::unique_ptr<api::ResponseTimeRecorder> response_times_;
  std::unique_ptr<tools::DeadLetters> dead_letters_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> control_;
};

}  // namespace fanfinity::app
