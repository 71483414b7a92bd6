#pragma once
// The machine's own file system, which can be told to misbehave.

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/file_system.h"

namespace fanfinity::log {

class FaultFiles final : public FileSystem {
 public:
  // Switches; any thread.
  std::atomic<std::size_t> longest_write{SIZE_MAX};  ///< Writes are cut to so many bytes.
  std::atomic<std::size_t> longest_read{SIZE_MAX};
  std::atomic<bool> writes_fail{false};
  /// With writes_fail: half of the bytes are written all the same.
  std::atomic<bool> writes_tear{false};
  std::atomic<bool> syncs_fail{false};
  std::atomic<bool> disk_full{false};  ///< Nothing can be reserved.
  std::atomic<bool> renames_fail{false};
  std::atomic<int> syncs{0};

  base::Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override {
    auto file = system_files().open(path, mode);
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<FaultFile>(*this, std::move(file).value()));
  }
  base::Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (renames_fail) return broken();
    return system_files().rename(from, to);
  }
  base::Status remove(const std::filesystem::path& path) override { return system_files().remove(path); }
  base::Result<std::vector<Entry>> list(const std::filesystem::path& directory) override {
    return system_files().list(directory);
  }

 private:
  static base::Error broken() { return {base::Errc::kUnavailable, "Injected: Input/output error."}; }

  class FaultFile final : public File {
   public:
    FaultFile(FaultFiles& faults, std::unique_ptr<File> file) : faults_(faults), file_(std::move(file)) {}

    base::Result<std::size_t> read_at(std::uint64_t at, std::span<std::byte> out) override {
      return file_->read_at(at, out.first(std::min(out.size(), faults_.longest_read.load())));
    }
    base::Result<std::size_t> write_at(std::uint64_t at, std::span<const std::byte> bytes) override {
      if (faults_.writes_fail) {
        if (faults_.writes_tear) static_cast<void>(write_fully(*file_, at, bytes.first(bytes.size() / 2)));
        return broken();
      }
      return file_->write_at(at, bytes.first(std::min(bytes.size(), faults_.longest_write.load())));
    }
    base::Status sync() override {
      ++faults_.syncs;
      if (faults_.syncs_fail) return broken();
      return file_->sync();
    }
    base::Status allocate(std::uint64_t bytes) override {
      if (faults_.disk_full) return base::Error{base::Errc::kFull, "Injected: No space left on device."};
      return file_->allocate(bytes);
    }

   private:
    FaultFiles& faults_;
    std::unique_ptr<File> file_;
  };
};

}  // namespace fanfinity::log
