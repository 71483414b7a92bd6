#pragma once
// The lives of a log that the power leaves, or the disk damages.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fuzz/segment/scripts.h"

namespace fanfinity::fuzz {

// Lives are short, so that many are tried; opening a log is what takes time.
constexpr int kSteps = 28;
constexpr int kStepsOfOpening = 4;

/// How much of what was synced may be missing after damage.
enum class Loss { kNone, kLastWrite, kAny };

inline Loss possible_loss(const Damage& damage, const MemoryDisk::Last& last) {
  if (last.file == nullptr) return Loss::kAny;
  if (damage.file != last.file.get() || damage.to <= last.at || damage.from >= last.end) return Loss::kNone;
  // The last write cannot be told from one that was cut short, as nothing was written after it.
  return damage.from >= last.at ? Loss::kLastWrite : Loss::kAny;
}

class JournalLife {
 public:
  explicit JournalLife(Input& in)
      : in_(in),
        stream_(Stream{static_cast<std::uint8_t>(in.below(kStreams))}),
        partitions_(stream_ == Stream::kDead ? 1 : 1 + in.below(4)) {}

  void run() {
    require(reopen(true).ok(), "a journal can be created");
    for (; steps_ > 0 && !in_.empty(); --steps_) {
      if (!step()) return;
    }
    require(reopen(false) && check(Loss::kNone), "what was synced is there");
  }

 private:
  struct Partition {
    std::vector<Record> records;  ///< Written, by offset.
    std::size_t synced = 0;       ///< So many of them are durable ...
    std::size_t before_last = 0;  ///< ... and were before the last write.
    std::size_t committed = 0;
  };

  /// False when the log refuses to go on.
  bool step() {
    switch (in_.below(8)) {
      case 0:
        return lose_power();
      case 1:
        return damage_and_reopen();
      case 2:
        mark_end();
        require(reopen(false) && check(Loss::kNone), "what was synced is there after a restart");
        return true;
      case 3:
        trim();
        return true;
      case 4:
        read_anywhere();
        return true;
      default:
        require(append(), "a journal with power takes records");
        return true;
    }
  }

  Status reopen(bool create) {
    steps_ -= kStepsOfOpening;
    journal_.reset();
    auto opened =
        Journal::open(journal_config(disk_, stream_, std::uint32_t(partitions_.size()), kMaxBytes), create);
    if (!opened) return opened.error();
    journal_ = std::move(opened).value();
    return {};
  }

  bool lose_power() {
    disk_.operations = 1 + in_.below(10);
    disk_.rename_lands = in_.below(2) == 1;
    if (in_.below(2) == 1) trim();
    while (append()) {
      if (in_.empty()) disk_.operations = 0;
    }
    disk_.recover_power(in_);
    last_ = {};
    const auto status = reopen(false);
    require(status.ok(), "a journal opens after a loss of power");
    require(check(Loss::kNone), "what was synced is there after a loss of power");
    return true;
  }

  bool damage_and_reopen() {
    const auto loss = possible_loss(damage(disk_, in_), last_);
    if (loss != Loss::kNone) last_ = {};
    const auto status = reopen(false);
    if (status) return check(loss);
    require(status.error().code == Errc::kCorrupt, "damage is reported as such");
    return false;
  }

  /// Whether everything could be read, and then makes what was found the expected.
  bool check(Loss loss) {
    for (std::uint32_t p = 0; p < partitions_.size(); ++p) {
      auto& expected = partitions_[p];
      const auto [begin, end] = journal_->bounds(PartitionId{p});
      require(begin >= Offset{0} && end <= Offset{std::int64_t(expected.records.size())},
              "there is nothing that was not written");
      require(stream_ == Stream::kDead || number(begin) <= std::int64_t(expected.committed),
              "what is not committed is kept");
      const auto least = loss == Loss::kNone        ? expected.synced
                         : loss == Loss::kLastWrite ? expected.before_last
                                                    : 0;
      require(std::size_t(number(end)) >= least, "what was synced is not missing");
      const auto found = read_all(*journal_, PartitionId{p}, in_);
      if (!found) {
        require(found.error().code == Errc::kCorrupt, "what cannot be read is reported as damaged");
        return false;
      }
      const auto written =
          std::span(expected.records).first(std::size_t(number(end))).subspan(std::size_t(number(begin)));
      require(std::ranges::equal(*found, written), "what is read is what was written");
      expected.records.resize(std::size_t(number(end)));
      expected.synced = expected.records.size();
      expected.before_last = std::min(expected.before_last, expected.synced);
      expected.committed = std::min(expected.committed, expected.synced);
    }
    return true;
  }

