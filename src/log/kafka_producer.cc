#include "log/kafka_producer.h"

#include <chrono>
#include <mutex>
#include <utility>

#include "base/burst.h"
#include "base/log_line.h"
#include "base/thread_name.h"
#include "log/kafka_config.h"
#include "log/kafka_record.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using std::chrono::milliseconds;

constexpr int kPollMilliseconds = 100;
constexpr milliseconds kGrace{2'000};

Error refusal(rd_kafka_resp_err_t code) {
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return {Errc::kFull, "Too many records wait for Kafka."};
  return delivery_error(code, RD_KAFKA_MSG_STATUS_NOT_PERSISTED);
}

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::open(const KafkaLogConfig& config,
                                                           KafkaAvailability& availability) {
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(config, availability));
  auto sender = producer->make_sender();
  if (!sender) return sender.error();
  producer->sender_ = std::move(sender).value();
  producer->thread_ = std::jthread([raw = producer.get()](const std::stop_token& stop) { raw->run(stop); });
  return producer;
}

KafkaProducer::~KafkaProducer() {
  closing_ = true;
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  if (sender_.handle) drain(sender_.handle.get(), config_.delivery_timeout + kGrace);
}

Result<KafkaProducer::Sender> KafkaProducer::make_sender() {
  auto handle = make_kafka_handle(config_, KafkaRole::kProducer, "", *this);
  if (!handle) return handle.error();
  Sender sender{std::move(handle).value(), {}};
  for (const auto stream : {Stream::kEvents, Stream::kRetry, Stream::kDead}) {
    sender.topics[static_cast<std::size_t>(stream)].reset(
        rd_kafka_topic_new(sender.handle.get(), topic_of(config_, stream).c_str(), nullptr));
  }
  return sender;
}

Status KafkaProducer::prepare() {
  const std::shared_lock lock(mutex_);
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(sender_.handle.get(), 0, nullptr, &metadata, kGrace.count());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return read_error(code);
  rd_kafka_metadata_destroy(metadata);
  return {};
}

void KafkaProducer::append(Stream stream, std::vector<Record> records, Producer::Done done) {
  // What cannot be delivered now must not wait in a queue for the delivery timeout to say so.
  if (!availability_.open() || closing_) {
    const auto status = availability_.status();
    return done(status ? Error{Errc::kUnavailable, "The producer is closing."}
                       : Error{Errc::kUnavailable, status.error().detail});
  }
  auto append = std::make_unique<KafkaAppend>(stream, std::move(records), std::move(done));
  if (const auto reserved = reserve(*append); !reserved) return append->done(reserved.error());
  auto refused = RD_KAFKA_RESP_ERR_NO_ERROR;
  const auto count = append->records.size();
  const auto sent = send(*append, refused);
  if (sent == count) return static_cast<void>(append.release());  // Owned by its messages.
  if (sent == 0) {
    queued_records_ -= count;
    queued_bytes_ -= append->bytes;
    return append->done(refusal(refused));
  }
  auto* shared = append.release();
  // Some are on their way, so the answer can no longer be "none was written".
  shared->fail(refused, RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED);
  if (shared->settle(count - sent)) finish(shared);
}

Status KafkaProducer::reserve(KafkaAppend& append) {
  for (const auto& record : append.records) append.bytes += size_of(record);
  const auto records = queued_records_ += append.records.size();
  const auto bytes = queued_bytes_ += append.bytes;
  if (records <= config_.max_queued_records && bytes <= config_.max_queued_bytes) return {};
  queued_records_ -= append.records.size();
  queued_bytes_ -= append.bytes;
  return Error{Errc::kFull, "Too many records wait for Kafka; try again soon."};
}

std::size_t KafkaProducer::send(KafkaAppend& append, rd_kafka_resp_err_t& refused) {
  const std::shared_lock lock(mutex_);
  auto* topic = sender_.topics[static_cast<std::size_t>(append.stream)].get();
  // The last message may be settled, and the append gone, before its call returns.
  const auto count = append.records.size();
  for (std::size_t i = 0; i < count; ++i) {
    refused = send_one(topic, append, i);
    if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) return i;
  }
  return count;
}

