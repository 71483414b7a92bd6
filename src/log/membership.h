#pragma once
// Who owns which partition: the members of one stream's consumer group inside this process.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "log/log.h"

namespace fanfinity::log {

/// One assignment of a partition to a member: its epoch, as an object. Once ended it never holds again.
class Ownership {
 public:
  /// Runs `work`, which cannot overlap the end of the ownership; kFenced when that has come already.
  [[nodiscard]] base::Status while_held(const std::function<base::Status()>& work);
  [[nodiscard]] bool held() const { return !ended_.stop_requested(); }
  /// Requested when the ownership ends.
  [[nodiscard]] std::stop_token ended() const { return ended_.get_token(); }
  /// Waits for work under way.
  void end();
  [[nodiscard]] static base::Error fenced();

 private:
  std::mutex mutex_;
  std::stop_source ended_;
};

/// Thread-safe. Partitions are spread evenly; one moves only when evenness asks for it, and only after
/// its member's on_revoked has returned.
class Membership {
 public:
  using MakeOwned = std::function<std::shared_ptr<OwnedPartition>(PartitionId, std::shared_ptr<Ownership>)>;

  Membership(std::uint32_t partitions, MakeOwned make);
  /// Group::run and Group::rejoin of one stream.
  base::Status run(Group::Listener& listener, const std::stop_token& stop);
  void rejoin(PartitionId partition);

 private:
  using MemberId = std::uint64_t;
  struct Slot {
    std::optional<MemberId> owner;   ///< Between on_assigned and the return of on_revoked.
    std::optional<MemberId> target;  ///< Who should own it.
    bool give_up = false;            ///< Asked to rejoin.
    std::shared_ptr<Ownership> ownership;
  };

  [[nodiscard]] std::optional<std::size_t> to_revoke(MemberId me) const;
  [[nodiscard]] std::optional<std::size_t> to_assign(MemberId me) const;
  [[nodiscard]] std::size_t targets_of(MemberId member) const;
  void spread();
  void assign(std::unique_lock<std::mutex>& lock, std::size_t slot, MemberId me, Group::Listener& listener);
  void revoke(std::unique_lock<std::mutex>& lock, std::size_t slot, Group::Listener& listener);

  MakeOwned make_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<MemberId> members_;
  std::vector<Slot> slots_;
  MemberId next_member_ = 1;
};

}  // namespace fanfinity::log
