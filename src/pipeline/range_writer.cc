#include "pipeline/range_writer.h"

#include <algorithm>
#include <utility>

#include "base/log_line.h"

namespace fanfinity::pipeline {

DecidedRows DecidedRows::slice(log::Offset from, log::Offset to) const {
  DecidedRows part{.first = from, .end = to};
  part.batch.events = batch.events.slice(from, to);
  for (std::size_t i = 0; i < response_time_offsets.size(); ++i) {
    if (response_time_offsets[i] < from || response_time_offsets[i] >= to) continue;
    part.batch.response_times.push_back(batch.response_times[i]);
    part.response_time_offsets.push_back(response_time_offsets[i]);
  }
  return part;
}

std::string insert_token(std::string_view topic, log::PartitionId partition, log::Offset first,
                         log::Offset end) {
  return std::string(topic) + "/" + std::to_string(log::number(partition)) + "/" +
         std::to_string(log::number(first)) + "-" + std::to_string(log::number(end));
}

RangeWriter::RangeWriter(const WorkerContext& context, const PatientStore& store, Refuse refuse,
                         Stored stored)
    : context_(context), store_(store), refuse_(std::move(refuse)), stored_(std::move(stored)) {}

base::Status RangeWriter::write(const DecidedRows& rows) {
  if (rows.size() == 0) return {};
  const std::string token =
      insert_token(context_.config.topic, rows.batch.events.partition(), rows.first, rows.end);
  base::Status inserted = store_.insert(rows.batch, token);
  if (inserted) {
    if (!std::exchange(reserved_, false)) context_.pace.charge(context_.ports.clock.steady());
    stored_(rows.batch);
    return {};
  }
  if (inserted.error().code != base::Errc::kRefused) return inserted;
  if (rows.size() == 1) return refuse_single(rows, inserted.error().detail);
  return settle_refused(rows, inserted.error().detail);
}

base::Status RangeWriter::settle_refused(const DecidedRows& rows, const std::string& reason) {
  // Halves of the offsets, not of the rows, and always the same: a replay refuses and halves alike, so
  // every half meets its own token again. A half without rows leaves the other one as refused as it was.
  log::Offset first = rows.first;
  log::Offset end = rows.end;
  while (true) {
    const log::Offset middle = first + (end - first) / 2;
    const DecidedRows left = rows.slice(first, middle);
    const DecidedRows right = rows.slice(middle, end);
    if (left.size() != 0 && right.size() != 0) {
      base::log_line(base::Level::kInfo, "refused range halved",
                     {{"partition", log::number(rows.batch.events.partition())},
                      {"first", log::number(first)},
                      {"end", log::number(end)},
                      {"reason", reason}});
      if (auto written = write(left); !written) return written;
      return write(right);
    }
    (left.size() == 0 ? first : end) = middle;
  }
}

base::Status RangeWriter::refuse_single(const DecidedRows& rows, const std::string& reason) {
  if (!rows.batch.events.empty()) return refuse_(rows.batch.events.keys().front().offset, reason);
  // No event is lost with it: one second of one server's measurements of one match.
  base::log_line(base::Level::kError, "response times refused by ClickHouse and dropped",
                 {{"partition", log::number(rows.batch.events.partition())},
                  {"offset", log::number(rows.response_time_offsets.front())},
                  {"reason", reason}});
  return {};
}

}  // namespace fanfinity::pipeline
