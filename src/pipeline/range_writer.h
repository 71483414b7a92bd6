#pragma once
// Inserts the decided rows of a range, and narrows a refused range down to the events at fault
// (EXACTLY-ONCE 5 and 6).

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/patient_store.h"
#include "pipeline/worker_context.h"
#include "store/store.h"

namespace fanfinity::pipeline {

/// The rows decided for [first, end), in offset order.
struct DecidedRows {
  log::Offset first{};
  log::Offset end{};
  store::Batch batch{};
  std::vector<log::Offset> response_time_offsets{};  ///< Of batch.response_times, one each.

  [[nodiscard]] std::size_t size() const { return batch.events.size() + batch.response_times.size(); }
  /// The same decided rows, those of [from, to) only.
  [[nodiscard]] DecidedRows slice(log::Offset from, log::Offset to) const;
};

/// "topic/partition/first-end": names these rows for ever.
[[nodiscard]] std::string insert_token(std::string_view topic, log::PartitionId partition, log::Offset first,
                                       log::Offset end);

class RangeWriter {
 public:
  /// Called with the offset of a refused event and why; success once it is durable elsewhere.
  using Refuse = std::function<base::Status(log::Offset offset, const std::string& reason)>;
  /// Called after every insert that succeeded, with its rows.
  using Stored = std::function<void(const store::Batch& batch)>;

  RangeWriter(const WorkerContext& context, const PatientStore& store, Refuse refuse, Stored stored);
  /// Returns once every row is stored or refused. The only failures are kStopped and those of Refuse.
  [[nodiscard]] base::Status write(const DecidedRows& rows);

 private:
  [[nodiscard]] base::Status settle_refused(const DecidedRows& rows, const std::string& reason);
  [[nodiscard]] base::Status refuse_single(const DecidedRows& rows, const std::string& reason);

  const WorkerContext& context_;
  const PatientStore& store_;
  Refuse refuse_;
  Stored stored_;
  bool reserved_ = true;  ///< The collector reserved a slot for the first insert.
};

}  // namespace fanfinity::pipeline
