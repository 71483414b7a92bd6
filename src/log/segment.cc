#include "log/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <random>

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::string_view kMagic = "FANFLOG1";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSummedBytes = 40;
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kSequenceDigits = 16;
constexpr std::size_t kZeroChunk = 1U << 20U;
// Zeroes reach the disk in pieces, so that a sync of the writer never waits behind a whole segment.
constexpr std::uint64_t kZeroSyncBytes = 8U << 20U;

std::uint64_t draw_salt() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

Status fill_with_zeros(File& file, std::uint64_t from, std::uint64_t to) {
  const std::vector<std::byte> zeros(std::min<std::uint64_t>(kZeroChunk, to - from));
  std::uint64_t unsynced = 0;
  for (auto at = from; at < to;) {
    const auto count = std::min<std::uint64_t>(zeros.size(), to - at);
    if (auto status = write_fully(file, at, std::span(zeros).first(count)); !status) return status;
    at += count;
    unsynced += count;
    if (unsynced < kZeroSyncBytes && at < to) continue;
    if (auto status = file.sync(); !status) return status;
    unsynced = 0;
  }
  return {};
}

}  // namespace

std::string segment_name(std::string_view prefix, std::uint64_t sequence) {
  return fmt::format("{}-{:016}{}", prefix, sequence, kSuffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view prefix, std::string_view name) {
  if (name.size() != prefix.size() + 1 + kSequenceDigits + kSuffix.size()) return std::nullopt;
  if (!name.starts_with(prefix) || name[prefix.size()] != '-' || !name.ends_with(kSuffix))
    return std::nullopt;
  const auto digits = name.substr(prefix.size() + 1, kSequenceDigits);
  std::uint64_t sequence = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return sequence;
}

Result<std::unique_ptr<File>> create_zeroed(FileSystem& files, const std::filesystem::path& path,
                                            std::uint64_t bytes) {
  auto file = files.open(path, OpenMode::kNew);
  if (!file) return file;
  auto status = (*file)->allocate(bytes);
  if (status) status = fill_with_zeros(**file, 0, bytes);
  if (status) return file;
  static_cast<void>(files.remove(path));  // The error that matters is the first.
  return status.error();
}

Result<SegmentHeader> write_segment_header(File& file, std::uint32_t tag, std::uint64_t sequence,
                                           std::uint64_t bytes) {
  const SegmentHeader header{tag, sequence, draw_salt(), bytes};
  std::vector<std::byte> page(kSegmentHeaderBytes);
  ByteWriter out(page.data());
  out.put(kMagic);
  out.put(kVersion);
  out.put(header.tag);
  out.put(header.sequence);
  out.put(header.salt);
  out.put(header.bytes);
  out.put(checksum(std::span(page).first(kSummedBytes), 0));
  if (auto status = write_fully(file, 0, page); !status) return status.error();
  return header;
}

std::optional<SegmentHeader> parse_segment_header(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  const auto magic = in.text(kMagic.size());
  const auto version = in.get<std::uint32_t>();
  SegmentHeader header;
  header.tag = in.get<std::uint32_t>();
  header.sequence = in.get<std::uint64_t>();
  header.salt = in.get<std::uint64_t>();
  header.bytes = in.get<std::uint64_t>();
  const auto sum = in.get<std::uint64_t>();
  if (!in.ok() || magic != kMagic || version != kVersion) return std::nullopt;
  if (sum != checksum(bytes.first(kSummedBytes), 0)) return std::nullopt;
  if (header.bytes < kMinSegmentBytes || header.bytes > kMaxSegmentBytes) return std::nullopt;
  return header;
}

Result<std::shared_ptr<Segment>> open_segment(FileSystem& files, const std::filesystem::path& path,
                                              std::uint32_t tag, std::uint64_t sequence) {
  auto file = files.open(path, OpenMode::kExisting);
  if (!file) return file.error();
  std::vector<std::byte> page(kSummedBytes + sizeof(std::uint64_t));
  const auto got = read_fully(**file, 0, page);
  if (!got) return got.error();
  const auto header = parse_segment_header(std::span(page).first(*got));
  if (!header || header->tag != tag || header->sequence != sequence) {
    return Error{Errc::kCorrupt,
                 fmt::format("The header of {} is damaged: restore the file, or move the log's "
                             "directory away to start with an empty log.",
                             path.string())};
  }
  // Files are zeroed whole before they are used: one cut short has lost records.
  std::array<std::byte, 1> last{};
  const auto whole = (*file)->read_at(header->bytes - 1, last);
  if (!whole) return whole.error();
  if (*whole == 0) {
    return Error{Errc::kCorrupt,
                 fmt::format("{} is shorter than its {} bytes: restore the file, or move the log's "
                             "directory away to start with an empty log.",
                             path.string(), header->bytes)};
  }
  return std::make_shared<Segment>(Segment{path, std::move(file).value(), *header});
}

Error corrupt_block(const Segment& segment, std::uint64_t at, std::string_view what) {
  return Error{Errc::kCorrupt,
               fmt::format("{} at byte {} of {}: acknowledged records are damaged. Restore the file, or move "
                           "the log's directory away to start with an empty log.",
                           what, at, segment.path.string())};
}

}  // namespace fanfinity::log
