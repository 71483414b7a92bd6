#include "log/segment_supply.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log_line.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::size_t kMaxSpares = 2;

}  // namespace

SegmentSupply::SegmentSupply(SegmentSupplyConfig config) : config_(std::move(config)) {}

void SegmentSupply::adopt_used(const Segment& segment) {
  disk_bytes_ += segment.header.bytes;
  next_sequence_ = std::max(next_sequence_, segment.header.sequence + 1);
}

void SegmentSupply::adopt_ready(std::shared_ptr<Segment> segment) {
  adopt_used(*segment);
  ready_.push_back(std::move(segment));
}

void SegmentSupply::adopt_spare(const std::filesystem::path& path, std::uint64_t bytes) {
  disk_bytes_ += bytes;
  const bool fits =
      bytes == config_.segment_bytes && disk_bytes_ <= config_.max_bytes && spares_.size() < kMaxSpares;
  auto file = fits ? config_.files->open(path, OpenMode::kExisting)
                   : Result<std::unique_ptr<File>>(Error{Errc::kInvalid, "not wanted"});
  if (!file) return drop_file(path, bytes);
  spares_.push_back({path, std::move(file).value()});
}

Result<std::shared_ptr<Segment>> SegmentSupply::take() {
  std::unique_lock lock(mutex_);
  prepared_.wait(lock, [&] { return !ready_.empty() || failure_ || closed_; });
  if (ready_.empty()) {
    return failure_ ? *failure_ : Error{Errc::kUnavailable, "The log is being closed."};
  }
  auto segment = std::move(ready_.front());
  ready_.pop_front();
  lock.unlock();
  if (wake_) wake_();
  return segment;
}

void SegmentSupply::retire(std::shared_ptr<Segment> segment) {
  const std::lock_guard lock(mutex_);
  retired_.push_back(std::move(segment));
}

bool SegmentSupply::replenish() {
  bool complete = recycle_retired();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (ready_.size() >= config_.ahead) break;
    }
    auto status = prepare_one();
    const std::lock_guard lock(mutex_);
    const bool first = !status && !failure_;
    failure_ = status ? std::nullopt : std::optional(status.error());
    prepared_.notify_all();
    if (status) continue;
    if (first) {
      base::log_line(base::Level::kWarn, "No further log segment can be prepared.",
                     {{"stream", config_.prefix}, {"cause", status.error().detail}});
    }
    complete = false;
    break;
  }
  return complete;
}

void SegmentSupply::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  prepared_.notify_all();
}

bool SegmentSupply::recycle_retired() {
  std::vector<std::shared_ptr<Segment>> free;
  bool all = true;
  {
    const std::lock_guard lock(mutex_);
    // Oldest first, and none before its predecessor: what is left of the sequence on disk is then without
    // a gap at every moment, whoever still reads. A retired segment can be found by nobody any more, so a
    // count of one can only stay one.
    const auto held =
        std::ranges::find_if(retired_, [](const auto& segment) { return segment.use_count() > 1; });
    free.assign(std::make_move_iterator(retired_.begin()), std::make_move_iterator(held));
    retired_.erase(retired_.begin(), held);
    all = retired_.empty();
  }
  for (auto& segment : free) {
    // Taking and giving back a reference orders what follows after the last reader's release.
    static_cast<void>(std::shared_ptr<Segment>(segment));
    discard(*segment);
  }
  return all;
}

void SegmentSupply::discard(Segment& segment) {
  auto spare = segment.path;
  spare.replace_extension(".spare");
  const auto bytes = segment.header.bytes;
  // Away from the sequence first, and durably so: a new life must not begin under the old name.
  if (auto status = config_.files->rename(segment.path, spare); !status) {
    base::log_line(base::Level::kWarn, "A consumed log segment cannot be recycled.",
                   {{"cause", status.error().detail}});
    static_cast<void>(config_.files->remove(spare));  // The rename may have happened without its sync.
    return drop_file(segment.path, bytes);
  }
  const std::lock_guard lock(mutex_);
  const bool fits = bytes == config_.segment_bytes && disk_bytes_ <= config_.max_bytes;
  if (fits && spares_.size() < kMaxSpares) {
    spares_.push_back({spare, std::move(segment.file)});
    return;
  }
  if (config_.files->remove(spare)) disk_bytes_ -= bytes;
}

Status SegmentSupply::prepare_one() {
  auto spare = spare_or_new();
  if (!spare) return spare.error();
  const auto path = config_.directory / segment_name(config_.prefix, next_sequence_);
  auto header = write_segment_header(*spare->file, config_.tag, next_sequence_, config_.segment_bytes);
  Status status = header ? spare->file->sync() : Status(header.error());
  if (status) status = config_.files->rename(spare->path, path);
  if (!status) {
    // Nobody knows what a failed sync left behind, so the file is not used again under either name.
    static_cast<void>(config_.files->remove(path));
    drop_file(spare->path, config_.segment_bytes);
    return status;
  }
  const std::lock_guard lock(mutex_);
  ready_.push_back(std::make_shared<Segment>(Segment{path, std::move(spare->file), *header}));
  ++next_sequence_;
  return {};
}

Result<SegmentSupply::Spare> SegmentSupply::spare_or_new() {
  {
    const std::lock_guard lock(mutex_);
    if (!spares_.empty()) {
      auto spare = std::move(spares_.back());
      spares_.pop_back();
      ++recycled_;
      return spare;
    }
    if (disk_bytes_ + config_.segment_bytes > config_.max_bytes) {
      return Error{
          Errc::kFull,
          fmt::format("The log's stream `{}` holds the {} bytes it may and nothing of it is consumed: "
                      "let the consumer catch up, or raise the limit.",
                      config_.prefix, config_.max_bytes)};
    }
    disk_bytes_ += config_.segment_bytes;
  }
  auto created = create();
  const std::lock_guard lock(mutex_);
  if (created) {
    ++created_;
  } else {
    disk_bytes_ -= config_.segment_bytes;
  }
  return created;
}

Result<SegmentSupply::Spare> SegmentSupply::create() {
  const auto path = config_.directory / fmt::format("{}-{:016}.new", config_.prefix, next_sequence_);
  auto file = create_zeroed(*config_.files, path, config_.segment_bytes);
  if (!file) return file.error();
  return Spare{path, std::move(file).value()};
}

void SegmentSupply::drop_file(const std::filesystem::path& path, std::uint64_t bytes) {
  static_cast<void>(config_.files->remove(path));
  const std::lock_guard lock(mutex_);
  disk_bytes_ -= bytes;
}

Status SegmentSupply::status() const {
  const std::lock_guard lock(mutex_);
  if (ready_.empty() && failure_) return *failure_;
  return {};
}

bool SegmentSupply::at_limit() const {
  const std::lock_guard lock(mutex_);
  return ready_.empty() && spares_.empty() && retired_.empty() &&
         disk_bytes_ + config_.segment_bytes > config_.max_bytes;
}

std::uint64_t SegmentSupply::disk_bytes() const {
  const std::lock_guard lock(mutex_);
  return disk_bytes_;
}

std::uint64_t SegmentSupply::created() const {
  const std::lock_guard lock(mutex_);
  return created_;
}

std::uint64_t SegmentSupply::recycled() const {
  const std::lock_guard lock(mutex_);
  return recycled_;
}

}  // namespace fanfinity::log
