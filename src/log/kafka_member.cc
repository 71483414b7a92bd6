#include "log/kafka_member.h"

#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "base/log_line.h"
#include "log/kafka_config.h"
#include "log/kafka_errors.h"
#include "log/kafka_offsets.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Status;

constexpr int kPollMilliseconds = 100;
constexpr std::chrono::milliseconds kCommittedWait{1'000};
constexpr std::chrono::seconds kLeaveWait{5};  ///< The session timeout ends a membership as well, only later.

PartitionId partition_at(const rd_kafka_topic_partition_list_t& list, int i) {
  return PartitionId{static_cast<std::uint32_t>(list.elems[i].partition)};
}

void check_call(rd_kafka_error_t* error, const char* what) {
  const KafkaErrorObject failed(error);
  if (!failed) return;
  base::log_line(base::Level::kError, "A rebalance could not be completed.",
                 {{"step", what}, {"error", rd_kafka_error_string(failed.get())}});
}

}  // namespace

KafkaMember::KafkaMember(const KafkaLogConfig& config, Stream stream, Group::Listener& listener,
                         KafkaAvailability& availability, std::atomic<std::uint64_t>& rebalances)
    : config_(config),
      stream_(stream),
      topic_(topic_of(config, stream)),
      listener_(listener),
      availability_(availability),
      rebalances_(rebalances) {}

KafkaMember::~KafkaMember() {
  queue_.reset();
  // leave() has closed the membership as far as that was possible in time; closing again would wait anew.
  if (handle_) rd_kafka_destroy_flags(handle_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Status KafkaMember::serve(const std::stop_token& stop) {
  if (auto joined = join(); !joined) return joined;
  const std::stop_callback wake(stop, [this] { rd_kafka_queue_yield(queue_.get()); });
  while (!stop.stop_requested() && !start_over_ && !failed_) {
    poll();
    // The coordinator forgot us without librdkafka calling it a loss: what we read before is out of date.
    if (!start_over_ && !still_member()) {
      fence_all();
      start_over();
    }
    if (auto broken = availability_.broken()) failed_ = std::move(broken);
  }
  leave();
  if (failed_ && !stop.stop_requested()) return *failed_;
  return {};
}

Status KafkaMember::join() {
  auto handle = make_kafka_handle(config_, KafkaRole::kMember, group_of(config_, stream_), *this);
  if (!handle) return handle.error();
  handle_ = std::move(handle).value();
  rd_kafka_poll_set_consumer(handle_.get());
  queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
  const KafkaPartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(handle_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{Errc::kInternal, describe_kafka(code)};
  return {};
}

void KafkaMember::poll() {
  const KafkaMessage message(rd_kafka_consumer_poll(handle_.get(), kPollMilliseconds));
  if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail(message->err, rd_kafka_message_errstr(message.get()));
  }
}

bool KafkaMember::owns(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return owned_.contains(partition);
}

void KafkaMember::start_over() {
  start_over_ = true;
  if (queue_) rd_kafka_queue_yield(queue_.get());
}

std::string KafkaMember::current_name() const {
  char* name = rd_kafka_memberid(handle_.get());
  if (name == nullptr) return {};
  std::string copy(name);
  rd_kafka_mem_free(handle_.get(), name);
  return copy;
}

bool KafkaMember::still_member() const {
  {
    const std::lock_guard lock(mutex_);
    if (owned_.empty()) return true;
  }
  if (rd_kafka_assignment_lost(handle_.get()) != 0) return false;
  const auto current = current_name();
  const std::lock_guard lock(mutex_);
  return current == name_;
}

void KafkaMember::on_error(rd_kafka_resp_err_t code, std::string_view text) {
  availability_.note(code, text);
  fail(code, text);
}

void KafkaMember::fail(rd_kafka_resp_err_t code, std::string_view text) {
  if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    base::log_line(base::Level::kWarn, "A membership of the consumer group ended; joining anew.",
                   {{"stream", to_string(stream_)}, {"reason", text}});
    start_over_ = true;
    return;
  }
  if (is_hopeless(code, text)) failed_ = Error{Errc::kUnavailable, describe_kafka(code, text)};
}

void KafkaMember::on_rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t& partitions) {
  ++rebalances_;
  switch (code) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      return assign(partitions);
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      return revoke(partitions);
    default:
      base::log_line(base::Level::kWarn, "A rebalance failed; joining anew.",
                     {{"stream", to_string(stream_)}, {"error", rd_kafka_err2str(code)}});
      fence_all();
      revoke_all();
      rd_kafka_assign(handle_.get(), nullptr);
      start_over_ = true;
  }
}

