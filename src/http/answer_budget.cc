#include "http/answer_budget.h"

namespace fanfinity::http {

std::optional<AnswerBudget::Hold> AnswerBudget::hold(std::size_t own, const SharedBody& shared) {
  const std::lock_guard lock(mutex_);
  const bool first = shared != nullptr && !waiting_.contains(shared.get());
  const std::size_t more = own + (first ? shared->capacity() : 0);
  if (used_ + more > most_) return std::nullopt;
  used_ += more;
  if (shared != nullptr) ++waiting_[shared.get()];
  return Hold(*this, own, shared);
}

void AnswerBudget::release(std::size_t own, const SharedBody& shared) {
  const std::lock_guard lock(mutex_);
  used_ -= own;
  if (shared == nullptr) return;
  const auto waiting = waiting_.find(shared.get());
  if (--waiting->second > 0) return;
  used_ -= shared->capacity();
  waiting_.erase(waiting);
}

}  // namespace fanfinity::http
