#pragma once
// A log and a store in memory with a consumer between them, and what tests ask of the three.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "domain/event_json.h"
#include "fakes/memory_log.h"
#include "fakes/memory_store.h"
#include "pipeline/consumer.h"

namespace fanfinity::pipeline {

using namespace std::chrono_literals;
using base::Errc;
using base::Timestamp;
using base::Uuid;
using fakes::Landing;
using fakes::MemoryLog;
using fakes::MemoryStore;
using log::Offset;
using log::PartitionId;
using log::Stream;

inline bool eventually(const std::function<bool()>& condition, std::chrono::seconds deadline = 20s) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// Remembers what the pipeline told.
class Recorder final : public Observer {
 public:
  [[nodiscard]] int assignments() const { return assignments_; }
  struct Stopped {
    PartitionId partition;
    base::Error error;
  };
  void on_assigned(PartitionId) override { ++assignments_; }
  void on_revoked(PartitionId) override {
    const auto hook = copy(revoked_hook_);
    if (hook) hook();
  }
  void on_batch(const BatchReport& report) override {
    locked([&] { batches_.push_back(report); });
  }
  void on_visible(std::chrono::milliseconds, std::uint64_t events) override {
    locked([&] { visible_ += events; });
  }
  void on_lag(PartitionId, std::int64_t lag) override {
    locked([&] { lag_ = lag; });
  }
  void on_insert_failed(PartitionId, const base::Error&, std::chrono::milliseconds) override {
    locked([&] { ++insert_failures_; });
  }
  void on_retry_scheduled(const RefusedEvent&, std::uint32_t) override {
    locked([&] { ++retries_scheduled_; });
  }
  void on_retried() override {
    locked([&] { ++retried_; });
  }
  void on_dead_letter(const RefusedEvent& event) override {
    locked([&] { dead_reasons_.emplace_back(event.reason); });
  }
  void on_filter(PartitionId, std::uint64_t, std::uint64_t bytes) override {
    locked([&] { filter_bytes_ = bytes; });
  }
  void on_exact_lookup(std::uint64_t ids) override {
    locked([&] { exact_lookups_ += ids; });
  }
  void on_partition_stopped(PartitionId partition, const base::Error& error) override {
    locked([&] { stopped_.push_back({partition, error}); });
  }

  void when_revoked(std::function<void()> hook) {
    locked([&] { revoked_hook_ = std::move(hook); });
  }
  std::vector<BatchReport> batches() const { return copy(batches_); }
  std::vector<Stopped> stopped() const { return copy(stopped_); }
  std::vector<std::string> dead_reasons() const { return copy(dead_reasons_); }
  std::uint64_t visible() const { return copy(visible_); }
  std::int64_t lag() const { return copy(lag_); }
  int insert_failures() const { return copy(insert_failures_); }
  int retries_scheduled() const { return copy(retries_scheduled_); }
  int retried() const { return copy(retried_); }
  std::uint64_t exact_lookups() const { return copy(exact_lookups_); }
  std::uint64_t filter_bytes() const { return copy(filter_bytes_); }

