#pragma once
// The few operations of a file system that the embedded log needs, as a port, so that tests can make
// them fail. An error of a full disk or quota is kFull; every other one is kUnavailable.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace fanfinity::log {

/// Reads from any number of threads; writes, allocates and syncs from one at a time.
class File {
 public:
  virtual ~File() = default;
  /// May be short; 0 at the end of the file.
  [[nodiscard]] virtual base::Result<std::size_t> read_at(std::uint64_t at, std::span<std::byte> out) = 0;
  /// May be short, never 0 for a non-empty span.
  [[nodiscard]] virtual base::Result<std::size_t> write_at(std::uint64_t at,
                                                           std::span<const std::byte> bytes) = 0;
  /// Contents are durable when it returns success. After a failure nobody knows what is: never try again.
  [[nodiscard]] virtual base::Status sync() = 0;
  /// Reserves disk space for the first `bytes`, so that writing them cannot meet a full disk.
  [[nodiscard]] virtual base::Status allocate(std::uint64_t bytes) = 0;
};

enum class OpenMode { kExisting, kNew };

class FileSystem {
 public:
  struct Entry {
    std::string name;
    std::uint64_t bytes = 0;
  };

  virtual ~FileSystem() = default;
  /// kNew: creates the file, or empties the one there.
  [[nodiscard]] virtual base::Result<std::unique_ptr<File>> open(const std::filesystem::path& path,
                                                                 OpenMode mode) = 0;
  /// Replaces `to`. Durable when it returns success; both are in the same directory.
  [[nodiscard]] virtual base::Status rename(const std::filesystem::path& from,
                                            const std::filesystem::path& to) = 0;
  [[nodiscard]] virtual base::Status remove(const std::filesystem::path& path) = 0;
  /// The regular files of a directory, in no order.
  [[nodiscard]] virtual base::Result<std::vector<Entry>> list(const std::filesystem::path& directory) = 0;
};

/// The machine's own. Thread-safe; lives for the whole process.
[[nodiscard]] FileSystem& system_files();

/// Reads until `out` is full or the file ends; answers how much was read.
[[nodiscard]] base::Result<std::size_t> read_fully(File& file, std::uint64_t at, std::span<std::byte> out);
/// Writes everything, however short the single writes are.
[[nodiscard]] base::Status write_fully(File& file, std::uint64_t at, std::span<const std::byte> bytes);

}  // namespace fanfinity::log
