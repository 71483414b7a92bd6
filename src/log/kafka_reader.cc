#include "log/kafka_reader.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "log/kafka_admin.h"
#include "log/kafka_config.h"
#include "log/kafka_cursor.h"
#include "log/kafka_offsets.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{2'000};

Error stopped() {
  return {Errc::kStopped, "The read was cut short."};
}

/// The handle's assignment, for as long as one read takes.
class Assigned {
 public:
  Assigned(rd_kafka_t* handle, const std::string& topic, const Position& from) : handle_(handle) {
    const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(),
                                      static_cast<std::int32_t>(number(from.partition)))
        ->offset = number(from.offset);
    rd_kafka_assign(handle_, list.get());
  }
  ~Assigned() { rd_kafka_assign(handle_, nullptr); }
  Assigned(const Assigned&) = delete;
  Assigned& operator=(const Assigned&) = delete;

 private:
  rd_kafka_t* handle_;
};

}  // namespace

Result<std::unique_ptr<KafkaReader>> KafkaReader::open(const KafkaLogConfig& config,
                                                       KafkaAvailability& availability) {
  std::unique_ptr<KafkaReader> reader(new KafkaReader(config, availability));
  for (const auto stream : {Stream::kEvents, Stream::kRetry}) {
    auto handle = make_kafka_handle(config, KafkaRole::kReader, group_of(config, stream), *reader);
    if (!handle) return handle.error();
    (stream == Stream::kEvents ? reader->handle_ : reader->retry_handle_) = std::move(handle).value();
  }
  return reader;
}

Status KafkaReader::check_open() const {
  return availability_.open() ? Status{} : availability_.status();
}

Result<std::vector<PartitionState>> KafkaReader::state(Stream stream) {
  if (const auto open = check_open(); !open) return open.error();
  const auto& topic = topic_of(config_, stream);
  std::vector<PartitionId> partitions;
  partitions.reserve(partitions_of(config_, stream));
  for (std::uint32_t p = 0; p < partitions_of(config_, stream); ++p) partitions.push_back(PartitionId{p});

  // Commits before the end, so that none is beyond it.
  std::vector<Committed> committed(partitions.size());
  if (stream != Stream::kDead) {
    auto* member = (stream == Stream::kEvents ? handle_ : retry_handle_).get();
    auto asked = ask_committed(member, topic, partitions, kPatience);
    if (!asked) return asked.error();
    committed = std::move(asked).value();
  }
  const auto begins = ask_edges(handle_.get(), topic, partitions, KafkaEdge::kBegin, kPatience);
  if (!begins) return begins.error();
  const auto ends = ask_edges(handle_.get(), topic, partitions, KafkaEdge::kEnd, kPatience);
  if (!ends) return ends.error();
  std::vector<PartitionState> states;
  states.reserve(partitions.size());
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    states.push_back({partitions[p], (*begins)[p], (*ends)[p], std::move(committed[p])});
  }
  return states;
}

Result<Fetched> KafkaReader::read(const Position& from, const FetchLimits& limits,
                                  const std::stop_token& stop) {
  const auto& topic = topic_of(config_, from.stream);
  if (number(from.partition) >= partitions_of(config_, from.stream)) {
    return Error{Errc::kNotFound,
                 fmt::format("Topic {} has no partition {}.", topic, number(from.partition))};
  }
  if (const auto open = check_open(); !open) return open.error();
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return !reading_; })) return stopped();
    reading_ = true;
  }
  auto fetched = read_alone(from, limits, stop);
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
  }
  changed_.notify_one();
  return fetched;
}

Result<Fetched> KafkaReader::read_alone(const Position& from, const FetchLimits& limits,
                                        const std::stop_token& stop) {
  const auto& topic = topic_of(config_, from.stream);
  KafkaCursor cursor(handle_.get(), topic, from.partition);
  if (auto checked = cursor.check(from.offset); !checked) return checked.error();
  cursor.begin_at(from.offset);
  const Assigned assigned(handle_.get(), topic, from);
  return cursor.fetch(from.offset, limits, [&]() -> std::optional<Error> {
    if (stop.stop_requested()) return stopped();
    return std::nullopt;
  });
}

}  // namespace fanfinity::log
