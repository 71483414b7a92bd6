#pragma once
// The log's directory: one process at a time, and what was agreed when it was created.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>

#include "base/result.h"
#include "log/file_system.h"

namespace fanfinity::log {

/// Held as long as the object lives; the kernel lets go of it when the process dies.
class DirectoryLock {
 public:
  /// Creates the directory when it is missing. Waits up to `wait` for another process to let go, and says on
  /// the log that it does. kStopped when `stop` comes first.
  [[nodiscard]] static base::Result<DirectoryLock> acquire(const std::filesystem::path& directory,
                                                           std::chrono::milliseconds wait,
                                                           const std::stop_token& stop);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

struct Format {
  std::uint32_t partitions = 0;
  bool complete = false;  ///< False: the process that created the directory did not finish, so it is empty.
};

/// kNotFound when the directory holds no log yet, kCorrupt when it is not one.
[[nodiscard]] base::Result<Format> read_format(FileSystem& files, const std::filesystem::path& directory);
[[nodiscard]] base::Status write_format(FileSystem& files, const std::filesystem::path& directory,
                                        const Format& format);
/// Removes what an unfinished creation left behind.
[[nodiscard]] base::Status remove_unfinished(FileSystem& files, const std::filesystem::path& directory);

}  // namespace fanfinity::log