  /// One round of the writer. False when the power went.
  bool append() {
    std::vector<Append> appends(1 + in_.below(3));
    for (auto& append : appends) fill(append);
    for (std::span<Append> waiting = appends; !waiting.empty();) {
      journal_->supply().replenish();
      const auto count = journal_->write(waiting);
      if (!count && count.error().code != Errc::kUnknownOutcome) {
        require(!disk_.powered() || count.error().code == Errc::kFull, "only a full log refuses");
        return disk_.powered();
      }
      if (count) require(*count > 0 && *count <= waiting.size(), "a write takes appends");
      const auto written = waiting.first(count ? *count : waiting.size());
      for (const auto& append : written) expect(append, count.ok());
      if (!count || !journal_->sync()) {
        require(!disk_.powered(), "writing fails without power only");
        return false;
      }
      for (auto& partition : partitions_) {
        partition.before_last = partition.synced;
        partition.synced = partition.records.size();
      }
      last_ = disk_.last;
      journal_->publish();
      waiting = waiting.subspan(*count);
    }
    return true;
  }

  void fill(Append& append) {
    for (auto records = 1 + in_.below(5); records > 0; --records) {
      auto record = make_record(in_);
      const auto bytes = encoded_bytes(record);
      if (append.bytes + bytes > journal_->max_append_bytes()) break;
      append.bytes += bytes;
      append.records.push_back(std::move(record));
    }
  }

  void expect(const Append& append, bool acknowledged) {
    Position last;
    for (const auto& record : append.records) {
      last.partition = partition_of(record.key.hash(), std::uint32_t(partitions_.size()));
      auto& records = partitions_[number(last.partition)].records;
      last = {stream_, last.partition, Offset{std::int64_t(records.size())}};
      records.push_back(record);
    }
    require(!acknowledged || append.last == last, "an append is told where its last record stands");
  }

  void mark_end() {
    const auto before = disk_.last;
    if (in_.below(2) == 1) journal_->mark_end();
    if (disk_.last == before) return;
    last_ = disk_.last;
    for (auto& partition : partitions_) partition.before_last = partition.synced;
  }

  void trim() {
    std::vector<Offset> committed;
    for (auto& partition : partitions_) {
      if (stream_ == Stream::kDead) break;
      partition.committed += in_.below(partition.synced - partition.committed + 1);
      committed.push_back(Offset{std::int64_t(partition.committed)});
    }
    journal_->trim(committed);
    journal_->supply().replenish();
  }

  void read_anywhere() {
    const PartitionId partition{in_.get<std::uint8_t>() % std::uint32_t(partitions_.size() + 1)};
    const Offset from{in_.get<std::uint8_t>() - std::int64_t{2}};
    ReadCursor cursor;
    const auto fetched = journal_->fetch(partition, from, {1, 1, {}}, {}, cursor);
    if (!fetched) return require(fetched.error().code == Errc::kNotFound, "what is not there is not found");
    const auto [begin, end] = journal_->bounds(partition);
    require(from >= begin && from <= end, "only what a partition holds is found");
    require(fetched->records.empty() == (from == end), "a fetch at the end alone brings nothing");
    const auto& written = partitions_[number(partition)].records;
    require(from == end || fetched->records.front().record == written[std::size_t(number(from))],
            "what is found is what was written");
  }

  static constexpr std::uint64_t kMaxBytes = 4 * kMinSegmentBytes;

  Input& in_;
  int steps_ = kSteps;
  const Stream stream_;
  std::vector<Partition> partitions_;
  MemoryDisk disk_;
  MemoryDisk::Last last_;  ///< Unknown after a loss of power, or damage to it.
  std::unique_ptr<Journal> journal_;
};

class CommitLife {
 public:
  explicit CommitLife(Input& in) : in_(in), partitions_(static_cast<std::uint32_t>(1 + in.below(3))) {
    disk_.add(kCommitsSpare, kCommitSegmentBytes);
    const SegmentHeader header{kCommitsTag, 1, in.get<std::uint8_t>(), kMinSegmentBytes};
    auto& contents = disk_.add(segment_name(kCommitsPrefix, 1), header.bytes);
    SegmentScript::write_header(header, contents.open(0, kSegmentHeaderBytes));
    std::vector<std::byte> payload;
    for (std::size_t slot = 0; slot < 2 * partitions_; ++slot) {
      append_commit(slot / partitions_, slot % partitions_, -1, "", payload);
    }
    const auto there = contents.open(kSegmentHeaderBytes, kBlockHeaderBytes + padded(payload.size()));
    seal_block({.kind = BlockKind::kCommits, .count = 2 * partitions_, .write_at = kSegmentHeaderBytes},
               kSegmentHeaderBytes, header.salt, payload, there.data());
    std::ranges::copy(payload, there.begin() + kBlockHeaderBytes);
    history_.emplace_back(2 * std::size_t{partitions_});
  }

