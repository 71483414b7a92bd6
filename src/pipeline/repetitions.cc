#include "pipeline/repetitions.h"

#include <algorithm>

namespace fanfinity::pipeline {

Repetitions::Operation::~Operation() {
  if (!listed_) return;
  const std::scoped_lock lock(all_.mutex_);
  all_.listed_.erase(*listed_);
}

void Repetitions::Operation::failed(const base::Error& error) {
  const std::scoped_lock lock(all_.mutex_);
  if (listed_) {
    (*listed_)->error = error;
  } else {
    listed_ = all_.listed_.insert(all_.listed_.end(), {began_, error});
  }
}

std::optional<Repetitions::Repeated> Repetitions::longest() const {
  const std::scoped_lock lock(mutex_);
  const auto oldest = std::ranges::min_element(listed_, {}, &Repeated::since);
  if (oldest == listed_.end()) return std::nullopt;
  return *oldest;
}

}  // namespace fanfinity::pipeline