 private:
  std::atomic<int> assignments_{0};
  template <typename Change>
  void locked(Change change) {
    const std::scoped_lock lock(mutex_);
    change();
  }
  template <typename T>
  T copy(const T& value) const {
    const std::scoped_lock lock(mutex_);
    return value;
  }
  mutable std::mutex mutex_;
  std::function<void()> revoked_hook_;
  std::vector<BatchReport> batches_;
  std::vector<Stopped> stopped_;
  std::vector<std::string> dead_reasons_;
  std::uint64_t visible_ = 0;
  std::int64_t lag_ = -1;
  int insert_failures_ = 0;
  int retries_scheduled_ = 0;
  int retried_ = 0;
  std::uint64_t exact_lookups_ = 0;
  std::uint64_t filter_bytes_ = 0;
};

/// Fast enough for a test, slow enough to batch.
inline ConsumerConfig quick() {
  ConsumerConfig config;
  config.batch_max_age = 2ms;
  config.max_inserts_per_second = 100'000;
  config.dedup_filter_bytes = 1U << 20U;
  config.filter_gather = 0ms;
  config.max_attempts = 3;
  config.retry_first_delay = 2ms;
  config.retry_max_delay = 10ms;
  config.backoff_first = 1ms;
  config.backoff_max = 8ms;
  return config;
}

inline Timestamp now() {
  return base::system_clock().now();
}

inline domain::Event event_of(const Uuid& id, const std::string& player = "") {
  domain::Event event;
  event.id = id;
  event.match_id = "match-" + std::to_string(id.hash() % 3);
  event.type = domain::kAllEventTypes[id.hash() % domain::kAllEventTypes.size()];
  event.at = Timestamp{1'700'000'000s};
  if (!player.empty()) event.player = player;
  return event;
}

inline log::Record record_of(const Uuid& id, Timestamp received_at, const std::string& player = "") {
  log::Record record;
  record.key = id;
  domain::append_event_json(event_of(id, player), record.value);
  record.received_at = received_at;
  return record;
}

/// An id that lives in this partition.
inline Uuid id_in(PartitionId partition, std::uint32_t partitions) {
  while (true) {
    const Uuid id = Uuid::random();
    if (log::partition_of(id.hash(), partitions) == partition) return id;
  }
}

inline constexpr PartitionId kFirst{0};
inline const std::string kPoison = "poison";

inline bool is_poison(const domain::Event& event) {
  return event.player == kPoison;
}

class World {
 public:
  explicit World(std::uint32_t partitions = 1) : log(partitions) { store.refuse_if(is_poison); }

  /// Appends and waits for the ack, as an API server does.
  log::Position post(Stream stream, log::Record record) {
    std::promise<base::Result<log::Producer::Ack>> answered;
    std::vector<log::Record> records;
    records.push_back(std::move(record));
    log.append(stream, std::move(records), [&](auto ack) { answered.set_value(std::move(ack)); });
    auto ack = answered.get_future().get();
    EXPECT_TRUE(ack.ok());
    return ack ? ack->last : log::Position{};
  }
  log::Position post(const Uuid& id, const std::string& player = "") {
    return post(Stream::kEvents, record_of(id, now(), player));
  }
  std::vector<Uuid> post_many(std::size_t count) {
    std::vector<Uuid> ids;
    for (std::size_t i = 0; i < count; ++i) post(ids.emplace_back(Uuid::random()));
    return ids;
  }

  ConsumerPorts ports() { return {log, log, log, store, base::system_clock(), recorder}; }
  std::unique_ptr<Consumer> consume(ConsumerConfig config = quick()) {
    auto consumer = std::make_unique<Consumer>(std::move(config), ports());
    consumer->start();
    return consumer;
  }

  bool settled(Stream stream) {
    const auto states = log.state(stream);
    for (const auto& state : *states) {
      if (state.committed.offset.value_or(Offset{0}) != state.end) return false;
      const auto metadata = CommitMetadata::decode(state.committed.metadata);
      if (metadata && *metadata && (**metadata).intent_end) return false;
    }
    return true;
  }
  /// Everything posted was stored, found to be a duplicate, or died.
  bool settled() { return settled(Stream::kEvents) && settled(Stream::kRetry) && settled(Stream::kEvents); }

  std::set<Uuid> dead() const {
    std::set<Uuid> ids;
    for (const auto& letter : log.records(Stream::kDead)) ids.insert(letter.record.key);
    return ids;
  }
  std::set<Uuid> stored() const {
    std::set<Uuid> ids;
    for (const auto& row : store.raw()) ids.insert(row.row.event.id);
    return ids;
  }
  /// Each of these once in raw, nothing else, and every rollup the same.
  void expect_counted_once(const std::vector<Uuid>& ids) const {
    EXPECT_EQ(stored(), std::set<Uuid>(ids.begin(), ids.end()));
    EXPECT_EQ(store.raw().size(), std::set<Uuid>(ids.begin(), ids.end()).size());
    EXPECT_EQ(store.rollup_difference(), "");
  }
  Offset committed() const { return log.committed(Stream::kEvents, kFirst).offset.value_or(Offset{-1}); }

  MemoryLog log;
  MemoryStore store;
  Recorder recorder;
};

inline std::vector<std::string> tokens(const MemoryStore& store) {
  std::vector<std::string> out;
  for (const auto& call : store.calls()) out.push_back(call.token);
  return out;
}

}  // namespace fanfinity::pipeline
