#include "log/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log_line.h"
#include "base/private_directory.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::string_view kLockName = "lock";
constexpr std::string_view kFormatName = "FORMAT";
constexpr std::string_view kNewFormatName = "FORMAT.new";
constexpr std::string_view kFirstLine = "fanfinity-log 1\n";
constexpr std::array<std::string_view, 4> kPrefixes = {"events-", "retry-", "dead-", "commits"};
constexpr std::size_t kMaxFormatBytes = 256;
constexpr std::chrono::milliseconds kLockPoll{20};
constexpr std::chrono::milliseconds kSilence{100};

Error cannot_use(const std::filesystem::path& directory, int code) {
  return Error{
      Errc::kUnavailable,
      fmt::format("Cannot use {} as the log's directory: {}. Give the service a directory that it may "
                  "create and write.",
                  directory.string(), std::generic_category().message(code))};
}

Error not_a_log(const std::filesystem::path& directory, std::string_view why) {
  return Error{Errc::kCorrupt, fmt::format("{} {}: restore its file {}, or use another directory.",
                                           directory.string(), why, kFormatName)};
}

/// The holder's process id, which stands in the lock file; empty when a version before us wrote none.
std::string holder_of(int lock) {
  std::array<char, 16> text{};
  const auto got = ::pread(lock, text.data(), text.size(), 0);
  return got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : std::string();
}

void sign(int lock) {
  const auto text = std::to_string(::getpid());
  // Without it the one who waits merely cannot say for whom.
  static_cast<void>(::ftruncate(lock, 0) != 0 || ::pwrite(lock, text.data(), text.size(), 0) < 0);
}

std::string to_text(const Format& format) {
  return fmt::format("{}partitions {}\nstate {}\n", kFirstLine, format.partitions,
                     format.complete ? "complete" : "creating");
}

}  // namespace

Result<DirectoryLock> DirectoryLock::acquire(const std::filesystem::path& directory,
                                             std::chrono::milliseconds wait, const std::stop_token& stop) {
  if (const auto code = base::make_private_directory(directory)) return cannot_use(directory, code.value());
  DirectoryLock lock(::open((directory / kLockName).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0) return cannot_use(directory, errno);
  const auto began = std::chrono::steady_clock::now();
  bool said = false;
  while (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return cannot_use(directory, errno);
    if (stop.stop_requested()) return Error{Errc::kStopped, "The wait for the directory was cut short."};
    const auto waited = std::chrono::steady_clock::now() - began;
    const std::string holder = holder_of(lock.fd_);
    if (waited >= wait) {
      return Error{
          Errc::kUnavailable,
          fmt::format("The log in {} is in use by {}: stop it, or use another directory.", directory.string(),
                      holder.empty() ? std::string("another process") : "process " + holder)};
    }
    // A process that was killed lets go within moments; one that lives does not.
    if (waited >= kSilence && !std::exchange(said, true)) {
      base::log_line(base::Level::kWarn, "directory found in use",
                     {{"directory", directory.string()},
                      {"process", holder},
                      {"wait_ms", wait.count()},
                      {"advice", "stop the other process, or use another directory"}});
    }
    std::this_thread::sleep_for(kLockPoll);
  }
  sign(lock.fd_);
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Format> read_format(FileSystem& files, const std::filesystem::path& directory) {
  auto entries = files.list(directory);
  if (!entries) return entries.error();
  bool there = false;
  bool segments = false;
  for (const auto& entry : *entries) {
    there |= entry.name == kFormatName;
    segments |= entry.name.ends_with(".seg");
  }
  if (!there && segments) return not_a_log(directory, "holds log segments without their description");
  if (!there) return Error{Errc::kNotFound, "There is no log yet."};

  auto file = files.open(directory / kFormatName, OpenMode::kExisting);
  if (!file) return file.error();
  std::string text(kMaxFormatBytes, '\0');
  const auto got = read_fully(**file, 0, std::as_writable_bytes(std::span(text)));
  if (!got) return got.error();
  text.resize(*got);
  Format format;
  const auto digits = text.find_first_of("0123456789", kFirstLine.size());
  if (digits != std::string::npos) {
    std::from_chars(text.data() + digits, text.data() + text.size(), format.partitions);
  }
  if (text == to_text(format)) return format;
  format.complete = true;
  if (text == to_text(format)) return format;
  return not_a_log(directory, "was written by another version, or its description is damaged");
}

Status write_format(FileSystem& files, const std::filesystem::path& directory, const Format& format) {
  const auto fresh = directory / kNewFormatName;
  auto file = files.open(fresh, OpenMode::kNew);
  if (!file) return file.error();
  const auto text = to_text(format);
  if (auto status = write_fully(**file, 0, std::as_bytes(std::span(text))); !status) return status;
  if (auto status = (*file)->sync(); !status) return status;
  return files.rename(fresh, directory / kFormatName);
}

Status remove_unfinished(FileSystem& files, const std::filesystem::path& directory) {
  auto entries = files.list(directory);
  if (!entries) return entries.error();
  for (const auto& entry : *entries) {
    const auto ours = [&](std::string_view prefix) { return entry.name.starts_with(prefix); };
    if (std::ranges::none_of(kPrefixes, ours)) continue;
    if (auto status = files.remove(directory / entry.name); !status) return status;
  }
  return {};
}

}  // namespace fanfinity::log
