// Into the embedded log and out of it.

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "bench/event_cost/step.h"
#include "bench/sample/append_window.h"
#include "bench/sample/samples.h"
#include "log/batch.h"
#include "log/local_log.h"
#include "log/record_codec.h"
#include "pipeline/range.h"

namespace fanfinity::bench {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::uint32_t kPartitions = 4;

Result<Work> append(const StepOptions& options) {
  auto records = sample_records(kSamples);
  std::vector<log::Append> appends;
  for (std::size_t i = 0; i < options.records; ++i) {
    log::Append one;
    one.records.push_back(records[i % kSamples]);
    one.bytes = log::encoded_bytes(one.records.front());
    appends.push_back(std::move(one));
  }
  auto shared = std::make_shared<std::vector<log::Append>>(std::move(appends));
  auto batch = std::make_shared<log::Batch>(log::Stream::kEvents, kPartitions);
  return Work([shared, batch](std::uint64_t count) -> Result<std::uint64_t> {
    constexpr std::uint64_t kAt = 4096;
    constexpr std::uint64_t kSalt = 0x5A17;
    std::vector<log::Offset> next(kPartitions);
    for (std::uint64_t done = 0; done < count; done += shared->size()) {
      batch->encode(*shared, kAt, kSalt, {}, next);
    }
    return std::uint64_t{batch->bytes().size()};
  });
}

Result<Work> log_append(const StepOptions& options) {
  if (options.directory.empty()) return Error{Errc::kInvalid, "The log needs a directory: --dir."};
  log::LocalLogConfig config;
  config.directory = options.directory;
  config.partitions = kPartitions;
  config.max_bytes = 32ULL << 30U;
  config.max_queued_records = std::max(config.max_queued_records, 2 * options.records * options.appends);
  config.max_queued_bytes = 1ULL << 30U;
  auto opened = log::LocalLog::open(config);
  if (!opened) return opened.error();
  auto records = sample_records(kSamples);
  while (records.size() < options.records) records.push_back(records[records.size() % kSamples]);
  records.resize(options.records);
  return Work([log = std::shared_ptr<log::LocalLog>(std::move(*opened)), records,
               options](std::uint64_t count) -> Result<std::uint64_t> {
    AppendWindow window(options.appends);
    for (std::uint64_t done = 0; done < count; done += records.size()) {
      auto copies = records;
      if (const auto entered = window.enter(); !entered) return entered.error();
      log->append(log::Stream::kEvents, std::move(copies),
                  [&window](const Result<log::Producer::Ack>& ack) { window.leave(ack); });
    }
    if (const auto drained = window.drain(); !drained) return drained.error();
    return log->stats().syncs;
  });
}

Result<Work> decode(const StepOptions& /*options*/) {
  auto bytes = std::make_shared<std::vector<std::byte>>();
  for (const log::Record& record : sample_records(kSamples)) {
    const std::size_t at = bytes->size();
    bytes->resize(at + log::encoded_bytes(record));
    log::ByteWriter out(bytes->data() + at);
    log::encode(record, out);
  }
  return Work(
      [bytes, parser = std::make_shared<domain::EventParser>(), fetched = log::FetchedRecord(),
       range = std::make_shared<pipeline::Range>()](std::uint64_t count) mutable -> Result<std::uint64_t> {
        log::ByteReader in(*bytes);
        for (std::uint64_t i = 0; i < count; ++i) {
          if (in.left() == 0) {
            in = log::ByteReader(*bytes);
            range->events.clear();
          }
          if (!log::decode_record(in, fetched.record)) {
            return Error{Errc::kInternal, "A sample record was not read back."};
          }
          range->take(fetched, {}, *parser);
        }
        if (!range->unreadable.empty()) return Error{Errc::kInternal, range->unreadable.front().reason};
        return range->bytes;
      });
}

constexpr std::array<Step, 3> kSteps = {{
    {"append", "a record into a block of the log, checksummed", append},
    {"log", "a record into the embedded log, fsynced: --dir, --waiting, --appends", log_append},
    {"decode", "a record's bytes to a row of the insert, as the consumer does", decode},
}};

}  // namespace

std::span<const Step> log_steps() {
  return kSteps;
}

}  // namespace fanfinity::bench
