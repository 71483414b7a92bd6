#include "pipeline/partition_threads.h"

#include <utility>

#include "base/thread_name.h"

namespace fanfinity::pipeline {

PartitionThreads::~PartitionThreads() {
  request_stop();
}

void PartitionThreads::on_assigned(std::shared_ptr<log::OwnedPartition> partition) {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return;
  ++working_;
  const log::PartitionId id = partition->id();
  threads_[id] = std::jthread([this, owned = std::move(partition)](std::stop_token stop) {
    base::name_this_thread("consume");
    work_(*owned, std::move(stop));
    const std::scoped_lock done(mutex_);
    --working_;
    idle_.notify_all();
  });
}

void PartitionThreads::on_revoked(log::PartitionId partition) {
  std::jthread thread;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = threads_.find(partition);
    if (found == threads_.end()) return;
    thread = std::move(found->second);
    threads_.erase(found);
  }
  thread.request_stop();
  thread.join();
}

void PartitionThreads::request_stop() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
  for (auto& [id, thread] : threads_) thread.request_stop();
}

bool PartitionThreads::wait_until_idle(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, timeout, [this] { return working_ == 0; });
}

}  // namespace fanfinity::pipeline
