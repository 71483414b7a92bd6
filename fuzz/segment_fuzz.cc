// What the embedded log may find on its disk. Checksums stop random bytes early, so most inputs are scripts:
// of segments with right checksums and strange contents, and of the life of a log that the power leaves or
// the disk damages. Whatever is found: no crash, and nothing is read that was not written.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "log/checkpoint.h"
#include "log/commit_store.h"
#include "log/journal.h"
#include "log/poison.h"
#include "log/record_codec.h"
#include "log/segment.h"

namespace {

using namespace fanfinity::log;
using fanfinity::base::Errc;
using fanfinity::base::Error;
using fanfinity::base::Result;
using fanfinity::base::Status;
using fanfinity::base::Timestamp;

// Lives are short, so that many are tried; opening a log is what takes time.
constexpr int kSteps = 28;
constexpr int kStepsOfOpening = 4;
constexpr std::uint32_t kCommitsTag = 3;
constexpr std::string_view kCommitsPrefix = "commits";
constexpr std::string_view kCommitsSpare = "commits.spare";

void require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

/// The choices of an input: zeros once it is used up.
class Input {
 public:
  explicit Input(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  T get() {
    T value = 0;
    const auto bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::size_t below(std::size_t bound) {
    return (bound > 256 ? get<std::uint16_t>() : get<std::uint8_t>()) % bound;
  }
  std::span<const std::byte> take(std::size_t count) {
    const auto bytes = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(bytes.size());
    return bytes;
  }
  std::string text(std::size_t count) {
    const auto bytes = take(count);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
};

/// A disk in memory. What was written is in doubt until it is synced; the power may go in any operation.
class MemoryDisk final : public FileSystem {
 public:
  struct Contents {
    struct Doubt {
      std::uint64_t at = 0;
      std::vector<std::byte> before;
    };
    std::vector<std::byte> bytes;  ///< Zeros follow, up to `size`.
    std::uint64_t size = 0;
    std::vector<Doubt> doubts;

    /// The bytes from `at` on, to be changed.
    std::span<std::byte> open(std::uint64_t at, std::size_t count) {
      if (bytes.size() < at + count) bytes.resize(at + count);
      size = std::max<std::uint64_t>(size, bytes.size());
      return std::span(bytes).subspan(at, count);
    }
    std::size_t read(std::uint64_t at, std::span<std::byte> out) const {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size - std::min(at, size)));
      const auto stored =
          std::min<std::uint64_t>(count, bytes.size() - std::min<std::uint64_t>(at, bytes.size()));
      if (stored > 0) std::memcpy(out.data(), bytes.data() + at, stored);
      if (count > stored) std::memset(out.data() + stored, 0, count - stored);
      return count;
    }
    void cut(std::uint64_t at) {
      size = std::min(size, at);
      if (bytes.size() > size) bytes.resize(size);
    }
  };
  /// The last write of blocks.
  struct Last {
    std::shared_ptr<Contents> file;
    std::uint64_t at = 0;
    std::uint64_t end = 0;
    bool operator==(const Last&) const = default;
  };
  static constexpr std::size_t kForever = SIZE_MAX;

  std::map<std::string, std::shared_ptr<Contents>, std::less<>> files;
  std::size_t operations = kForever;  ///< So many are left; the last one is cut short.
  bool rename_lands = false;          ///< Whether it happens when the power goes in it.
  Last last;

  Contents& add(std::string_view name, std::uint64_t size) {
    auto& contents = files[std::string(name)] = std::make_shared<Contents>();
    contents->size = size;
    return *contents;
  }
  [[nodiscard]] bool powered() const { return operations > 0; }

  /// The power comes back. Of each write in doubt any part was made, or remains that nobody wrote.
  void recover_power(Input& in) {
    for (auto& [name, contents] : files) {
      for (auto& doubt : std::views::reverse(contents->doubts)) resolve(*contents, doubt, in);
      contents->doubts.clear();
    }
    for (auto& [name, contents] : removed_) {
      if (in.below(2) == 1) files.try_emplace(name, std::move(contents));
    }
    removed_.clear();
    operations = kForever;
  }

  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override {
    if (!powered()) return gone();
    const auto name = path.filename().string();
    if (mode == OpenMode::kNew) add(name, 0);
    const auto found = files.find(name);
    if (found == files.end()) return Error{Errc::kUnavailable, "There is no such file."};
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(*this, found->second));
  }
  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (!powered()) return gone();
    const bool survived = survives();
    const auto found = files.find(from.filename().string());
    if (found == files.end()) return Error{Errc::kUnavailable, "There is no such file."};
    if (!survived && !rename_lands) return gone();
    auto contents = std::move(found->second);
    files.erase(found);
    files[to.filename().string()] = std::move(contents);
    removed_.clear();
    if (!survived) return gone();
    return {};
  }
  Status remove(const std::filesystem::path& path) override {
    if (!powered()) return gone();
    auto node = files.extract(path.filename().string());
    if (node.empty()) return Error{Errc::kUnavailable, "There is no such file."};
    removed_.emplace_back(node.key(), std::move(node.mapped()));
    return {};
  }
  Result<std::vector<Entry>> list(const std::filesystem::path&) override {
    std::vector<Entry> entries;
    for (const auto& [name, contents] : files) entries.push_back({name, contents->size});
    return entries;
  }