rd_kafka_resp_err_t KafkaProducer::send_one(rd_kafka_topic_t* topic, KafkaAppend& append, std::size_t index) {
  const auto& record = append.records[index];
  const auto partition = partition_of(record.key.hash(), partitions_of(config_, append.stream));
  std::array<char, kKafkaKeyBytes> key{};
  record.key.format_to(key.data());
  auto headers = headers_of(record);
  std::array<rd_kafka_vu_t, 6> arguments{};
  arguments[0].vtype = RD_KAFKA_VTYPE_RKT;
  arguments[0].u.rkt = topic;
  arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  arguments[1].u.i32 = static_cast<std::int32_t>(number(partition));
  arguments[2].vtype = RD_KAFKA_VTYPE_KEY;
  arguments[2].u.mem = {key.data(), key.size()};
  arguments[3].vtype = RD_KAFKA_VTYPE_VALUE;
  // librdkafka only reads it; its interface knows no const.
  arguments[3].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};  // NOLINT
  arguments[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  arguments[4].u.headers = headers.get();
  arguments[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  arguments[5].u.ptr = append.tag(index + 1 == append.records.size());
  const KafkaErrorObject failed(rd_kafka_produceva(sender_.handle.get(), arguments.data(), arguments.size()));
  if (failed) return rd_kafka_error_code(failed.get());
  [[maybe_unused]] const auto* taken = headers.release();  // The message owns them.
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void KafkaProducer::on_delivery(const rd_kafka_message_t& message) {
  const auto [append, last] = KafkaAppend::from_tag(message._private);
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    append->fail(message.err, rd_kafka_message_status(&message));
  } else {
    append->maybe_written = true;
    if (last) {
      append->last = {append->stream, PartitionId{static_cast<std::uint32_t>(message.partition)},
                      Offset{message.offset}};
    }
  }
  if (append->settle(1)) finish(append);
}

void KafkaProducer::finish(KafkaAppend* append) {
  const std::unique_ptr<KafkaAppend> owned(append);
  queued_records_ -= owned->records.size();
  queued_bytes_ -= owned->bytes;
  if (owned->error.load() == RD_KAFKA_RESP_ERR_NO_ERROR) appended_records_ += owned->records.size();
  owned->answer();
}

void KafkaProducer::on_error(rd_kafka_resp_err_t code, std::string_view text) {
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    base::log_line(base::Level::kError, "Kafka's idempotent producer failed for good and is replaced.",
                   {{"error", text}});
    fatal_ = true;
    return;
  }
  availability_.note(code, text);
}

void KafkaProducer::run(const std::stop_token& stop) {
  base::name_this_thread("kafka-acks");
  while (!stop.stop_requested()) {
    const base::Burst burst;
    rd_kafka_poll(sender_.handle.get(), kPollMilliseconds);
    if (std::exchange(fatal_, false)) replace_sender();
  }
}

void KafkaProducer::replace_sender() {
  auto fresh = make_sender();
  if (!fresh) {
    base::log_line(base::Level::kError, "Kafka's producer cannot be replaced; trying again.",
                   {{"error", fresh.error().detail}});
    fatal_ = true;
    return;
  }
  Sender old = std::move(fresh).value();
  {
    const std::unique_lock lock(mutex_);
    std::swap(old, sender_);
  }
  // What it still holds will never be sent.
  rd_kafka_purge(old.handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  drain(old.handle.get(), kGrace);
}

void KafkaProducer::drain(rd_kafka_t* handle, milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  while (rd_kafka_outq_len(handle) > 0 && std::chrono::steady_clock::now() < until) {
    rd_kafka_poll(handle, kPollMilliseconds);
  }
  // Every append is to be answered, and none of its messages may outlive it.
  while (rd_kafka_outq_len(handle) > 0) {
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(handle, kPollMilliseconds);
  }
}

}  // namespace fanfinity::log
