#pragma once
// A segment: a file of fixed size, zeroed or recycled, that holds a header and then blocks
// (docs/LOG-FORMAT.md, "Segment").

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "log/block.h"
#include "log/file_system.h"

namespace fanfinity::log {

inline constexpr std::uint64_t kSegmentHeaderBytes = 4096;  ///< Blocks begin here.
inline constexpr std::uint64_t kMinSegmentBytes = 64U << 10U;
inline constexpr std::uint64_t kMaxSegmentBytes = 1ULL << 30U;

struct SegmentHeader {
  std::uint32_t tag = 0;       ///< Which sequence of segments it belongs to.
  std::uint64_t sequence = 0;  ///< Position in it, from 1 on.
  std::uint64_t salt = 0;      ///< Of this life of the file.
  std::uint64_t bytes = 0;     ///< Of the file.
};

struct Segment {
  std::filesystem::path path;
  std::unique_ptr<File> file;
  SegmentHeader header;
};

[[nodiscard]] std::string segment_name(std::string_view prefix, std::uint64_t sequence);
/// The sequence number in a name that segment_name made with this prefix.
[[nodiscard]] std::optional<std::uint64_t> parse_segment_name(std::string_view prefix, std::string_view name);

/// Creates a file of zeros, synced. Leaves nothing behind when it fails.
[[nodiscard]] base::Result<std::unique_ptr<File>> create_zeroed(FileSystem& files,
                                                                const std::filesystem::path& path,
                                                                std::uint64_t bytes);
/// Starts a new life: draws the salt, writes the header. Not synced.
[[nodiscard]] base::Result<SegmentHeader> write_segment_header(File& file, std::uint32_t tag,
                                                               std::uint64_t sequence, std::uint64_t bytes);
[[nodiscard]] std::optional<SegmentHeader> parse_segment_header(std::span<const std::byte> bytes);
/// kCorrupt unless the header is that of `tag` and `sequence`.
[[nodiscard]] base::Result<std::shared_ptr<Segment>> open_segment(FileSystem& files,
                                                                  const std::filesystem::path& path,
                                                                  std::uint32_t tag, std::uint64_t sequence);

/// Bytes of a segment as a BlockReader read them. What was published never changes, so the next reader of the
/// same segment may go on with them.
struct ReadBuffer {
  std::vector<std::byte> bytes;
  std::uint64_t at = 0;        ///< Where they stand in the file ...
  std::size_t filled = 0;      ///< ... and how many of them do.
  std::uint64_t verified = 0;  ///< The block here is among them and matches its checksum; 0: none.
};

/// Walks over blocks with few reads. The spans it hands out hold until the next call.
class BlockReader {
 public:
  /// Reads from `at` up to `limit`; keeps a reference to the file. `buffer` may come from an earlier
  /// reader of the same segment.
  BlockReader(File& file, std::uint64_t salt, std::uint64_t at, std::uint64_t limit, ReadBuffer buffer = {});

  /// The header here; empty when no valid one is here.
  [[nodiscard]] base::Result<std::optional<BlockHeader>> header();
  /// The payload of the block here; empty when its checksum does not fit.
  [[nodiscard]] base::Result<std::optional<std::span<const std::byte>>> payload(const BlockHeader& header);
  void skip(const BlockHeader& header);
  [[nodiscard]] std::uint64_t at() const { return at_; }
  [[nodiscard]] ReadBuffer take_buffer() { return std::exchange(buffer_, {}); }

 private:
  /// The bytes from `at` on, at least `count`, fewer at the limit or the end of the file. Reads `ahead` of
  /// them when it must read.
  [[nodiscard]] base::Result<std::span<const std::byte>> bytes(std::uint64_t at, std::size_t count,
                                                               std::size_t ahead);

  File& file_;
  std::uint64_t salt_;
  std::uint64_t at_;
  std::uint64_t limit_;
  ReadBuffer buffer_;
  bool large_blocks_ = false;  ///< The block before was one.
};

/// Called for each valid block in order; a failure ends the scan.
using VisitBlock =
    std::function<base::Status(const BlockHeader&, std::uint64_t at, std::span<const std::byte> payload)>;

struct SegmentScan {
  std::uint64_t end = kSegmentHeaderBytes;  ///< One past the last valid block.
  std::uint64_t torn_end = 0;  ///< Remains of a write that was cut short lie in [end, torn_end); 0: none.
};

/// Reads a whole segment after a crash. What follows the last valid block may be the remains of the last
/// write, which was never acknowledged. When a later write began beyond it, synced bytes are damaged:
/// kCorrupt.
[[nodiscard]] base::Result<SegmentScan> scan_segment(const Segment& segment, const VisitBlock& visit);
/// Zeroes what scan_segment found torn, so that it can never be read together with what is written next.
[[nodiscard]] base::Status erase_torn(const Segment& segment, const SegmentScan& scan);

[[nodiscard]] base::Error corrupt_block(const Segment& segment, std::uint64_t at, std::string_view what);

}  // namespace fanfinity::log
