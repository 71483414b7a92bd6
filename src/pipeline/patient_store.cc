#include "pipeline/patient_store.h"

#include <utility>

namespace fanfinity::pipeline {
namespace {

bool never(base::Errc /*code*/) {
  return false;
}
bool is_refusal(base::Errc code) {
  return code == base::Errc::kRefused;
}

}  // namespace

PatientStore::PatientStore(const WorkerContext& context, log::PartitionId partition, std::stop_token stop)
    : store_(context.ports.store),
      observer_(context.ports.observer),
      partition_(partition),
      patience_(context.patience(std::move(stop))) {}

void PatientStore::tell(const base::Error& error, std::chrono::milliseconds next_try) const {
  observer_.on_insert_failed(partition_, error, next_try);
}

template <typename Attempt>
auto PatientStore::ask(Attempt attempt) const {
  return patience_.repeat(attempt, never,
                          [this](const base::Error& error, auto delay) { tell(error, delay); });
}

base::Status PatientStore::insert(const store::Batch& batch, std::string_view token) const {
  return patience_.repeat([&] { return store_.insert(batch, token); }, is_refusal,
                          [this](const base::Error& error, auto delay) { tell(error, delay); });
}

base::Result<std::vector<store::StoredId>> PatientStore::find(std::span<const base::Uuid> ids,
                                                              base::Timestamp since) const {
  return ask([&] { return store_.find(ids, since); });
}

base::Result<std::optional<log::Offset>> PatientStore::highest_offset() const {
  return ask([&] { return store_.highest_offset(partition_); });
}

}  // namespace fanfinity::pipeline