 private:
  class MemoryFile final : public File {
   public:
    MemoryFile(MemoryDisk& disk, std::shared_ptr<Contents> contents)
        : disk_(disk), contents_(std::move(contents)) {}

    Result<std::size_t> read_at(std::uint64_t at, std::span<std::byte> out) override {
      return contents_->read(at, out);
    }
    Result<std::size_t> write_at(std::uint64_t at, std::span<const std::byte> bytes) override {
      if (!disk_.powered()) return gone();
      const auto there = contents_->open(at, bytes.size());
      contents_->doubts.push_back({at, {there.begin(), there.end()}});
      if (!bytes.empty()) std::memcpy(there.data(), bytes.data(), bytes.size());
      if (at >= kSegmentHeaderBytes) disk_.last = {contents_, at, at + bytes.size()};
      if (!disk_.survives()) return gone();
      return bytes.size();
    }
    Status sync() override {
      if (!disk_.powered() || !disk_.survives()) return gone();
      contents_->doubts.clear();
      return {};
    }
    Status allocate(std::uint64_t) override { return {}; }

   private:
    MemoryDisk& disk_;
    std::shared_ptr<Contents> contents_;
  };

  static Error gone() { return {Errc::kUnavailable, "The power is gone."}; }
  bool survives() { return operations == kForever || --operations > 0; }

  static void resolve(Contents& contents, const Contents::Doubt& doubt, Input& in) {
    constexpr std::size_t kSector = 512;
    const auto& before = doubt.before;
    const auto there = contents.open(doubt.at, before.size());
    const auto lose = [&](std::size_t from, std::size_t to) {
      std::copy(before.begin() + std::ptrdiff_t(from), before.begin() + std::ptrdiff_t(to),
                there.begin() + std::ptrdiff_t(from));
    };
    switch (in.below(5)) {
      case 0:
        return lose(0, before.size());
      case 1:
        return;
      case 2:
        return lose(std::min<std::size_t>(in.get<std::uint16_t>(), before.size()), before.size());
      case 3: {
        const auto garbage = std::byte{in.get<std::uint8_t>()};
        const auto kept = std::min<std::size_t>(in.get<std::uint16_t>(), before.size());
        for (auto& byte : there.subspan(kept)) byte ^= garbage;
        return;
      }
      default:
        for (std::size_t at = 0; at < before.size(); at += kSector) {
          if (in.below(2) == 0) lose(at, std::min(at + kSector, before.size()));
        }
    }
  }

  std::vector<std::pair<std::string, std::shared_ptr<Contents>>> removed_;
};

using Contents = MemoryDisk::Contents;

// --- single things ---

