#include "pipeline/intent_age.h"

#include <algorithm>

#include "pipeline/consumer.h"

namespace fanfinity::pipeline {

void IntentAge::look(log::Reader& reader, base::Timestamp now) {
  looked_at_ = now;
  last_sign_.reset();
  const auto states = reader.state(log::Stream::kEvents);
  if (!states) return;
  base::Timestamp newest{};
  for (const log::PartitionState& state : *states) {
    const auto metadata = CommitMetadata::decode(state.committed.metadata);
    // A commit that cannot be read, or was made by hand, says nothing about when its maker lived.
    if (!metadata || (state.committed.offset && !metadata->has_value())) return;
    if (*metadata) newest = std::max(newest, (**metadata).committed_at);
  }
  last_sign_ = newest;
}

std::chrono::milliseconds IntentAge::of(base::Timestamp announced, base::Timestamp now) const {
  const auto plain = std::max(now - announced, std::chrono::milliseconds::zero());
  if (!last_sign_) return plain;
  const auto before = std::max(*last_sign_ - announced, std::chrono::milliseconds::zero());
  const auto since = std::max(now - looked_at_, std::chrono::milliseconds::zero());
  return std::min(plain, before + since);
}

}  // namespace fanfinity::pipeline
