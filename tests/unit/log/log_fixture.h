#pragma once
// A log in a directory of its own, and the damage that can be done to one.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/local_log.h"
#include "log/segment.h"

namespace fanfinity::log {

inline constexpr std::chrono::seconds kDeadline{30};

/// Polls a condition that has no event of its own.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
}

inline Record make_record(std::string value) {
  Record record;
  record.key = base::Uuid::random();
  record.value = std::move(value);
  record.received_at = base::Timestamp(std::chrono::milliseconds(1'700'000'000'000));
  return record;
}

/// Answers what the log answered.
inline base::Result<Producer::Ack> append(Producer& log, Stream stream, std::vector<Record> records) {
  auto answered = std::make_shared<std::promise<base::Result<Producer::Ack>>>();
  auto answer = answered->get_future();
  log.append(stream, std::move(records),
             [answered](base::Result<Producer::Ack> ack) { answered->set_value(std::move(ack)); });
  if (answer.wait_for(kDeadline) != std::future_status::ready) {
    return base::Error{base::Errc::kInternal, "The append was never answered."};
  }
  return answer.get();
}

/// Everything of a partition from its beginning, one fetch after the other.
inline base::Result<std::vector<FetchedRecord>> read_all(LocalLog& log, Stream stream,
                                                         PartitionId partition = {}) {
  const auto states = log.state(stream);
  if (!states) return states.error();
  const auto& state = states->at(number(partition));
  std::vector<FetchedRecord> all;
  for (auto at = state.begin; at < state.end;) {
    auto fetched = log.read({stream, partition, at}, {}, {});
    if (!fetched) return fetched.error();
    for (auto& one : fetched->records) all.push_back(std::move(one));
    at = fetched->next;
  }
  return all;
}

class LocalLogTest : public testing::Test {
 protected:
  void TearDown() override {
    log_.reset();
    std::filesystem::remove_all(directory_);
    std::filesystem::remove_all(snapshot_);
  }

  /// One partition and the smallest segments.
  [[nodiscard]] LocalLogConfig config() const {
    LocalLogConfig config;
    config.directory = directory_;
    config.partitions = 1;
    config.segment_bytes = kMinSegmentBytes;
    config.max_bytes = 6U << 20U;
    config.retry_max_bytes = 4 * kMinSegmentBytes;
    config.dead_max_bytes = 4 * kMinSegmentBytes;
    config.lock_wait = std::chrono::milliseconds(0);
    return config;
  }
  base::Status try_open(LocalLogConfig config) {
    auto log = LocalLog::open(std::move(config));
    if (!log) return log.error();
    log_ = std::move(log).value();
    return {};
  }
  void open(LocalLogConfig config) {
    const auto status = try_open(std::move(config));
    ASSERT_TRUE(status) << status.error().detail;
  }
  void open() { open(config()); }
  void close() { log_.reset(); }

  base::Result<Producer::Ack> append(std::string value, Stream stream = Stream::kEvents) {
    return log::append(*log_, stream, {make_record(std::move(value))});
  }
  void append_ok(std::string value, Stream stream = Stream::kEvents) {
    const auto ack = append(std::move(value), stream);
    ASSERT_TRUE(ack) << ack.error().detail;
  }
  std::vector<std::string> values(Stream stream = Stream::kEvents) {
    const auto all = read_all(*log_, stream);
    EXPECT_TRUE(all) << all.error().detail;
    std::vector<std::string> values;
    if (all) {
      for (const auto& one : *all) values.push_back(one.record.value);
    }
    return values;
  }
  PartitionState state(Stream stream = Stream::kEvents) { return log_->state(stream)->front(); }

  /// Commits as the only member of the group would.
  base::Status commit(Offset offset, std::string metadata = "", Stream stream = Stream::kEvents) {
    class Committer final : public Group::Listener {
     public:
      void on_assigned(std::shared_ptr<OwnedPartition> partition) override { owned.set_value(partition); }
      void on_revoked(PartitionId) override {}
      std::promise<std::shared_ptr<OwnedPartition>> owned;
    } committer;
    std::jthread member(
        [&](std::stop_token stop) { EXPECT_TRUE(log_->run(stream, committer, std::move(stop))); });
    return committer.owned.get_future().get()->commit(offset, metadata);
  }

  [[nodiscard]] std::filesystem::path segment_path(std::uint64_t sequence,
                                                   std::string_view prefix = "events") const {
    return directory_ / segment_name(prefix, sequence);
  }
  /// The directory as a crash at this moment would leave it, the page cache having been written. Call it
  /// while nothing is being appended; what the janitor has under way is waited for.
  void snapshot() {
    const auto names = [&] {
      std::set<std::string> all;
      for (const auto& entry : std::filesystem::directory_iterator(directory_))
        all.insert(entry.path().filename());
      return all;
    };
    ASSERT_TRUE(eventually([&] {
      const auto before = names();
      std::filesystem::remove_all(snapshot_);
      std::error_code code;
      std::filesystem::copy(directory_, snapshot_, code);
      return !code && names() == before;
    }));
  }
  void restore_snapshot() {
    close();
    std::filesystem::remove_all(directory_);
    std::filesystem::rename(snapshot_, directory_);
  }

  const std::filesystem::path directory_ =
      testing::TempDir() + "local-log-" + base::Uuid::random().to_string();
  const std::filesystem::path snapshot_ = directory_.string() + ".snapshot";
  std::unique_ptr<LocalLog> log_;
};

}  // namespace fanfinity::log
