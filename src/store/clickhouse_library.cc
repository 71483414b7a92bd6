#include "store/clickhouse_library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "store/clickhouse_config.h"
#include "store/confinement.h"
#include "store/insert_tokens.h"
#include "store/library_input.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FANFINITY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FANFINITY_SANITIZED 1
#endif
#endif

namespace fanfinity::store {
namespace {

namespace fs = std::filesystem;
using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr const char* kLibraryName = "libchdb.so";

int fail(const std::string& sentence) {
  static_cast<void>(std::fprintf(stderr, "%s\n", sentence.c_str()));
  return 1;
}

std::string place(const ClickHouseLibraryConfig& config) {
  return config.listen_host + ":" + std::to_string(config.http_port);
}

// Only the first holder may touch the data; the kernel lets go of the lock when its process ends.
Status lock_directory(const fs::path& directory, std::chrono::milliseconds timeout) {
  const fs::path path = directory / "lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0)
    return Error{Errc::kUnavailable,
                 "The file " + path.string() + " cannot be opened: " + std::strerror(errno) + "."};
  constexpr std::chrono::milliseconds kSilence{100};
  const auto began = std::chrono::steady_clock::now();
  bool said = false;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const auto waited = std::chrono::steady_clock::now() - began;
    if (waited >= kSilence && !std::exchange(said, true)) {
      static_cast<void>(std::fprintf(stderr, "Another ClickHouse still uses %s; waiting for it to end.\n",
                                     directory.c_str()));
    }
    if (waited >= timeout) {
      ::close(fd);
      return Error{Errc::kUnavailable, "Another ClickHouse uses " + directory.string() +
                                           "; stop it, or set FANFINITY_DATA_DIR to another directory."};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return {};  // Held, and the descriptor left open, until this process ends.
}

using CommandLine = void* (*)(int, char**);

/// A CommandLine.
Result<void*> load_command_line(const fs::path& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return Error{Errc::kUnavailable,
                 "ClickHouse's library cannot be loaded: " + std::string(::dlerror()) + "."};
  }
  void* command_line = ::dlsym(library, "chdb_query_cmdline");
  if (command_line != nullptr) return command_line;
  return Error{Errc::kUnavailable, "The library " + path.string() +
                                       " is not the version of ClickHouse this program needs: run "
                                       "`./dev build` to install that one."};
}

std::vector<std::string> arguments_of(const ClickHouseLibraryConfig& config) {
  return {"clickhouse",
          "--config-file=" + (config.directory / "config" / "config.xml").string(),
          "--path=" + (config.directory / "data").string(),
          "--http_port=" + std::to_string(config.http_port),
          "--listen_host=" + config.listen_host,
          "--interactive",
          "--query=SYSTEM START LISTEN HTTP",
          "--disable_suggestion",
          "--history_file=/dev/null",
          "--progress=off",
          "--progress-table=off"};
}

// Runs ClickHouse's own client program: it opens the HTTP port, then waits for commands until its input ends,
// which it does when the other end of the pipe `end` is closed.
int serve(const ClickHouseLibraryConfig& config, int end) {
  if (auto locked = lock_directory(config.directory, config.lock_timeout); !locked)
    return fail(locked.error().detail);
  const auto forgotten = forget_tokens_without_part(config.directory / "data");
  if (!forgotten) return fail(forgotten.error().detail);
  if (*forgotten > 0) {
    static_cast<void>(std::fprintf(
        stderr, "Insert tokens without rows, left by a kill, were forgotten: %zu.\n", *forgotten));
  }
  const auto command_line = load_command_line(config.library);
  if (!command_line) return fail(command_line.error().detail);
  std::vector<std::string> arguments = arguments_of(config);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::string cannot_listen = "ClickHouse cannot listen on " + place(config) + "; its reason is in " +
                                    (config.directory / "log").string() + ".";
  if (auto reading = read_from_terminal_until(end, cannot_listen); !reading)
    return fail(reading.error().detail);
  // What it says at its prompt is for nobody.
  static_cast<void>(std::freopen("/dev/null", "w", stdout));
  // Some of its functions read files that no grant covers.
  if (!confine_to(config.directory)) {
    static_cast<void>(std::fprintf(
        stderr,
        "This kernel cannot confine ClickHouse to its directory; SECURITY.md says what that means.\n"));
  }
  reinterpret_cast<CommandLine>(*command_line)(static_cast<int>(arguments.size()), argv.data());
  static_cast<void>(std::fflush(nullptr));
  // Not through the library's destructors: everything it acknowledged is in files already.
  std::_Exit(hung_up(end) ? 0 : 1);
}

// ClickHouse itself would tell of a taken port in a page of text.
Status check_port_is_free(const ClickHouseLibraryConfig& config) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(config.listen_host.c_str(), nullptr, &hints, &found); code != 0) {
    return Error{Errc::kInvalid,
                 "The address " + config.listen_host + " cannot be used: " + ::gai_strerror(code) + "."};
  }
  if (found->ai_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(found->ai_addr)->sin6_port = htons(config.http_port);
  } else {
    reinterpret_cast<sockaddr_in*>(found->ai_addr)->sin_port = htons(config.http_port);
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const bool bound = ::bind(fd, found->ai_addr, found->ai_addrlen) == 0;
  const int reason = errno;
  ::close(fd);
  ::freeaddrinfo(found);
  if (bound) return {};
  return Error{Errc::kUnavailable, "ClickHouse cannot listen on " + place(config) + " (" +
                                       std::strerror(reason) + "); choose another CLICKHOUSE_PORT."};
}

// The library's threads inherit the mask, so that no signal meets a handler of its own.
sigset_t block_end_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  static_cast<void>(::signal(SIGPIPE, SIG_IGN));
  return set;
}

