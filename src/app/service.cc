#include "app/service.h"

#include <algorithm>
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
#include "http/listener.h"
#include "store/clickhouse_library.h"
#include "tools/control.h"

namespace fanfinity::app {

using base::Errc;
using base::Error;
using base::Status;

namespace {

// The sockets of a process that was killed close a moment after its locks.
constexpr std::chrono::milliseconds kPortPatience{500};
constexpr std::chrono::milliseconds kPortPoll{20};
constexpr std::chrono::seconds kSummaryPeriod{10};

}  // namespace

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

Status Service::check(const std::stop_token& stop) {
  if (settings_.clickhouse.host.empty()) {
    if (auto library = store::find_clickhouse_library(settings_.clickhouse.library); !library)
      return library.error();
  }
  // The data directory belongs to one process: the log's lock says so before anything else is touched. One
  // that was killed holds its port for as long as the lock, so the port comes second.
  if (Status status = open_log(stop); !status) return status;
  return check_port();
}

Status Service::check_port() const {
  const http::ServerConfig config =
      serves_api() ? server_config(settings_) : consumer_server_config(settings_);
  const base::SteadyTime give_up = clock_.steady() + kPortPatience;
  while (true) {
    const auto free = http::Listeners::tcp(config.host, config.port, 1);
    if (free) return {};
    if (free.error().code != Errc::kUnavailable || clock_.steady() >= give_up) return free.error();
    clock_.wait_for({}, kPortPoll);
  }
}

Status Service::start(const std::stop_token& stop) {
  if (Status status = open_store(stop); !status) return status;

  as_of_ = std::make_unique<SharedAsOf>(log_->reader(), clock_);
  views_ = std::make_unique<api::ViewCache>(view_cache_config(settings_), clock_);
  event_views_ = std::make_unique<api::ViewCache>(event_view_cache_config(settings_), clock_);
  status_views_ = std::make_unique<api::ViewCache>(status_view_cache_config(), clock_);
  if (serves_api()) response_times_ = std::make_unique<api::ResponseTimeRecorder>(*producer_, clock_);
  metrics_.on_scrape([this] {
    log_->sample();
    api_metrics_.set_stale_answers(stale_answers());
    backlog_gauges_.sample(log_->reader(), *producer_, pipeline_metrics_);
    const std::lock_guard lock(pipeline_mutex_);
    pipeline_metrics_.set_repeating(consumer_ == nullptr ? std::chrono::milliseconds::zero()
                                                         : consumer_->repeating());
  });

  const auto migrated = [this] { return migrate(*clickhouse_, settings_, log_->reader()); };
  const auto on_migrated = [this] {
    if (consumes()) start_pipeline();
  };
  // The embedded ClickHouse answers by now: a database that this version must not touch is refused before
  // any event is taken.
  if (embedded_ != nullptr) {
    if (Status status = migrated(); !status && status.error().code == Errc::kInvalid) return status;
  }
  if (stop.stop_requested()) return Error{Errc::kStopped, "The start was cut short."};
  watch_ = std::make_unique<StoreWatch>(
      StoreWatch::Steps{[this] { return reader_->ping(); }, migrated, on_migrated, on_fatal_}, clock_);
  log_watch_ = std::jthread([this](const std::stop_token& stop) { watch_log(stop); });
  // Events are taken from now on, whether ClickHouse is there or not: they wait in the log.
  if (Status status = start_server(); !status) return status;
  return start_control();
}

Status Service::open_log(const std::stop_token& stop) {
  auto opened = LogSide::open(settings_, metrics_, stop);
  if (!opened) return opened.error();
  log_ = std::move(*opened);
  producer_ = std::make_unique<observe::MeasuredProducer>(log_->producer(), metrics_);
  return {};
}

Status Service::open_store(const std::stop_token& stop) {
  store::ClickHouseEndpoint endpoint = clickhouse_endpoint(settings_);
  if (settings_.clickhouse.host.empty()) {
    store::EmbeddedClickHouseConfig config = embedded_clickhouse_config(settings_);
    config.stop = stop;
    auto embedded = store::EmbeddedClickHouse::start(std::move(config));
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
  if (draining_) return;
  consumer_ = std::make_unique<pipeline::Consumer>(
      consumer_config(settings_),
      pipeline::ConsumerPorts{log_->group(), log_->reader(), *producer_, *store_, clock_, pipeline_metrics_});
  consumer_->start();
  summaries_ = std::jthread([this](const std::stop_token& stop) { log_summaries(stop); });
}

void Service::log_summaries(const std::stop_token& stop) {
  base::SteadyTime last = clock_.steady();
  while (true) {
    const bool goes_on = clock_.wait_for(stop, kSummaryPeriod);
    const base::SteadyTime now = clock_.steady();
    pipeline_metrics_.log_summary(std::chrono::duration_cast<std::chrono::milliseconds>(now - last));
    if (!goes_on) return;
    last = now;
  }
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
  if (auto error = consumer_->trouble()) return *error;
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

void Service::drain(base::SteadyTime deadline) {
  // Two thirds of the time for requests and for what is not stored, a sixth for an insert under way. The rest
  // is for leaving the group and for ClickHouse's end.
  const base::SteadyTime began = clock_.steady();
  const base::SteadyTime until = began + (deadline - began) * 2 / 3;
  base::log_line(base::Level::kInfo, "draining");
  server_->stop_by(until);
  if (control_) control_->stop_by(until);
  if (response_times_) response_times_->flush(left_until(until));
  // Stopped, not destroyed: /ready may be read until the end.
  log_watch_.request_stop();
  watch_->request_stop();
  stop_pipeline(until, until + (deadline - until) / 2);
}

void Service::stop_pipeline(base::SteadyTime until, base::SteadyTime give_up) {
  pipeline::Consumer* consumer = nullptr;
  {
    const std::lock_guard lock(pipeline_mutex_);
    draining_ = true;
    consumer = consumer_.get();
  }
  {
    // An insert that ClickHouse does not answer is left as a kill -9 would leave it.
    const std::jthread guard([&](const std::stop_token& done) {
      if (clock_.wait_for(done, left_until(give_up))) clickhouse_->abandon();
    });
    // What is left in Kafka is for the other consumers; what is left in the embedded log nobody else stores.
    if (consumer != nullptr) consumer->stop(!on_kafka(), left_until(until));
  }
  clickhouse_->abandon();
}

std::chrono::milliseconds Service::left_until(base::SteadyTime moment) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(moment - clock_.steady());
  return std::max(left, std::chrono::milliseconds::zero());
}

std::uint16_t Service::port() const {
  return server_->port();
}

}  // namespace fanfinity::app
