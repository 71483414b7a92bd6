#include "log/kafka_log.h"

#include <utility>

#include "log/kafka_availability.h"
#include "log/kafka_config.h"
#include "log/kafka_group.h"
#include "log/kafka_producer.h"
#include "log/kafka_reader.h"
#include "log/kafka_watch.h"

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

// Destroyed bottom-up: no more looks, then what is queued is sent.
struct KafkaLog::Parts {
  explicit Parts(KafkaLogConfig settings)
      : config(std::move(settings)), availability(config.bootstrap_servers), group(config, availability) {}

  Status open();

  const KafkaLogConfig config;
  KafkaAvailability availability;
  KafkaGroup group;
  std::unique_ptr<KafkaReader> reader;
  std::unique_ptr<KafkaProducer> producer;
  std::unique_ptr<KafkaWatch> watch;
};

Status KafkaLog::Parts::open() {
  auto opened_reader = KafkaReader::open(config, availability);
  if (!opened_reader) return opened_reader.error();
  reader = std::move(opened_reader).value();
  auto opened_producer = KafkaProducer::open(config, availability);
  if (!opened_producer) return opened_producer.error();
  producer = std::move(opened_producer).value();
  watch = std::make_unique<KafkaWatch>(config, reader->handle(), availability,
                                       [this] { return producer->prepare(); });
  return {};
}

Result<std::unique_ptr<KafkaLog>> KafkaLog::open(KafkaLogConfig config) {
  if (config.partitions < 1) return Error{Errc::kInvalid, "A log of 0 partitions: at least 1 is needed."};
  auto parts = std::make_unique<Parts>(std::move(config));
  if (auto status = parts->open(); !status) return status.error();
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(parts)));
}

KafkaLog::KafkaLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
KafkaLog::~KafkaLog() = default;

Status KafkaLog::check(std::chrono::milliseconds wait, const std::stop_token& stop) {
  return parts_->availability.wait_open(std::chrono::steady_clock::now() + wait, stop);
}

void KafkaLog::append(Stream stream, std::vector<Record> records, Done done) {
  parts_->producer->append(stream, std::move(records), std::move(done));
}

Status KafkaLog::health() const {
  return parts_->availability.status();
}

std::uint32_t KafkaLog::partitions(Stream stream) const {
  return partitions_of(parts_->config, stream);
}

Status KafkaLog::run(Stream stream, Listener& listener, std::stop_token stop) {
  return parts_->group.run(stream, listener, stop);
}

void KafkaLog::rejoin(Stream stream, PartitionId partition) {
  parts_->group.rejoin(stream, partition);
}

Result<std::vector<PartitionState>> KafkaLog::state(Stream stream) {
  return parts_->reader->state(stream);
}

Result<Fetched> KafkaLog::read(const Position& from, const FetchLimits& limits, std::stop_token stop) {
  return parts_->reader->read(from, limits, stop);
}

KafkaLogStats KafkaLog::stats() const {
  return {.queued_records = parts_->producer->queued_records(),
          .queued_bytes = parts_->producer->queued_bytes(),
          .appended_records = parts_->producer->appended_records(),
          .rebalances = parts_->group.rebalances()};
}

}  // namespace fanfinity::log
