#pragma once
// What every log has to keep of log/log.h. An implementation joins by INSTANTIATE_TEST_SUITE_P with a
// LogCase of its own (see log_contract_cases.cc).

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "log/log.h"

namespace fanfinity::log {

/// An empty log with four partitions of `events` and `retry`, and one of `dead`.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual Producer& producer() = 0;
  virtual Group& group() = 0;
  virtual Reader& reader() = 0;
};

struct LogCase {
  std::string name;
  std::function<std::unique_ptr<LogUnderTest>()> make;
};
inline void PrintTo(const LogCase& log, std::ostream* out) {
  *out << log.name;
}

inline constexpr std::uint32_t kPartitions = 4;
inline constexpr std::chrono::seconds kDeadline{30};

/// Takes part in the group on a thread of its own, and remembers what it was told.
class Member final : public Group::Listener {
 public:
  Member(Group& group, Stream stream)
      : thread_([this, &group, stream](std::stop_token stop) { status_ = group.run(stream, *this, stop); }) {}
  ~Member() override { static_cast<void>(leave()); }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void on_assigned(std::shared_ptr<OwnedPartition> partition) override {
    const std::lock_guard lock(mutex_);
    ++assignments_;
    const auto id = partition->id();
    owned_[id] = std::move(partition);
    changed_.notify_all();
  }
  void on_revoked(PartitionId partition) override {
    std::function<void(OwnedPartition&)> last_act;
    std::shared_ptr<OwnedPartition> handle;
    {
      const std::lock_guard lock(mutex_);
      last_act = last_act_;
      handle = owned_.at(partition);
    }
    if (last_act) last_act(*handle);
    const std::lock_guard lock(mutex_);
    owned_.erase(partition);
    changed_.notify_all();
  }

  /// Called inside on_revoked.
  void set_last_act(std::function<void(OwnedPartition&)> act) {
    const std::lock_guard lock(mutex_);
    last_act_ = std::move(act);
  }
  /// Waits until it owns exactly `count` partitions.
  bool owns(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return owned_.size() == count; });
  }
  bool was_assigned(std::size_t times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kDeadline, [&] { return assignments_ >= times; });
  }
  std::shared_ptr<OwnedPartition> partition(std::uint32_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = owned_.find(PartitionId{id});
    return found == owned_.end() ? nullptr : found->second;
  }
  std::vector<std::shared_ptr<OwnedPartition>> all() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<OwnedPartition>> handles;
    for (const auto& [id, handle] : owned_) handles.push_back(handle);
    return handles;
  }
  base::Status leave() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<PartitionId, std::shared_ptr<OwnedPartition>> owned_;
  std::function<void(OwnedPartition&)> last_act_;
  std::size_t assignments_ = 0;
  base::Status status_;
  std::jthread thread_;
};

class LogContract : public testing::TestWithParam<LogCase> {
 protected:
  void SetUp() override { log_ = GetParam().make(); }
  Producer& producer() { return log_->producer(); }
  Group& group() { return log_->group(); }
  Reader& reader() { return log_->reader(); }

  /// A key that is routed to `partition`.
  static base::Uuid key_for(std::uint32_t partition) {
    for (;;) {
      const auto id = base::Uuid::random();
      if (number(partition_of(id.hash(), kPartitions)) == partition) return id;
    }
  }
  static Record record(std::string value, std::uint32_t partition = 0) {
    Record made;
    made.key = key_for(partition);
    made.value = std::move(value);
    made.received_at = base::Timestamp(std::chrono::milliseconds(1'705'329'000'123));
    return made;
  }
  base::Result<Producer::Ack> append(Stream stream, std::vector<Record> records) {
    auto answered = std::make_shared<std::promise<base::Result<Producer::Ack>>>();
    auto answer = answered->get_future();
    producer().append(stream, std::move(records),
                      [answered](base::Result<Producer::Ack> ack) { answered->set_value(std::move(ack)); });
    if (answer.wait_for(kDeadline) != std::future_status::ready) {
      return base::Error{base::Errc::kInternal, "The append was never answered."};
    }
    return answer.get();
  }
  void append_values(Stream stream, std::uint32_t partition, int from, int to) {
    std::vector<Record> records;
    for (int i = from; i < to; ++i) records.push_back(record(std::to_string(i), partition));
    const auto ack = append(stream, std::move(records));
    ASSERT_TRUE(ack) << ack.error().detail;
  }
  static std::vector<std::string> values(const Fetched& fetched) {
    std::vector<std::string> all;
    for (const auto& one : fetched.records) all.push_back(one.record.value);
    return all;
  }

  /// The values of `count` records from `from` on, in however many pieces they come.
  static std::vector<std::string> fetch_values(OwnedPartition& partition, Offset from, std::size_t count) {
    std::vector<std::string> all;
    const auto until = std::chrono::steady_clock::now() + kDeadline;
    Fetched fetched;
    while (all.size() < count && std::chrono::steady_clock::now() < until) {
      if (const auto read = partition.fetch(from, {}, {}, fetched); !read) {
        ADD_FAILURE() << read.error().detail;
        break;
      }
      for (auto& value : values(fetched)) all.push_back(std::move(value));
      from = fetched.next;
    }
    return all;
  }

  std::unique_ptr<LogUnderTest> log_;
};

}  // namespace fanfinity::log