void check_record(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  ByteReader skipped(bytes);
  const auto record = decode_record(in);
  const bool whole = skip_record(skipped);
  if (!record) return;
  require(whole && skipped.left() == in.left(), "a record that can be read can be skipped");
  std::vector<std::byte> again(encoded_bytes(*record));
  ByteWriter out(again.data());
  encode(*record, out);
  require(std::ranges::equal(again, bytes.first(bytes.size() - in.left())),
          "a record is written as it was read");
}

void check_checkpoint(std::span<const std::byte> bytes) {
  const auto checkpoint = Checkpoint::decode(bytes);
  if (!checkpoint) return;
  require(std::ranges::equal(checkpoint->encode(), bytes), "a checkpoint is written as it was read");
}

/// The bytes as a header, as they are and with the right checksum.
void check_headers(std::span<const std::byte> bytes) {
  static_cast<void>(parse_segment_header(bytes));
  constexpr std::size_t kSummed = kBlockHeaderBytes - sizeof(std::uint64_t);
  std::array<std::byte, kBlockHeaderBytes> header{};
  std::ranges::copy(bytes.first(std::min(bytes.size(), header.size())), header.begin());
  const auto summed = std::span(header).first<kSummed>();
  ByteWriter sum(header.data() + kSummed);
  sum.put(checksum(summed, 0));
  if (const auto found = parse_segment_header(header)) {
    require(found->bytes >= kMinSegmentBytes && found->bytes <= kMaxSegmentBytes,
            "a segment's size is bounded");
  }
  const auto at = kSegmentHeaderBytes + bytes.size();
  static_cast<void>(parse_block_header(header, at, 0));
  ByteWriter(header.data() + kSummed).put(checksum(summed, at));
  if (const auto found = parse_block_header(header, at, 0)) {
    require(found->payload_bytes <= kMaxPayloadBytes, "a payload is bounded");
    require(found->write_at <= at, "a block is not before the write it is part of");
    require(!parse_block_header(header, at + kBlockAlignment, 0) && !parse_block_header(header, at, 1),
            "a block is valid in one place of one life");
  }
}

// --- what both kinds of script are made of ---