KafkaPartitionList KafkaMember::agreed_of(const rd_kafka_topic_partition_list_t& partitions) const {
  // Those beyond the agreed number nobody reads until another one is agreed on: an event that stands there
  // has no home yet.
  KafkaPartitionList agreed(rd_kafka_topic_partition_list_new(partitions.cnt));
  for (int i = 0; i < partitions.cnt; ++i) {
    if (number(partition_at(partitions, i)) >= partitions_of(config_, stream_)) continue;
    rd_kafka_topic_partition_list_add(agreed.get(), topic_.c_str(), partitions.elems[i].partition);
  }
  return agreed;
}

void KafkaMember::assign(const rd_kafka_topic_partition_list_t& partitions) {
  const auto list = agreed_of(partitions);
  set_beginnings(*list);
  std::vector<std::shared_ptr<KafkaPartition>> assigned;
  KafkaMembership& membership = *this;
  if (!leaving_ && !start_over_) {
    for (int i = 0; i < list->cnt; ++i) {
      assigned.push_back(std::make_shared<KafkaPartition>(membership, topic_, partition_at(*list, i),
                                                          config_.session_timeout));
    }
  }
  check_call(rd_kafka_incremental_assign(handle_.get(), list.get()), "assign");
  auto name = current_name();
  {
    const std::lock_guard lock(mutex_);
    if (owned_.empty()) name_ = std::move(name);
    for (const auto& partition : assigned) owned_[partition->id()] = partition;
  }
  for (auto& partition : assigned) listener_.on_assigned(std::move(partition));
}

void KafkaMember::set_beginnings(rd_kafka_topic_partition_list_t& list) const {
  if (list.cnt == 0) return;
  // Where its worker will most likely begin; it seeks to be sure. Always a number: "the end" or "the
  // beginning" librdkafka would have to look up, and gives the partition up when it cannot.
  std::vector<PartitionId> ids;
  for (int i = 0; i < list.cnt; ++i) ids.push_back(partition_at(list, i));
  const auto committed = ask_committed(handle_.get(), topic_, ids, kCommittedWait);
  for (int i = 0; i < list.cnt; ++i) {
    const auto at = committed ? (*committed)[static_cast<std::size_t>(i)].offset : std::nullopt;
    list.elems[i].offset = number(at.value_or(Offset{0}));
  }
}

void KafkaMember::revoke(const rd_kafka_topic_partition_list_t& partitions) {
  const bool lost = rd_kafka_assignment_lost(handle_.get()) != 0;
  if (lost) {
    base::log_line(base::Level::kWarn, "The consumer group gave our partitions away; joining anew.",
                   {{"stream", to_string(stream_)}, {"partitions", partitions.cnt}});
    fence_all();
  }
  // A worker may still commit what it has under way, so the fence falls only when it is gone.
  const auto list = agreed_of(partitions);
  for (int i = 0; i < list->cnt; ++i) revoke_one(partition_at(*list, i));
  check_call(rd_kafka_incremental_unassign(handle_.get(), list.get()), "unassign");
}

void KafkaMember::revoke_one(PartitionId partition) {
  if (!owns(partition)) return;
  listener_.on_revoked(partition);
  const std::lock_guard lock(mutex_);
  const auto found = owned_.find(partition);
  found->second->release();
  owned_.erase(found);
}

void KafkaMember::revoke_all() {
  std::vector<PartitionId> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, partition] : owned_) all.push_back(id);
  }
  for (const auto id : all) revoke_one(id);
}

void KafkaMember::fence_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, partition] : owned_) partition->fence();
}

void KafkaMember::leave() {
  leaving_ = true;
  revoke_all();
  const KafkaQueue closing(rd_kafka_queue_new(handle_.get()));
  const KafkaErrorObject failed(rd_kafka_consumer_close_queue(handle_.get(), closing.get()));
  if (failed) return;
  const auto until = std::chrono::steady_clock::now() + kLeaveWait;
  while (rd_kafka_consumer_closed(handle_.get()) == 0 && std::chrono::steady_clock::now() < until) {
    rd_kafka_queue_poll_callback(closing.get(), kPollMilliseconds);
  }
}

}  // namespace fanfinity::log
