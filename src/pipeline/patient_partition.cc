#include "pipeline/patient_partition.h"

#include <utility>

#include "base/log_line.h"

namespace fanfinity::pipeline {
namespace {

/// Whether asking again cannot help, or must not be done.
bool ends_commit(base::Errc code) {
  return code != base::Errc::kUnavailable && code != base::Errc::kFull;
}

/// Reading again is harmless whatever became of the read before.
bool ends_read(base::Errc code) {
  return ends_commit(code) && code != base::Errc::kUnknownOutcome;
}

}  // namespace

PatientPartition::PatientPartition(const WorkerContext& context, log::OwnedPartition& partition,
                                   std::stop_token stop)
    : partition_(partition), patience_(context.patience(std::move(stop))) {}

void PatientPartition::tell(const base::Error& error, std::chrono::milliseconds next_try) const {
  base::log_line(
      base::Level::kWarn, "log did not answer, trying again",
      {{"partition", log::number(id())}, {"error", error.detail}, {"next_try_ms", next_try.count()}});
}

base::Result<log::Committed> PatientPartition::committed() const {
  return patience_.repeat([this] { return partition_.committed(); }, ends_read,
                          [this](const base::Error& error, auto delay) { tell(error, delay); });
}

base::Status PatientPartition::fetch(log::Offset from, const log::FetchLimits& limits,
                                     log::Fetched& into) const {
  auto fetched =
      patience_.repeat([&] { return partition_.fetch(from, limits, patience_.stop, into); }, ends_read,
                       [this](const base::Error& error, auto delay) { tell(error, delay); });
  if (fetched || fetched.error().code != base::Errc::kNotFound) return fetched;
  return base::Error{
      base::Errc::kNotFound,
      "Offset " + std::to_string(log::number(from)) + " of partition " + std::to_string(log::number(id())) +
          " is not in the log: records that were never stored are gone, or the log was replaced. "
          "Restore the log, or accept the loss and set the group's offset to the log's "
          "beginning only if nothing stored lies at or above it."};
}

base::Status PatientPartition::commit(log::Offset offset, std::string_view metadata) const {
  return patience_.repeat([&] { return partition_.commit(offset, metadata); }, ends_commit,
                          [this](const base::Error& error, auto delay) { tell(error, delay); });
}

}  // namespace fanfinity::pipeline
