#include "log/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

Error failure(const char* verb, const std::filesystem::path& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  return Error{full ? Errc::kFull : Errc::kUnavailable, std::string("Cannot ") + verb + " " + path.string() +
                                                            ": " + std::generic_category().message(code) +
                                                            "."};
}

class SystemFile final : public File {
 public:
  SystemFile(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  ~SystemFile() override { ::close(fd_); }
  SystemFile(const SystemFile&) = delete;
  SystemFile& operator=(const SystemFile&) = delete;

  Result<std::size_t> read_at(std::uint64_t at, std::span<std::byte> out) override {
    for (;;) {
      const auto got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(at));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return failure("read", path_, errno);
    }
  }

  Result<std::size_t> write_at(std::uint64_t at, std::span<const std::byte> bytes) override {
    for (;;) {
      const auto put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (put > 0) return static_cast<std::size_t>(put);
      if (put == 0) return failure("write", path_, EIO);
      if (errno != EINTR) return failure("write", path_, errno);
    }
  }

  // An interrupted fdatasync is an error like any other: what became of the pages is unknown.
  Status sync() override {
    if (::fdatasync(fd_) != 0) return failure("sync", path_, errno);
    return {};
  }

  Status allocate(std::uint64_t bytes) override {
    const int code = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
    if (code != 0) return failure("reserve disk space for", path_, code);
    return {};
  }

 private:
  int fd_;
  std::filesystem::path path_;
};

Status sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failure("open", directory, errno);
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code != 0) return failure("sync", directory, code);
  return {};
}

class SystemFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override {
    const int flags = O_RDWR | O_CLOEXEC | (mode == OpenMode::kNew ? O_CREAT | O_TRUNC : 0);
    const int fd = ::open(path.c_str(), flags, 0600);
    if (fd < 0) return failure(mode == OpenMode::kNew ? "create" : "open", path, errno);
    return std::unique_ptr<File>(std::make_unique<SystemFile>(fd, path));
  }

  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failure("rename", from, errno);
    return sync_directory(to.parent_path());
  }

  Status remove(const std::filesystem::path& path) override {
    if (::unlink(path.c_str()) != 0) return failure("remove", path, errno);
    return {};
  }

  Result<std::vector<Entry>> list(const std::filesystem::path& directory) override {
    std::vector<Entry> entries;
    std::error_code code;
    std::filesystem::directory_iterator at(directory, code);
    for (; !code && at != std::filesystem::directory_iterator(); at.increment(code)) {
      struct stat info{};
      if (::stat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      entries.push_back({at->path().filename().string(), static_cast<std::uint64_t>(info.st_size)});
    }
    if (code) return failure("list", directory, code.value());
    return entries;
  }
};

}  // namespace

FileSystem& system_files() {
  static SystemFiles files;
  return files;
}

Result<std::size_t> read_fully(File& file, std::uint64_t at, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    auto got = file.read_at(at + done, out.subspan(done));
    if (!got) return got;
    if (*got == 0) break;
    done += *got;
  }
  return done;
}

Status write_fully(File& file, std::uint64_t at, std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto put = file.write_at(at + done, bytes.subspan(done));
    if (!put) return put.error();
    done += *put;
  }
  return {};
}

}  // namespace fanfinity::log
