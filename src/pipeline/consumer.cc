#include "pipeline/consumer.h"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log_line.h"
#include "pipeline/partition_threads.h"
#include "pipeline/partition_worker.h"
#include "pipeline/retry_relay.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

struct Consumer::Impl {
  Impl(ConsumerConfig settings, ConsumerPorts our_ports)
      : config(std::move(settings)),
        ports(our_ports),
        filter_budget(config.dedup_filter_bytes),
        id_scan(config, ports, filter_budget, repetitions),
        pace(config.max_inserts_per_second),
        context{config, ports, id_scan, pace, intent_age, repetitions, draining},
        workers([this](auto& partition, const auto& stop) { work(partition, stop); }),
        relays([this](auto& partition, const auto& stop) { relay(partition, stop); }) {}

  void start();
  void stop(bool drain, std::chrono::milliseconds timeout);

  void work(log::OwnedPartition& partition, const std::stop_token& stop);
  void relay(log::OwnedPartition& partition, const std::stop_token& stop);
  void serve(log::Stream stream, log::Group::Listener& listener, const std::stop_token& stop);
  void forget_stop(log::Stream stream, log::PartitionId partition);
  void leave(log::Stream stream, log::PartitionId partition, const base::Error& reason);

  const ConsumerConfig config;
  const ConsumerPorts ports;
  FilterBudget filter_budget;
  Repetitions repetitions;
  IdScan id_scan;
  InsertPace pace;
  IntentAge intent_age;
  std::atomic<bool> draining{false};
  const WorkerContext context;

  mutable std::mutex mutex;
  std::map<std::pair<log::Stream, log::PartitionId>, base::Error> stopped_partitions;
  bool stop_called = false;

  PartitionThreads workers;
  PartitionThreads relays;
  std::jthread events_member;
  std::jthread retry_member;
};

void Consumer::Impl::work(log::OwnedPartition& partition, const std::stop_token& stop) {
  forget_stop(log::Stream::kEvents, partition.id());
  ports.observer.on_assigned(partition.id());
  leave(log::Stream::kEvents, partition.id(), PartitionWorker(context, partition, stop).run());
  ports.observer.on_revoked(partition.id());
}

void Consumer::Impl::relay(log::OwnedPartition& partition, const std::stop_token& stop) {
  forget_stop(log::Stream::kRetry, partition.id());
  leave(log::Stream::kRetry, partition.id(), RetryRelay(context, partition, stop).run());
}

void Consumer::Impl::forget_stop(log::Stream stream, log::PartitionId partition) {
  const std::scoped_lock lock(mutex);
  stopped_partitions.erase({stream, partition});
}

void Consumer::Impl::leave(log::Stream stream, log::PartitionId partition, const base::Error& end) {
  switch (end.code) {
    case base::Errc::kStopped:
    case base::Errc::kFenced:
      return;
    case base::Errc::kUnknownOutcome:
      ports.group.rejoin(stream, partition);
      return;
    case base::Errc::kInvalid:
    case base::Errc::kNotFound:
    case base::Errc::kUnavailable:
    case base::Errc::kFull:
    case base::Errc::kRefused:
    case base::Errc::kCorrupt:
    case base::Errc::kInternal:
      break;
  }
  const base::Error reason{end.code, "Stream `" + std::string(log::to_string(stream)) + "`: " + end.detail};
  {
    const std::scoped_lock lock(mutex);
    stopped_partitions.insert_or_assign({stream, partition}, reason);
  }
  ports.observer.on_partition_stopped(partition, reason);
}

void Consumer::Impl::serve(log::Stream stream, log::Group::Listener& listener, const std::stop_token& stop) {
  Backoff backoff(config.backoff_first, config.backoff_max);
  while (!stop.stop_requested()) {
    const base::Status left = ports.group.run(stream, listener, stop);
    if (stop.stop_requested()) return;
    const auto delay = backoff.next();
    base::log_line(base::Level::kError, "consumer group not joined, trying again",
                   {{"stream", log::to_string(stream)},
                    {"error", left ? "the membership ended by itself" : left.error().detail},
                    {"next_try_ms", delay.count()}});
    static_cast<void>(ports.clock.wait_for(stop, delay));
  }
}

void Consumer::Impl::start() {
  intent_age.look(ports.reader, ports.clock.now());
  events_member =
      std::jthread([this](const std::stop_token& stop) { serve(log::Stream::kEvents, workers, stop); });
  retry_member =
      std::jthread([this](const std::stop_token& stop) { serve(log::Stream::kRetry, relays, stop); });
}

void Consumer::Impl::stop(bool drain, std::chrono::milliseconds timeout) {
  {
    const std::scoped_lock lock(mutex);
    if (std::exchange(stop_called, true)) return;
  }
  // The delay line first: what it still produced would only have to be drained as well.
  relays.request_stop();
  if (drain) {
    draining = true;
    static_cast<void>(workers.wait_until_idle(timeout));
  }
  workers.request_stop();
  retry_member.request_stop();
  events_member.request_stop();
  if (retry_member.joinable()) retry_member.join();
  if (events_member.joinable()) events_member.join();
}

Consumer::Consumer(ConsumerConfig config, ConsumerPorts ports)
    : impl_(std::make_unique<Impl>(std::move(config), ports)) {}

Consumer::~Consumer() {
  stop(false, {});
}

void Consumer::start() {
  impl_->start();
}

void Consumer::stop(bool drain, std::chrono::milliseconds timeout) {
  impl_->stop(drain, timeout);
}

std::optional<base::Error> Consumer::stopped_partition() const {
  const std::scoped_lock lock(impl_->mutex);
  if (impl_->stopped_partitions.empty()) return std::nullopt;
  return impl_->stopped_partitions.begin()->second;
}

std::chrono::milliseconds Consumer::repeating() const {
  const auto longest = impl_->repetitions.longest();
  if (!longest) return {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(impl_->ports.clock.steady() - longest->since);
}

std::optional<base::Error> Consumer::trouble() const {
  if (auto stopped = stopped_partition()) return stopped;
  const auto longest = impl_->repetitions.longest();
  if (!longest) return std::nullopt;
  const auto lasts = impl_->ports.clock.steady() - longest->since;
  if (lasts < impl_->config.repeated_too_long) return std::nullopt;
  return base::Error{longest->error.code,
                     "repeated in vain for " +
                         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lasts).count()) +
                         " s: " + longest->error.detail};
}

}  // namespace fanfinity::pipeline
