#include "log/kafka_partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/kafka_errors.h"
#include "log/kafka_offsets.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using std::chrono::milliseconds;

constexpr std::size_t kMaxMetadata = 1024;
constexpr milliseconds kPatience{2'000};
constexpr milliseconds kSlice{50};  ///< How soon a loss of the partition ends a wait.

}  // namespace

KafkaPartition::KafkaPartition(KafkaMembership& member, std::string topic, PartitionId id,
                               milliseconds session_timeout)
    : member_(member),
      topic_(std::move(topic)),
      id_(id),
      // librdkafka itself waits a session timeout for a coordinator that is away.
      commit_wait_(2 * session_timeout),
      cursor_(std::make_unique<KafkaCursor>(member.handle(), topic_, id)) {
  cursor_->distrust_gaps();
}

void KafkaPartition::release() {
  fence();
  cursor_.reset();
}

Result<Committed> KafkaPartition::committed() {
  if (!ownership_.held()) return Ownership::fenced();
  const auto all = ask_committed(member_.handle(), topic_, {id_}, kPatience);
  if (!ownership_.held()) return Ownership::fenced();
  if (!all) return all.error();
  return all->front();
}

Status KafkaPartition::fetch(Offset from, const FetchLimits& limits, std::stop_token stop, Fetched& into) {
  if (!ownership_.held()) return Ownership::fenced();
  auto fetched = cursor_->fetch(from, limits, [&]() -> std::optional<Error> {
    if (!ownership_.held()) return Ownership::fenced();
    if (stop.stop_requested()) return Error{Errc::kStopped, "The fetch was cut short."};
    return std::nullopt;
  });
  if (!ownership_.held()) return Ownership::fenced();
  end_seen_ = std::max(end_seen_, cursor_->known_end());
  if (!fetched && fetched.error().code == Errc::kFenced) {
    fence();
    member_.start_over();
  }
  if (!fetched) return fetched.error();
  into = std::move(fetched).value();
  return {};
}

Status KafkaPartition::commit(Offset offset, std::string_view metadata) {
  if (!ownership_.held()) return Ownership::fenced();
  if (metadata.size() > kMaxMetadata) {
    return Error{Errc::kInvalid, fmt::format("The metadata of a commit has {} bytes; {} are possible.",
                                             metadata.size(), kMaxMetadata)};
  }
  if (auto checked = check_offset(offset); !checked) return checked;
  // librdkafka commits under its current name and generation, whatever they were when the partition was
  // assigned: a member that was thrown out and has joined again would commit what is no longer its own.
  // The question goes through the same queue as the commit, just before it.
  if (!member_.still_member()) {
    fence();
    member_.start_over();
    return Ownership::fenced();
  }
  auto status = send_commit(offset, metadata);
  if (!status && status.error().code == Errc::kFenced) {
    fence();
    member_.start_over();
  }
  return status;
}

Status KafkaPartition::check_offset(Offset offset) {
  if (number(offset) >= 0 && offset <= end_seen_) return {};
  const auto end = ask_edge(member_.handle(), topic_, id_, KafkaEdge::kEnd, kPatience);
  if (!end) return end.error();
  end_seen_ = *end;
  if (number(offset) >= 0 && offset <= *end) return {};
  return Error{Errc::kInvalid, fmt::format("Partition {} of topic {} ends at {}: {} cannot be committed.",
                                           number(id_), topic_, number(*end), number(offset))};
}

Status KafkaPartition::send_commit(Offset offset, std::string_view metadata) {
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  auto* one =
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), static_cast<std::int32_t>(number(id_)));
  one->offset = number(offset);
  std::string text(metadata);
  one->metadata = text.data();  // Copied by the call below.
  one->metadata_size = text.size();
  const auto disconnects = member_.disconnects();
  const KafkaQueue answer(rd_kafka_queue_new(member_.handle()));
  const auto queued = rd_kafka_commit_queue(member_.handle(), list.get(), answer.get(), nullptr, nullptr);
  one->metadata = nullptr;
  one->metadata_size = 0;
  if (queued != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{Errc::kUnavailable, describe_kafka(queued)};
  const auto code = wait_for_commit(answer.get());
  if (!ownership_.held()) return Ownership::fenced();
  if (!code) {
    return Error{
        Errc::kUnknownOutcome,
        fmt::format("The commit of partition {} of topic {} was not answered.", number(id_), topic_)};
  }
  auto status = commit_status(*code);
  // librdkafka sends a commit again when its connection is lost. The first copy may still be on its way and
  // land behind commits to come: only a new membership makes sure that it is refused.
  if (member_.disconnects() != disconnects && (status || status.error().code == Errc::kUnavailable)) {
    return Error{Errc::kUnknownOutcome, "A connection to Kafka was lost while a commit was under way."};
  }
  return status;
}

std::optional<rd_kafka_resp_err_t> KafkaPartition::wait_for_commit(rd_kafka_queue_t* queue) const {
  const auto until = std::chrono::steady_clock::now() + commit_wait_;
  while (std::chrono::steady_clock::now() < until && ownership_.held()) {
    const KafkaEvent event(rd_kafka_queue_poll(queue, static_cast<int>(kSlice.count())));
    if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_OFFSET_COMMIT) {
      return rd_kafka_event_error(event.get());
    }
  }
  return std::nullopt;
}

}  // namespace fanfinity::log