  void run() {
    require(reopen().ok(), "a store opens");
    for (; steps_ > 0 && !in_.empty(); --steps_) {
      if (!step()) return;
    }
    require(reopen() && found() == history_.size() - 1, "what was committed is there");
  }

 private:
  bool step() {
    switch (in_.below(8)) {
      case 0:
        return lose_power();
      case 1:
        return damage_and_reopen();
      case 2:
        mark_end();
        require(reopen() && found() == history_.size() - 1, "what was committed is there after a restart");
        return true;
      default:
        // Some more of the same, so that a file is filled.
        for (auto times = 1 + (in_.below(4) == 0 ? in_.below(16) : 0); times > 0; --times) {
          const auto status = commit();
          require(status.ok(), "a store with power takes commits");
        }
        return true;
    }
  }

  Status reopen() {
    steps_ -= kStepsOfOpening;
    store_.reset();
    poison_ = std::make_unique<Poison>();
    auto opened = CommitStore::open(disk_, "/log", partitions_, false, *poison_);
    if (!opened) return opened.error();
    store_ = std::move(opened).value();
    return {};
  }

  /// Which of the states that were committed the store has.
  std::size_t found() const {
    const auto now = all_commits(*store_, partitions_);
    for (auto i = history_.size(); i-- > 0;) {
      if (same(history_[i], now)) return i;
    }
    require(false, "what is read was committed");
    return 0;
  }

  Status commit() {
    const auto slot = in_.below(2 * std::size_t{partitions_});
    const Committed next{Offset{in_.get<std::uint8_t>()},
                         in_.below(2) == 1 ? in_.text(in_.get<std::uint8_t>())
                                           : std::string(in_.below(kMaxCommitMetadataBytes + 1), 'm')};
    history_.push_back(history_.back());
    history_.back()[slot] = next;
    const auto status = store_->commit(Stream{static_cast<std::uint8_t>(slot / partitions_)},
                                       PartitionId{static_cast<std::uint32_t>(slot % partitions_)},
                                       *next.offset, next.metadata);
    if (!status) return status;
    last_ = disk_.last;
    before_last_ = history_.size() - 2;
    return {};
  }

  bool lose_power() {
    disk_.operations = 1 + in_.below(12);
    disk_.rename_lands = in_.below(2) == 1;
    for (auto status = commit(); status; status = commit()) {
      if (in_.empty()) disk_.operations = 0;
    }
    require(poison_->is_set(), "a failed commit poisons the store");
    disk_.recover_power(in_);
    last_ = {};
    const auto status = reopen();
    require(status.ok(), "a store opens after a loss of power");
    const auto at = found();
    require(at + 2 >= history_.size(), "what was committed is there after a loss of power");
    history_.resize(at + 1);
    return true;
  }

  bool damage_and_reopen() {
    const auto loss = possible_loss(damage(disk_, in_), last_);
    if (loss != Loss::kNone) last_ = {};
    const auto status = reopen();
    if (!status) {
      require(status.error().code == Errc::kCorrupt, "damage is reported as such");
      return false;
    }
    const auto least = loss == Loss::kNone        ? history_.size() - 1
                       : loss == Loss::kLastWrite ? before_last_
                                                  : 0;
    const auto at = found();
    require(at >= least, "what was committed is not missing");
    history_.resize(at + 1);
    before_last_ = std::min(before_last_, at);
    return true;
  }

  void mark_end() {
    const auto before = disk_.last;
    if (in_.below(2) == 1) store_->mark_end();
    if (disk_.last == before) return;
    last_ = disk_.last;
    before_last_ = history_.size() - 1;
  }

  Input& in_;
  int steps_ = kSteps;
  const std::uint32_t partitions_;
  MemoryDisk disk_;
  MemoryDisk::Last last_;
  std::vector<Commits> history_;
  std::size_t before_last_ = 0;
  std::unique_ptr<Poison> poison_;
  std::unique_ptr<CommitStore> store_;
};

}  // namespace fanfinity::fuzz
