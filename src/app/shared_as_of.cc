#include "app/shared_as_of.h"

#include "pipeline/consumer.h"

namespace fanfinity::app {
namespace {

constexpr std::chrono::milliseconds kFresh{20};

}  // namespace

base::Result<base::Timestamp> SharedAsOf::get() {
  // Whoever comes while somebody looks waits for that look, and finds it fresh.
  const std::lock_guard lock(mutex_);
  if (as_of_ && clock_.steady() - looked_at_ < kFresh) return *as_of_;
  auto as_of = pipeline::as_of(reader_);
  if (!as_of) return as_of;
  as_of_ = *as_of;
  looked_at_ = clock_.steady();
  return as_of;
}

}  // namespace fanfinity::app
