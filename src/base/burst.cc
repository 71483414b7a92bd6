#include "base/burst.h"

#include <utility>

namespace fanfinity::base {
namespace {

thread_local Burst* outermost = nullptr;

}  // namespace

Burst::Burst() : outer_(outermost) {
  if (outermost == nullptr) outermost = this;
}

Burst::~Burst() {
  if (outer_ != nullptr) return;
  outermost = nullptr;  // What runs now may open bursts of its own.
  for (const auto& work : deferred_) work();
}

void Burst::flush() {
  if (outermost == nullptr) return;
  for (const auto& work : std::exchange(outermost->deferred_, {})) work();
}

void Burst::at_end(std::function<void()> work) {
  if (outermost == nullptr) return work();
  outermost->deferred_.push_back(std::move(work));
}

}  // namespace fanfinity::base