#ifdef FANFINITY_SANITIZED
// Sanitizers and the library cannot share a process; the same code without them is in a program beside ours.
[[noreturn]] void become_host() {
  std::error_code error;
  const std::string host =
      (fs::read_symlink("/proc/self/exe", error).parent_path() / "clickhouse_host").string();
  ::execl(host.c_str(), host.c_str(), static_cast<char*>(nullptr));
  std::_Exit(fail("The program " + host + " cannot be run: " + std::strerror(errno) + "."));
}
#endif

}  // namespace

Result<fs::path> find_clickhouse_library(const std::string& configured) {
  std::error_code error;
  if (!configured.empty()) {
    if (fs::is_regular_file(configured, error)) return fs::absolute(configured, error);
    return Error{Errc::kNotFound,
                 "LIBCHDB_PATH names " + configured +
                     ", which is not a file; run `./dev build` to install it, or correct the path."};
  }
  // Nowhere else: whoever may write to the place it is loaded from runs as the service.
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / kLibraryName;
  if (fs::is_regular_file(beside, error)) return beside;
  return Error{Errc::kNotFound,
               std::string("The embedded ClickHouse needs ") + kLibraryName +
                   ", which is not beside the binary; run `./dev build` to install it, set LIBCHDB_PATH to "
                   "it, or set CLICKHOUSE_HOST to use a ClickHouse server instead."};
}

int run_clickhouse_library(const ClickHouseLibraryConfig& config) {
  if (auto text = encode(config); !text) return fail(text.error().detail);
  if (auto written = write_clickhouse_config(config); !written) return fail(written.error().detail);
  if (auto free = check_port_is_free(config); !free) return fail(free.error().detail);
  // This pipe ends when a signal says so.
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(std::string("No pipe can be made: ") + std::strerror(errno) + ".");
#ifdef FANFINITY_SANITIZED
  if (::dup2(ends[0], STDIN_FILENO) < 0) return fail(std::string("No pipe: ") + std::strerror(errno) + ".");
  const std::string text = *encode(config) + "signals=1\n\n";
  if (::write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return fail("No pipe.");
  ::fcntl(ends[1], F_SETFD, 0);  // Stays open in the host, which does not wait for its end.
  become_host();
#else
  const sigset_t signals = block_end_signals();
  std::thread([signals, end = ends[1]] {
    int number = 0;
    ::sigwait(&signals, &number);
    ::close(end);
    ::sigwait(&signals, &number);
    std::_Exit(1);
  }).detach();
  return serve(config, ends[0]);
#endif
}

namespace {

// Byte by byte, because what follows the empty line is the library's to wait for.
std::string read_config_text() {
  std::string text;
  char c = 0;
  while (!text.ends_with("\n\n") && text.size() < 64U << 10U && ::read(STDIN_FILENO, &c, 1) == 1) text += c;
  return text;
}

}  // namespace

int run_supervised_clickhouse() {
#ifdef FANFINITY_SANITIZED
  become_host();
#else
  ::umask(S_IRWXG | S_IRWXO);
  const std::string text = read_config_text();
  if (!text.ends_with("\n\n")) return 1;  // The parent died before it said what to do.
  auto config = decode_library_config(text);
  if (!config) return fail(config.error().detail);
  if (text.find("\nsignals=1\n") != std::string::npos) return run_clickhouse_library(*config);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int end = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  if (end < 0) return fail(std::string("No pipe: ") + std::strerror(errno) + ".");
  // The parent may have died before that was in force.
  if (hung_up(end)) return 0;
  block_end_signals();
  return serve(*config, end);
#endif
}

}  // namespace fanfinity::store