Record make_record(Input& in) {
  const auto flags = in.get<std::uint8_t>();
  Record record;
  if ((flags & 1U) != 0) record.kind = RecordKind::kResponseTimes;
  record.key.bytes[0] = in.get<std::uint8_t>();
  record.received_at = Timestamp(std::chrono::milliseconds(in.get<std::uint8_t>()));
  const auto fill = static_cast<char>(in.get<std::uint8_t>());
  record.value = (flags & 2U) != 0
                     ? in.text(in.get<std::uint8_t>())
                     : std::string((flags & 4U) != 0 ? in.get<std::uint16_t>() % 20'000 : 20, fill);
  if ((flags & 8U) != 0) record.traceparent = in.text(in.below(60));
  if ((flags & 16U) == 0) return record;
  auto& failure = record.failure.emplace();
  failure.origin = {Stream{static_cast<std::uint8_t>(in.below(kStreams))},
                    PartitionId{in.get<std::uint8_t>()}, Offset{in.get<std::uint16_t>()}};
  for (auto attempts = in.below(4); attempts > 0; --attempts) {
    failure.attempts.push_back({record.received_at, in.text(in.below(30))});
  }
  return record;
}

/// Everything of a partition from its beginning.
Result<std::vector<Record>> read_all(Journal& journal, PartitionId partition, Input& in) {
  const auto [begin, end] = journal.bounds(partition);
  require(begin <= end, "a partition ends at or after its beginning");
  const FetchLimits limits{64 - in.below(64), 65'536U - in.get<std::uint16_t>(), {}};
  std::vector<Record> records;
  ReadCursor cursor;
  for (auto at = begin; at < end;) {
    auto fetched = journal.fetch(partition, at, limits, {}, cursor);
    if (!fetched) return fetched.error();
    require(fetched->end == end, "a fetch knows the end");
    require(!fetched->records.empty() && fetched->records.size() <= limits.max_records,
            "a fetch brings records, and not too many");
    for (auto& one : fetched->records) {
      require(one.offset == at, "offsets follow each other");
      at = at + 1;
      records.push_back(std::move(one.record));
    }
    require(fetched->next == at, "a fetch says where to go on");
  }
  return records;
}

JournalConfig journal_config(MemoryDisk& disk, Stream stream, std::uint32_t partitions,
                             std::uint64_t max_bytes) {
  JournalConfig config;
  config.files = &disk;
  config.directory = "/log";
  config.stream = stream;
  config.partitions = partitions;
  config.segment_bytes = kMinSegmentBytes;
  config.max_bytes = max_bytes;
  config.drop_oldest = stream == Stream::kDead;
  return config;
}

using Commits = std::vector<Committed>;  // Of `events`, then of `retry`.

bool same(const Commits& a, const Commits& b) {
  return std::ranges::equal(a, b, [](const Committed& x, const Committed& y) {
    return x.offset == y.offset && x.metadata == y.metadata;
  });
}

Commits all_commits(const CommitStore& store, std::uint32_t partitions) {
  Commits all;
  for (const auto stream : {Stream::kEvents, Stream::kRetry}) {
    for (std::uint32_t p = 0; p < partitions; ++p) all.push_back(store.committed(stream, PartitionId{p}));
  }
  return all;
}

void append_commit(std::size_t stream, std::size_t partition, std::int64_t offset, std::string_view metadata,
                   std::vector<std::byte>& out) {
  const auto before = out.size();
  out.resize(before + 15 + metadata.size());
  ByteWriter writer(out.data() + before);
  writer.put(static_cast<std::uint8_t>(stream));
  writer.put(static_cast<std::uint32_t>(partition));
  writer.put(offset);
  writer.put(static_cast<std::uint16_t>(metadata.size()));
  writer.put(metadata);
}

// --- segments with right checksums ---

/// Writes segments as the input says: by default what the log would write, by its flags anything else.
class SegmentScript {
 public:
  SegmentScript(Input& in, MemoryDisk& disk, std::uint32_t partitions)
      : in_(in), disk_(disk), partitions_(partitions) {
    // Nobody counts up to 2^62.
    for (std::uint32_t p = 0; p < partitions; ++p) next_.push_back(Offset{in.get<std::uint8_t>()});
  }

  void write(std::string_view prefix, std::uint32_t tag, std::uint64_t sequence) {
    const auto strange = in_.get<std::uint8_t>();
    SegmentHeader header{tag, sequence, in_.get<std::uint8_t>(), kMinSegmentBytes};
    if ((strange & 1U) != 0) header.tag = in_.get<std::uint8_t>();
    if ((strange & 2U) != 0) header.sequence = in_.get<std::uint8_t>();
    if ((strange & 4U) != 0) header.bytes += in_.get<std::uint16_t>();
    auto& contents = disk_.add(segment_name(prefix, sequence), header.bytes);
    write_header(header, contents.open(0, kSegmentHeaderBytes));
    auto at = kSegmentHeaderBytes;
    auto write_at = at;
    for (auto blocks = in_.below(12); blocks > 0; --blocks) {
      at = add_block(tag == kCommitsTag, header, contents, at, write_at);
    }
    previous_end_ = at;
  }

  static void write_header(const SegmentHeader& header, std::span<std::byte> page) {
    constexpr std::size_t kSummed = 40;
    ByteWriter out(page.data());
    out.put(std::string_view("FANFLOG1"));
    out.put(std::uint32_t{1});
    out.put(header.tag);
    out.put(header.sequence);
    out.put(header.salt);
    out.put(header.bytes);
    out.put(checksum(page.first(kSummed), 0));
  }

 private:
  std::uint64_t add_block(bool commits, const SegmentHeader& segment, Contents& contents, std::uint64_t at,
                          std::uint64_t& write_at) {
    const auto strange = in_.get<std::uint8_t>();
    BlockHeader block;
    block.kind = commits                     ? BlockKind::kCommits
                 : at == kSegmentHeaderBytes ? BlockKind::kCheckpoint
                                             : BlockKind::kRecords;
    if ((strange & 1U) != 0) block.kind = BlockKind{static_cast<std::uint8_t>(in_.below(6))};
    const auto partition = in_.below(partitions_);
    block.partition = static_cast<std::uint32_t>(partition);
    if (block.kind == BlockKind::kRecords) block.base = number(next_[partition]);
    auto payload = make_payload(block);
    if ((strange & 2U) != 0) {
      const auto raw = in_.take(in_.get<std::uint8_t>());
      payload.assign(raw.begin(), raw.end());
    }
    if ((strange & 4U) != 0) block.partition = in_.get<std::uint32_t>();
    if ((strange & 8U) != 0) block.base = static_cast<std::int64_t>(in_.get<std::uint64_t>() >> 2U);
    if ((strange & 16U) != 0) block.count = in_.get<std::uint32_t>();
    if ((strange & 32U) != 0) at += kBlockAlignment * (1 + in_.below(16));
    if ((strange & 64U) == 0) write_at = at;  // Else it is part of the write before.
    block.write_at = static_cast<std::uint32_t>((strange & 128U) != 0 ? in_.get<std::uint16_t>() : write_at);
    const auto whole = kBlockHeaderBytes + padded(payload.size());
    if (at + whole > segment.bytes) return at;
    if (block.kind == BlockKind::kRecords) next_[partition] = Offset{block.base} + block.count;
    const auto there = contents.open(at, whole);
    seal_block(block, at, segment.salt, payload, there.data());
    std::ranges::copy(payload, there.begin() + kBlockHeaderBytes);
    return at + whole;
  }

  std::vector<std::byte> make_payload(BlockHeader& block) {
    std::vector<std::byte> payload;
    switch (block.kind) {
      case BlockKind::kRecords:
        block.count = static_cast<std::uint32_t>(1 + in_.below(4));
        for (std::uint32_t i = 0; i < block.count; ++i) {
          const auto record = make_record(in_);
          const auto before = payload.size();
          payload.resize(before + encoded_bytes(record));
          ByteWriter out(payload.data() + before);
          encode(record, out);
        }
        break;
      case BlockKind::kCheckpoint:
        return Checkpoint{previous_end_, next_}.encode();
      case BlockKind::kCommits:
        block.count = static_cast<std::uint32_t>(1 + in_.below(4));
        for (std::uint32_t i = 0; i < block.count; ++i) {
          const auto where = in_.get<std::uint8_t>();
          append_commit(where % 3U, where / 3U % (partitions_ + 1), in_.get<std::uint8_t>() - std::int64_t{2},
                        in_.text(in_.get<std::uint8_t>()), payload);
        }
        break;
      case BlockKind::kEndMark:
        break;
    }
    return payload;
  }

  Input& in_;
  MemoryDisk& disk_;
  const std::uint32_t partitions_;
  std::vector<Offset> next_;
  std::uint64_t previous_end_ = 0;
};

/// Where a file was changed.
struct Damage {
  const Contents* file = nullptr;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

Damage damage(MemoryDisk& disk, Input& in) {
  std::vector<std::shared_ptr<Contents>> segments;
  for (const auto& [name, contents] : disk.files) {
    if (name.ends_with(".seg")) segments.push_back(contents);
  }
  auto file = segments[in.below(segments.size())];
  const auto kind = in.below(5);
  auto at = std::min<std::uint64_t>(in.get<std::uint16_t>(), file->size - 1);
  if (kind == 0) {
    file->open(at, 1)[0] ^= std::byte{1} << in.below(8);
    return {file.get(), at, at + 1};
  }
  if (kind == 1) {
    const auto end = file->size;
    file->cut(std::max<std::uint64_t>(at, 1));
    return {file.get(), at, end};
  }
  // Zeros, or bytes of another place, perhaps right behind the newest ones.
  const bool behind = kind == 4 && disk.last.file && disk.last.end < disk.last.file->size;
  if (behind) std::tie(file, at) = std::tuple(disk.last.file, padded(disk.last.end));
  std::vector<std::byte> bytes(std::min<std::uint64_t>(1 + in.below(8192), file->size - at));
  if (kind != 2) {
    const auto& source = *segments[in.below(segments.size())];
    source.read(kSegmentHeaderBytes + kBlockAlignment * in.get<std::uint16_t>(), bytes);
  }
  std::ranges::copy(bytes, file->open(at, bytes.size()).begin());
  return {file.get(), at, at + bytes.size()};
}

void check_journal_script(Input& in) {
  MemoryDisk disk;
  const auto partitions = static_cast<std::uint32_t>(1 + in.below(3));
  SegmentScript script(in, disk, partitions);
  const auto first = 1 + in.below(3);
  const auto segments = 1 + in.below(3);
  for (std::size_t i = 0; i < segments; ++i) script.write("events", 0, first + i);
  for (auto times = in.below(3); times > 0; --times) damage(disk, in);

  const auto config = journal_config(disk, Stream::kEvents, partitions, 1ULL << 40U);
  auto journal = Journal::open(config, false);
  if (!journal) return require(journal.error().code == Errc::kCorrupt, "what cannot be opened is corrupt");
  std::vector<Journal::Bounds> bounds;
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const auto read = read_all(**journal, PartitionId{p}, in);
    require(read || read.error().code == Errc::kCorrupt || read.error().code == Errc::kNotFound,
            "what cannot be read is corrupt or missing");
    bounds.push_back((*journal)->bounds(PartitionId{p}));
  }

  Append append;
  append.records.push_back(make_record(in));
  append.bytes = encoded_bytes(append.records.front());
  (*journal)->supply().replenish();
  require((*journal)->write(std::span(&append, 1)).ok() && (*journal)->sync(),
          "an open journal takes records");
  (*journal)->publish();
  const auto partition = append.last.partition;
  require(append.last.offset == bounds[number(partition)].end, "a record gets the next offset");

  auto again = Journal::open(config, false);
  require(again.ok(), "what was opened and written can be opened again");
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const auto [begin, end] = (*again)->bounds(PartitionId{p});
    require(begin == bounds[p].begin, "a partition begins where it began");
    require(end == bounds[p].end + (p == number(partition) ? 1 : 0), "a partition ends where it ended");
  }
  ReadCursor cursor;
  const auto fetched = (*again)->fetch(partition, append.last.offset, {1, 1, {}}, {}, cursor);
  require(
      fetched && fetched->records.size() == 1 && fetched->records.front().record == append.records.front(),
      "a record that was added reads back");
}

void check_commit_script(Input& in) {
  MemoryDisk disk;
  disk.add(kCommitsSpare, kCommitSegmentBytes);
  const auto partitions = static_cast<std::uint32_t>(1 + in.below(3));
  SegmentScript script(in, disk, partitions);
  const auto first = 1 + in.below(3);
  const auto segments = 1 + in.below(2);
  for (std::size_t i = 0; i < segments; ++i) script.write(kCommitsPrefix, kCommitsTag, first + i);
  for (auto times = in.below(3); times > 0; --times) damage(disk, in);

  Poison poison;
  auto store = CommitStore::open(disk, "/log", partitions, false, poison);
  if (!store) return require(store.error().code == Errc::kCorrupt, "what cannot be opened is corrupt");
  auto expected = all_commits(**store, partitions);
  require((*store)->commit(Stream::kEvents, PartitionId{0}, Offset{7}, "v1").ok(),
          "an open store takes commits");
  expected[0] = {Offset{7}, "v1"};
  auto again = CommitStore::open(disk, "/log", partitions, false, poison);
  require(again && same(all_commits(**again, partitions), expected), "commits read back");
}

// --- lives ---

/// How much of what was synced may be missing after damage.
enum class Loss { kNone, kLastWrite, kAny };

Loss possible_loss(const Damage& damage, const MemoryDisk::Last& last) {
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(std::as_bytes(std::span(data, size)));
  const auto kind = in.below(5);
  check_record(in.rest());
  check_checkpoint(in.rest());
  check_headers(in.rest());
  if (kind == 1) check_journal_script(in);
  if (kind == 2) check_commit_script(in);
  if (kind == 3) JournalLife(in).run();
  if (kind == 4) CommitLife(in).run();
  return 0;
}
