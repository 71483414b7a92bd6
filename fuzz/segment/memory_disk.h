#pragma once
// The disk under a fuzzed log.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "fuzz/segment/input.h"
#include "log/file_system.h"
#include "log/segment.h"

namespace fanfinity::fuzz {

using namespace log;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using base::Timestamp;

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

}  // namespace fanfinity::fuzz
