#include "log/kafka_group.h"

#include <algorithm>
#include <chrono>

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Status;

Status KafkaGroup::run(Stream stream, Group::Listener& listener, const std::stop_token& stop) {
  if (stream == Stream::kDead) return Error{Errc::kInvalid, "Nobody consumes `dead` as a group: read it."};
  while (!stop.stop_requested()) {
    const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    if (const auto open = availability_.wait_open(soon, stop); !open) {
      if (stop.stop_requested()) break;
      if (open.error().code == Errc::kInvalid) return open;
      continue;  // Brokers come back; the reason is in health().
    }
    KafkaMember member(config_, stream, listener, availability_, rebalances_);
    {
      const std::lock_guard lock(mutex_);
      running_.push_back({stream, &member});
    }
    const auto served = member.serve(stop);
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(running_, [&](const Running& one) { return one.member == &member; });
    }
    if (!served) return served;
  }
  return {};
}

void KafkaGroup::rejoin(Stream stream, PartitionId partition) {
  const std::lock_guard lock(mutex_);
  for (const auto& running : running_) {
    if (running.stream == stream && running.member->owns(partition)) running.member->start_over();
  }
}

}  // namespace fanfinity::log
