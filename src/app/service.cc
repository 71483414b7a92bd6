#include "app/service.h"

#include <chrono>
#include <utility>

#include "api/events.h"
#include "api/health.h"
#include "api/ingest.h"
#include "api/matches.h"
#include "api/pages.h"
#include "api/players.h"
#include "api/timeline.h"
#include "app/adapters.h"
#include "app/version.h"
#include "base/log_line.h"
#include "tools/control.h"

namespace fanfinity::app {

using base::Errc;
using base::Status;

Service::Service(const config::Settings& settings, Role role,
                 std::function<void(const base::Error&)> on_fatal)
    : settings_(settings),
      role_(role),
      on_fatal_(std::move(on_fatal)),
      clock_(base::system_clock()),
      metrics_(kVersion),
      http_metrics_(metrics_),
      api_metrics_(metrics_),
      pipeline_metrics_(metrics_),
      backlog_gauges_(metrics_) {}

Service::~Service() {
  metrics_.stop_sampling();
}

Status Service::start() {
  // The data directory belongs to one process: the log's lock says so before anything else is touched.
  if (Status status = open_log(); !status) return status;
  if (Status status = open_store(); !status) return status;

  as_of_ = std::make_unique<SharedAsOf>(log_->reader(), clock_);
  views_ = std::make_unique<api::ViewCache>(view_cache_config(settings_), clock_);
  event_views_ = std::make_unique<api::ViewCache>(event_view_cache_config(settings_), clock_);
  status_views_ = std::make_unique<api::ViewCache>(status_view_cache_config(), clock_);
  if (serves_api()) response_times_ = std::make_unique<api::ResponseTimeRecorder>(*producer_, clock_);
  metrics_.on_scrape([this] {
    log_->sample();
    api_metrics_.set_stale_answers(stale_answers());
    backlog_gauges_.sample(log_->reader(), *producer_, pipeline_metrics_);
  });

  const auto migrated = [this] { return migrate(*clickhouse_, settings_, log_->reader()); };
  const auto on_migrated = [this] {
    if (consumes()) start_pipeline();
  };
  watch_ = std::make_unique<StoreWatch>(
      StoreWatch::Steps{[this] { return reader_->ping(); }, migrated, on_migrated, on_fatal_}, clock_);
  log_watch_ = std::jthread([this](const std::stop_token& stop) { watch_log(stop); });
  // Events are taken from now on, whether ClickHouse is there or not: they wait in the log.
  if (Status status = start_server(); !status) return status;
  return start_control();
}

Status Service::open_log() {
  auto opened = LogSide::open(settings_, metrics_);
  if (!opened) return opened.error();
  log_ = std::move(*opened);
  producer_ = std::make_unique<observe::MeasuredProducer>(log_->producer(), metrics_);
  return {};
}

Status Service::open_store() {
  store::ClickHouseEndpoint endpoint = clickhouse_endpoint(settings_);
  if (settings_.clickhouse.host.empty()) {
    auto embedded = store::EmbeddedClickHouse::start(embedded_clickhouse_config(settings_));
    if (!embedded) return embedded.error();
    embedded_ = std::move(*embedded);
    endpoint = embedded_->endpoint();
  }
  clickhouse_ = std::make_unique<store::ClickHouseHttp>(endpoint);
  raw_store_ = std::make_unique<store::ClickHouseStore>(*clickhouse_, events_topic(settings_));
  store_ = std::make_unique<observe::MeasuredStore>(*raw_store_, metrics_);
  reader_ = std::make_unique<store::ClickHouseMetrics>(*clickhouse_);
  event_reader_ = std::make_unique<store::ClickHouseEvents>(*clickhouse_);
  return {};
}

void Service::watch_log(const std::stop_token& stop) {
  // Brokers that are away may come back; a password or topic that is wrong at first contact will not mend
  // itself. Later the same is only told (/ready), because a service that runs must not end by it.
  while (!stop.stop_requested()) {
    const Status usable = log_->wait_usable(std::chrono::seconds(10), stop);
    if (usable) return;
    if (usable.error().code == Errc::kInvalid) return on_fatal_(usable.error());
  }
}

void Service::start_pipeline() {
  const std::lock_guard lock(pipeline_mutex_);
  consumer_ = std::make_unique<pipeline::Consumer>(
      consumer_config(settings_),
      pipeline::ConsumerPorts{log_->group(), log_->reader(), *producer_, *store_, clock_, pipeline_metrics_});
  consumer_->start();
}

Status Service::start_server() {
  std::vector<http::Route> routes;
  if (serves_api()) add_api_routes(routes);
  add_status_routes(routes);
  for (const http::Route& route : routes) {
    base::log_line(base::Level::kDebug, "route",
                   {{"method", route.method == http::Method::kPost ? "POST" : "GET"}, {"path", route.path}});
  }
  server_ = std::make_unique<http::Server>(
      serves_api() ? server_config(settings_) : consumer_server_config(settings_), std::move(routes),
      &http_metrics_);
  return server_->start();
}

Status Service::start_control() {
  // On Kafka `fanfinity dead` asks Kafka itself.
  if (on_kafka()) return {};
  auto socket = tools::control_socket(settings_.data_dir);
  if (!socket) return socket.error();
  dead_letters_ = std::make_unique<tools::DeadLetters>(log_->reader(), *producer_, *store_);
  control_ = std::make_unique<http::Server>(control_server_config(*socket),
                                            tools::control_routes(*dead_letters_), nullptr);
  return control_->start();
}

Status Service::pipeline_status() {
  const std::lock_guard lock(pipeline_mutex_);
  if (consumer_ == nullptr) return {};  // Then ClickHouse is not ready, and said to be.
  if (auto error = consumer_->stopped_partition()) return *error;
  return {};
}

void Service::add_api_routes(std::vector<http::Route>& routes) {
  const api::IngestPorts ingest{*producer_, *response_times_, recent_ids_, api_metrics_};
  const api::MatchPorts matches{*reader_, [this] { return as_of_->get(); }, *views_, api_metrics_};
  const api::EventPorts events{*event_reader_, [this] { return as_of_->get(); }, *event_views_, api_metrics_};
  routes.push_back(api::post_event(ingest));
  routes.push_back(api::post_batch(ingest));
  const http::Route metrics = api::get_metrics(matches);
  const http::Route list = api::get_matches(matches);
  streams_ = std::make_unique<api::MatchStreams>(match_streams_config(settings_),
                                                 api::read_by(metrics, list, matches), clock_);
  routes.push_back(metrics);
  routes.push_back(api::get_timeline(matches, events));
  routes.push_back(list);
  routes.push_back(api::get_match_stream(*streams_));
  routes.push_back(api::get_matches_stream(*streams_));
  routes.push_back(api::get_events(events));
  routes.push_back(api::get_players(events));
  for (http::Route& route : api::page_routes()) routes.push_back(std::move(route));
  streams_->start();
}

void Service::add_status_routes(std::vector<http::Route>& routes) {
  routes.push_back(api::get_health(clock_));
  std::vector<api::ReadinessCheck> checks{{"clickhouse", [this] { return watch_->status(); }},
                                          {std::string(log_->name()), [this] { return producer_->health(); }},
                                          {"pipeline", [this] { return pipeline_status(); }, true}};
  const auto counts = [this]() -> std::vector<std::pair<std::string, std::uint64_t>> {
    const auto backlog = pipeline::backlog(log_->reader());
    if (!backlog) return {};
    return {{"lag", backlog->lag},
            {"retryPending", backlog->retry},
            {"deadLetters", backlog->dead},
            {"staleAnswers", stale_answers()}};
  };
  routes.push_back(api::get_ready(clock_, *status_views_, std::move(checks), counts));
  routes.push_back(api::get_prometheus(*status_views_, [this] { return metrics_.render(); }));
}

std::uint64_t Service::stale_answers() const {
  return views_->stale_answers() + event_views_->stale_answers();
}

void Service::drain() {
  base::log_line(base::Level::kInfo, "draining");
  server_->stop();
  if (control_) control_->stop();
  if (response_times_) response_times_->flush(settings_.server.drain_timeout);
  log_watch_ = {};
  watch_.reset();
  // What is left in Kafka is for the other consumers; what is left in the embedded log nobody else stores.
  if (consumer_ != nullptr) consumer_->stop(!on_kafka(), settings_.server.drain_timeout);
}

std::uint16_t Service::port() const {
  return server_->port();
}

}  // namespace fanfinity::app
