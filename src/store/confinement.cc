#include "store/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fanfinity::store {
namespace {

constexpr std::uint64_t kReadFiles = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = kReadFiles | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFiles = LANDLOCK_ACCESS_FS_WRITE_FILE;
// All of the second version; running a program is in none of the rules.
constexpr std::uint64_t kEverything = (LANDLOCK_ACCESS_FS_REFER << 1U) - 1;
constexpr std::uint64_t kEverythingButRunning =
    kEverything & ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_EXECUTE);

// Names, time zones, processors, memory: what any program reads, and none of it a secret. Of this process not
// its environment, of others nothing. A machine need not have all of them.
constexpr std::array kReadable = {"/usr",
                                  "/lib",
                                  "/lib64",
                                  "/sys",
                                  "/dev/urandom",
                                  "/dev/random",
                                  "/etc/localtime",
                                  "/etc/timezone",
                                  "/etc/hosts",
                                  "/etc/host.conf",
                                  "/etc/resolv.conf",
                                  "/etc/nsswitch.conf",
                                  "/etc/gai.conf",
                                  "/proc/sys",
                                  "/proc/pressure",
                                  "/proc/cpuinfo",
                                  "/proc/loadavg",
                                  "/proc/meminfo",
                                  "/proc/stat",
                                  "/proc/uptime",
                                  "/proc/self/auxv",
                                  "/proc/self/io",
                                  "/proc/self/stat",
                                  "/proc/self/mountinfo",
                                  "/proc/self/cgroup",
                                  "/proc/self/maps",
                                  "/proc/self/statm",
                                  "/proc/self/mounts",
                                  "/proc/self/limits",
                                  "/proc/self/status",
                                  "/proc/self/task"};

constexpr std::array<std::string_view, 4> kSecretNames = {"PASSWORD", "KEYS", "SECRET", "TOKEN"};

bool allow(int rules, const char* path, std::uint64_t access) {
  // Stays open for good: /proc makes its files again once nobody has them, and rules are for those there
  // were.
  const int fd = ::open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat info{};
  const bool directory = ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
  landlock_path_beneath_attr rule{};
  rule.allowed_access = directory ? access : access & (kReadFiles | kWriteFiles);
  rule.parent_fd = fd;
  return ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

// A process's own environment is among its tasks' files, as it was at its start.
void wipe_secrets_of_environment() {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view name = std::string_view(*entry).substr(0, std::string_view(*entry).find('='));
    const bool secret = std::ranges::any_of(
        kSecretNames, [&](std::string_view word) { return name.find(word) != name.npos; });
    if (secret) std::memset(*entry + name.size(), 0, std::strlen(*entry + name.size()));
  }
}

}  // namespace

bool confine_to(const std::filesystem::path& directory) {
  constexpr long kVersionThatMovesFiles = 2;
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) <
      kVersionThatMovesFiles) {
    return false;
  }
  landlock_ruleset_attr all{};
  all.handled_access_fs = kEverything;
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0));
  if (rules < 0) return false;
  wipe_secrets_of_environment();
  for (const char* path : kReadable) static_cast<void>(allow(rules, path, kRead));
  static_cast<void>(allow(rules, "/dev/null", kReadFiles | kWriteFiles));
  const bool confined = allow(rules, directory.c_str(), kEverythingButRunning) &&
                        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                        ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  ::close(rules);
  return confined;
}

}  // namespace fanfinity::store
