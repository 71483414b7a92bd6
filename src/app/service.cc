#include "app/service.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "api/health.h"
#include "api/ingest.h"
#include "api/matches.h"
#include "app/adapters.h"
#include "app/version.h"
#include "base/log_line.h"
#include "tools/control.h"

namespace fanfinity::app {

using base::Errc;
using base::Error;
using base::Status;

Service::Service(const config::Settings& settings, std::function<void(const base::Error&)> on_fatal)
    : settings_(settings),
      on_fatal_(std::move(on_fatal)),
      clock_(base::system_clock()),
      metrics_(kVersion),
      http_metrics_(metrics_),
      api_metrics_(metrics_),
      pipeline_metrics_(metrics_),
      gauges_(metrics_) {}

Service::~Service() {
  metrics_.stop_sampling();
}

base::Status Service::start() {
  // The data directory belongs to one process: the log's lock says so before anything else is touched.
  if (Status status = open_log(); !status) return status;
  if (Status status = open_store(); !status) return status;

  views_ = std::make_unique<api::ViewCache>(view_cache_config(settings_), clock_);
  response_times_ = std::make_unique<api::ResponseTimeRecorder>(*producer_, clock_);
  dead_letters_ = std::make_unique<tools::DeadLetters>(*log_, *producer_, *store_);
  metrics_.on_scrape([this] { gauges_.sample(*log_, pipeline_metrics_); });

  watch_ = std::make_unique<StoreWatch>(StoreWatch::Steps{[this] { return reader_->ping(); },
                                                          [this] { return migrate(*clickhouse_, settings_); },
                                                          [this] { start_pipeline(); }, on_fatal_},
                                        clock_);
  // Events are taken from now on, whether ClickHouse is there or not: they wait in the log.
  return start_servers();
}

base::Status Service::open_log() {
  std::error_code failed;
  std::filesystem::create_directories(settings_.data_dir, failed);
  if (failed) {
    return Error{
        Errc::kUnavailable,
        fmt::format("The data directory {} cannot be made ({}): choose another with FANFINITY_DATA_DIR, or "
                    "give this user the right to write there.",
                    settings_.data_dir, failed.message())};
  }
  auto opened = log::LocalLog::open(local_log_config(settings_));
  if (!opened) return opened.error();
  log_ = std::move(*opened);
  producer_ = std::make_unique<observe::MeasuredProducer>(*log_, metrics_);
  return {};
}

base::Status Service::open_store() {
  store::ClickHouseEndpoint endpoint = clickhouse_endpoint(settings_);
  if (settings_.clickhouse.host.empty()) {
    auto embedded = store::EmbeddedClickHouse::start(embedded_clickhouse_config(settings_));
    if (!embedded) return embedded.error();
    embedded_ = std::move(*embedded);
    endpoint = embedded_->endpoint();
  }
  clickhouse_ = std::make_unique<store::ClickHouseHttp>(endpoint);
  raw_store_ = std::make_unique<store::ClickHouseStore>(*clickhouse_);
  store_ = std::make_unique<observe::MeasuredStore>(*raw_store_, metrics_);
  reader_ = std::make_unique<store::ClickHouseMetrics>(*clickhouse_);
  return {};
}

void Service::start_pipeline() {
  const std::lock_guard lock(pipeline_mutex_);
  consumer_ = std::make_unique<pipeline::Consumer>(
      consumer_config(settings_),
      pipeline::ConsumerPorts{*log_, *log_, *producer_, *store_, clock_, pipeline_metrics_});
  consumer_->start();
}

base::Status Service::start_servers() {
  server_ = std::make_unique<http::Server>(server_config(settings_), routes(), &http_metrics_);
  if (Status status = server_->start(); !status) return status;
  auto socket = tools::control_socket(settings_.data_dir);
  if (!socket) return socket.error();
  control_ = std::make_unique<http::Server>(control_server_config(*socket),
                                            tools::control_routes(*dead_letters_), nullptr);
  return control_->start();
}

base::Status Service::pipeline_status() {
  const std::lock_guard lock(pipeline_mutex_);
  if (consumer_ == nullptr) return {};  // Then ClickHouse is not ready, and said to be.
  if (auto error = consumer_->stopped_partition()) return *error;
  return {};
}

std::vector<http::Route> Service::routes() {
  const api::IngestPorts ingest{*producer_, *response_times_, api_metrics_};
  const api::MatchPorts matches{*reader_, [this] { return pipeline::as_of(*log_); }, *views_, api_metrics_};
  const auto count = [this](std::uint64_t pipeline::Backlog::* member) {
    return [this, member]() -> std::uint64_t {
      const auto backlog = pipeline::backlog(*log_);
      return backlog.ok() ? (*backlog).*member : 0;
    };
  };
  std::vector<http::Route> routes;
  routes.push_back(api::post_event(ingest));
  routes.push_back(api::post_batch(ingest));
  routes.push_back(api::get_metrics(matches));
  routes.push_back(api::get_timeline(matches));
  routes.push_back(api::get_matches(matches));
  routes.push_back(api::get_health(clock_));
  routes.push_back(api::get_ready(clock_,
                                  {{"clickhouse", [this] { return watch_->status(); }},
                                   {"log", [this] { return log_->health(); }},
                                   {"pipeline", [this] { return pipeline_status(); }, true}},
                                  {{"lag", count(&pipeline::Backlog::lag)},
                                   {"retryPending", count(&pipeline::Backlog::retry)},
                                   {"deadLetters", count(&pipeline::Backlog::dead)}}));
  routes.push_back(api::get_prometheus([this] { return metrics_.render(); }));
  return routes;
}

void Service::drain() {
  base::log_line(base::Level::kInfo, "draining");
  server_->stop();
  control_->stop();
  response_times_->flush(settings_.server.drain_timeout);
  watch_.reset();
  if (consumer_ != nullptr) consumer_->stop(true, settings_.server.drain_timeout);
}

std::uint16_t Service::port() const {
  return server_->port();
}

}  // namespace fanfinity::app
