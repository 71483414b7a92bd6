#include "log/membership.h"

#include <algorithm>
#include <utility>

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Status;

Error Ownership::fenced() {
  return Error{Errc::kFenced, "This member no longer owns the partition."};
}

Status Ownership::while_held(const std::function<Status()>& work) {
  const std::lock_guard lock(mutex_);
  if (!held()) return fenced();
  return work();
}

void Ownership::end() {
  const std::lock_guard lock(mutex_);
  ended_.request_stop();
}

Membership::Membership(std::uint32_t partitions, MakeOwned make)
    : make_(std::move(make)), slots_(partitions) {}

Status Membership::run(Group::Listener& listener, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const MemberId me = next_member_++;
  members_.push_back(me);
  spread();
  changed_.notify_all();

  while (!stop.stop_requested()) {
    if (const auto slot = to_revoke(me)) {
      revoke(lock, *slot, listener);
    } else if (const auto free = to_assign(me)) {
      assign(lock, *free, me, listener);
    } else {
      changed_.wait(lock, stop, [&] { return to_revoke(me) || to_assign(me); });
    }
  }

  std::erase(members_, me);
  spread();
  while (const auto slot = to_revoke(me)) revoke(lock, *slot, listener);
  changed_.notify_all();
  return {};
}

void Membership::rejoin(PartitionId partition) {
  const std::lock_guard lock(mutex_);
  if (number(partition) >= slots_.size()) return;
  auto& slot = slots_[number(partition)];
  if (!slot.owner) return;
  slot.give_up = true;
  changed_.notify_all();
}

std::optional<std::size_t> Membership::to_revoke(MemberId me) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto& slot = slots_[i];
    if (slot.owner == me && (slot.target != me || slot.give_up)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> Membership::to_assign(MemberId me) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].owner && slots_[i].target == me) return i;
  }
  return std::nullopt;
}

std::size_t Membership::targets_of(MemberId member) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(slots_, [&](const Slot& slot) { return slot.target == member; }));
}

void Membership::spread() {
  for (auto& slot : slots_) {
    if (slot.target && std::ranges::find(members_, *slot.target) == members_.end()) slot.target.reset();
  }
  if (members_.empty()) return;
  const auto fewest = [&] {
    return *std::ranges::min_element(members_, {}, [&](MemberId m) { return targets_of(m); });
  };
  for (auto& slot : slots_) {
    if (!slot.target) slot.target = fewest();
  }
  // Move one at a time from the member with most to the one with fewest until they differ by one at most.
  for (;;) {
    const auto most = *std::ranges::max_element(members_, {}, [&](MemberId m) { return targets_of(m); });
    const auto least = fewest();
    if (targets_of(most) <= targets_of(least) + 1) return;
    std::ranges::find(slots_, std::optional(most), &Slot::target)->target = least;
  }
}

void Membership::assign(std::unique_lock<std::mutex>& lock, std::size_t index, MemberId me,
                        Group::Listener& listener) {
  auto ownership = std::make_shared<Ownership>();
  slots_[index].owner = me;
  slots_[index].ownership = ownership;
  lock.unlock();
  listener.on_assigned(make_(PartitionId{static_cast<std::uint32_t>(index)}, std::move(ownership)));
  lock.lock();
}

void Membership::revoke(std::unique_lock<std::mutex>& lock, std::size_t index, Group::Listener& listener) {
  const auto ownership = slots_[index].ownership;
  lock.unlock();
  // The worker may still commit what it has under way, so the fence falls only when it is gone.
  listener.on_revoked(PartitionId{static_cast<std::uint32_t>(index)});
  ownership->end();
  lock.lock();
  slots_[index].owner.reset();
  slots_[index].ownership.reset();
  slots_[index].give_up = false;
  changed_.notify_all();
}

}  // namespace fanfinity::log
