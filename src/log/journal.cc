#include "log/journal.h"

#include <algorithm>
#include <utility>

#include "base/log_line.h"

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

namespace {

// Beyond this a write only makes those wait longer who came first.
constexpr std::uint64_t kWriteTargetBytes = 8U << 20U;

}  // namespace

Journal::Journal(JournalConfig config)
    : config_(std::move(config)),
      supply_({.files = config_.files,
               .directory = config_.directory,
               .prefix = std::string(to_string(config_.stream)),
               .tag = static_cast<std::uint32_t>(config_.stream),
               .segment_bytes = config_.segment_bytes,
               .max_bytes = config_.max_bytes,
               .ahead = config_.ahead}),
      batch_(config_.stream, config_.partitions),
      next_(config_.partitions),
      smallest_segment_(config_.segment_bytes),
      end_(config_.partitions) {
  for (std::uint32_t p = 0; p < config_.partitions; ++p) waiters_.push_back(std::make_unique<Waiters>());
}

std::uint64_t Journal::room() const {
  return active_->header.bytes - tail_;
}

std::uint64_t Journal::max_append_bytes() const {
  const auto payload = smallest_segment_ - kSegmentHeaderBytes;
  return payload - (batch_.bound(payload) - payload);
}

std::size_t Journal::fitting(std::span<const Append> appends, std::uint64_t room) const {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const auto& append : appends) {
    bytes += append.bytes;
    if (batch_.bound(bytes) > room || (count > 0 && bytes > kWriteTargetBytes)) break;
    ++count;
  }
  return count;
}

Result<std::size_t> Journal::write(std::span<Append> appends) {
  auto count = fitting(appends, room());
  if (count == 0) {
    auto taken = supply_.take();
    refusing_.store(!taken.ok(), std::memory_order_relaxed);
    if (!taken) return taken.error();
    pending_ = Checkpoint{tail_, next_};
    active_ = std::move(taken).value();
    active_first_ = next_;
    tail_ = kSegmentHeaderBytes;
    count = fitting(appends, room());
    if (count == 0) return Error{Errc::kInternal, "An append does not fit into an empty segment."};
  }
  refusing_.store(false, std::memory_order_relaxed);

  const auto checkpoint = pending_ ? pending_->encode() : std::vector<std::byte>();
  batch_.encode(appends.first(count), tail_, active_->header.salt, checkpoint, next_);
  if (auto status = write_fully(*active_->file, tail_, batch_.bytes()); !status) {
    return Error{Errc::kUnknownOutcome, status.error().detail};
  }
  tail_ += batch_.bytes().size();
  pending_.reset();
  marked_ = false;
  return count;
}

Status Journal::sync() {
  if (auto status = active_->file->sync(); !status) {
    return Error{Errc::kUnknownOutcome, status.error().detail};
  }
  return {};
}

void Journal::publish() {
  const std::lock_guard lock(mutex_);
  if (used_.back().segment != active_) {
    used_.push_back(
        {active_, active_first_, kSegmentHeaderBytes, OffsetIndex(config_.partitions), used_.back().end});
  }
  auto& newest = used_.back();
  newest.end = tail_;
  for (const auto& block : batch_.blocks()) newest.index.add(block.partition, block.base, block.at);
  for (std::uint32_t p = 0; p < config_.partitions; ++p) {
    if (end_[p] == next_[p]) continue;
    end_[p] = next_[p];
    if (waiters_[p]->count > 0) waiters_[p]->published.notify_all();
  }
}

void Journal::mark_end() {
  if (marked_ || room() < kBlockHeaderBytes) return;
  std::vector<std::byte> block(kBlockHeaderBytes);
  seal_block({.kind = BlockKind::kEndMark, .write_at = static_cast<std::uint32_t>(tail_)}, tail_,
             active_->header.salt, {}, block.data());
  auto status = write_fully(*active_->file, tail_, block);
  if (status) status = active_->file->sync();
  marked_ = true;
  if (status) return;
  base::log_line(base::Level::kWarn, "The log could not mark its end; nothing is lost by that.",
                 {{"cause", status.error().detail}});
}

void Journal::trim(const std::vector<Offset>& committed) {
  const bool squeezed = config_.drop_oldest && supply_.at_limit();
  const std::lock_guard lock(mutex_);
  const auto consumed = [&] {
    const auto& next = used_[1].first;
    for (std::size_t p = 0; p < next.size(); ++p) {
      if (next[p] > committed[p]) return false;
    }
    return true;
  };
  if (config_.drop_oldest) {
    if (!squeezed || used_.size() < 2) return;
    const auto records = used_[1].first[0] - used_[0].first[0];
    dropped_.fetch_add(static_cast<std::uint64_t>(records), std::memory_order_relaxed);
    base::log_line(base::Level::kWarn,
                   "The oldest dead letters were dropped: their stream reached its limit.",
                   {{"records", records}, {"advice", "replay dead letters, or raise the limit"}});
    supply_.retire(std::move(used_.front().segment));
    used_.pop_front();
    return;
  }
  while (used_.size() >= 2 && consumed()) {
    supply_.retire(std::move(used_.front().segment));
    used_.pop_front();
  }
}

Journal::Bounds Journal::bounds_locked(PartitionId partition) const {
  return {used_.front().first[number(partition)], end_[number(partition)]};
}

Journal::Bounds Journal::bounds(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return bounds_locked(partition);
}

Status Journal::status() const {
  if (!refusing_.load(std::memory_order_relaxed)) return {};
  return supply_.status();
}

std::uint64_t Journal::live_bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const auto& used : used_) bytes += used.end - kSegmentHeaderBytes;
  return bytes;
}

}  // namespace fanfinity::log
