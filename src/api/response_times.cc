#include "api/response_times.h"

#include <condition_variable>
#include <functional>
#include <utility>
#include <vector>

#include "base/thread_name.h"

namespace fanfinity::api {
namespace {

// Matches one shard remembers between two publications. More are measured only in part: the histogram
// of a match is a statistic, and memory is bounded first.
constexpr std::size_t kMaxMatches = 20'000;
constexpr std::size_t kRecordsAnAppend = 1'000;
constexpr std::chrono::milliseconds kPeriod{1'000};

}  // namespace

struct ResponseTimeRecorder::Pending {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t appends = 0;
  ResponseTimeRecorder* recorder = nullptr;  ///< Null once the recorder has gone.
};

ResponseTimeRecorder::ResponseTimeRecorder(log::Producer& producer, base::Clock& clock)
    : producer_(producer), clock_(clock), pending_(std::make_shared<Pending>()) {
  pending_->recorder = this;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ResponseTimeRecorder::~ResponseTimeRecorder() {
  thread_.request_stop();
  thread_.join();
  const std::lock_guard lock(pending_->mutex);
  pending_->recorder = nullptr;
}

void ResponseTimeRecorder::record(std::string_view match_id, std::chrono::nanoseconds duration,
                                  std::uint64_t events) {
  static std::atomic<std::size_t> next_shard{0};
  thread_local const std::size_t mine = next_shard.fetch_add(1);
  Shard& shard = shards_[mine % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  thread_local std::string key;
  key.assign(match_id);
  auto found = shard.by_match.find(key);
  if (found == shard.by_match.end()) {
    if (shard.by_match.size() >= kMaxMatches) return;
    found = shard.by_match.try_emplace(key).first;
  }
  found->second.add_bucket(domain::response_time_bucket(duration), events);
}

void ResponseTimeRecorder::run(const std::stop_token& stop) {
  base::name_this_thread("response-times");
  while (clock_.wait_for(stop, kPeriod)) publish();
}

void ResponseTimeRecorder::flush(std::chrono::milliseconds timeout) {
  publish();
  std::unique_lock lock(pending_->mutex);
  pending_->changed.wait_for(lock, timeout, [this] { return pending_->appends == 0; });
}

ResponseTimeRecorder::ByMatch ResponseTimeRecorder::take() {
  ByMatch all;
  for (Shard& shard : shards_) {
    ByMatch part;
    {
      const std::lock_guard lock(shard.mutex);
      part.swap(shard.by_match);
    }
    if (all.empty()) {
      all = std::move(part);
      continue;
    }
    for (auto& [match, times] : part) all[match].merge(times);
  }
  return all;
}

void ResponseTimeRecorder::publish() {
  std::vector<domain::ResponseTimesRecord> measured;
  for (auto& [match, times] : take()) {
    measured.push_back({match, std::move(times)});
    if (measured.size() == kRecordsAnAppend) append(std::exchange(measured, {}));
  }
  if (!measured.empty()) append(std::move(measured));
}

void ResponseTimeRecorder::append(std::vector<domain::ResponseTimesRecord> measured) {
  std::vector<log::Record> records;
  records.reserve(measured.size());
  for (const auto& one : measured) {
    log::Record record;
    record.kind = log::RecordKind::kResponseTimes;
    record.key = base::Uuid::random();
    record.received_at = clock_.now();
    domain::append_response_times_json(one, record.value);
    records.push_back(std::move(record));
  }
  {
    const std::lock_guard lock(pending_->mutex);
    ++pending_->appends;
  }
  auto kept = std::make_shared<std::vector<domain::ResponseTimesRecord>>(std::move(measured));
  producer_.append(log::Stream::kEvents, std::move(records),
                   [pending = pending_, kept](const base::Result<log::Producer::Ack>& ack) {
                     const std::lock_guard lock(pending->mutex);
                     // Published again only when it was certainly not written: a sample counts once.
                     const bool not_written = !ack.ok() && (ack.error().code == base::Errc::kFull ||
                                                            ack.error().code == base::Errc::kUnavailable);
                     if (not_written && pending->recorder != nullptr) pending->recorder->give_back(*kept);
                     --pending->appends;
                     pending->changed.notify_all();
                   });
}

void ResponseTimeRecorder::give_back(const std::vector<domain::ResponseTimesRecord>& measured) {
  Shard& shard = shards_.front();
  const std::lock_guard lock(shard.mutex);
  for (const auto& one : measured) {
    if (shard.by_match.size() >= kMaxMatches && !shard.by_match.contains(one.match_id)) continue;
    shard.by_match[one.match_id].merge(one.times);
  }
}

}  // namespace fanfinity::api
