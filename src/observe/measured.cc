#include "observe/measured.h"

#include <chrono>
#include <utility>

namespace fanfinity::observe {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

}  // namespace

MeasuredProducer::MeasuredProducer(log::Producer& inner, Metrics& metrics)
    : inner_(inner),
      produced_(metrics.counter("fanfinity_kafka_producer_messages_produced_total",
                                "Records made durable in the log (Kafka, or the embedded one).")),
      failed_(metrics.counter("fanfinity_producer_append_failures_total", "Appends that failed.")),
      duration_(metrics.histogram("fanfinity_producer_append_duration_seconds",
                                  "From an append being asked for to its records being durable.",
                                  latency_bounds())),
      in_flight_(metrics.gauge("fanfinity_producer_in_flight_appends", "Appends not yet answered.")) {}

void MeasuredProducer::append(log::Stream stream, std::vector<log::Record> records, Done done) {
  in_flight_.Increment();
  const auto count = static_cast<double>(records.size());
  inner_.append(stream, std::move(records),
                [this, count, start = SteadyClock::now(), done = std::move(done)](base::Result<Ack> ack) {
                  in_flight_.Decrement();
                  if (ack.ok()) {
                    produced_.Increment(count);
                    duration_.Observe(seconds_since(start));
                  } else {
                    failed_.Increment();
                  }
                  done(std::move(ack));
                });
}

MeasuredStore::MeasuredStore(store::EventStore& inner, Metrics& metrics)
    : inner_(inner),
      inserted_(
          metrics.counter("fanfinity_clickhouse_events_inserted_total", "Events inserted into ClickHouse.")),
      failed_(metrics.counter("fanfinity_clickhouse_insert_failures_total",
                              "Inserts that failed or whose outcome is unknown; they are repeated.")),
      refused_(
          metrics.counter("fanfinity_clickhouse_inserts_refused_total", "Inserts refused because of a row.")),
      insert_duration_(metrics.histogram("fanfinity_clickhouse_insert_duration_seconds",
                                         "Time of an insert that succeeded.", latency_bounds())),
      find_duration_(metrics.histogram("fanfinity_clickhouse_lookup_duration_seconds",
                                       "Time of an exact look-up of ids.", latency_bounds())) {}

base::Status MeasuredStore::insert(const store::Batch& batch, std::string_view token) {
  const auto start = SteadyClock::now();
  base::Status status = inner_.insert(batch, token);
  if (status.ok()) {
    inserted_.Increment(static_cast<double>(batch.events.size()));
    insert_duration_.Observe(seconds_since(start));
  } else if (status.error().code == base::Errc::kRefused) {
    refused_.Increment();
  } else {
    failed_.Increment();
  }
  return status;
}

base::Result<std::vector<store::StoredId>> MeasuredStore::find(std::span<const base::Uuid> ids,
                                                               base::Timestamp since) {
  const auto start = SteadyClock::now();
  auto found = inner_.find(ids, since);
  if (found.ok()) find_duration_.Observe(seconds_since(start));
  return found;
}

}  // namespace fanfinity::observe
