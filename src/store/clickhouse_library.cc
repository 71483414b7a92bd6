#include "store/clickhouse_library.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "store/clickhouse_config.h"
#include "store/insert_tokens.h"

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

// Runs ClickHouse's own client program on `input` as its table: it opens the HTTP port, then counts the lines
// of standard input, which lasts until that is closed.
using CommandLine = void* (*)(int, char**);

int serve(const ClickHouseLibraryConfig& config) {
  if (auto locked = lock_directory(config.directory, config.lock_timeout); !locked)
    return fail(locked.error().detail);
  const auto forgotten = forget_tokens_without_part(config.directory / "data");
  if (!forgotten) return fail(forgotten.error().detail);
  if (*forgotten > 0) {
    static_cast<void>(std::fprintf(
        stderr, "Insert tokens without rows, left by a kill, were forgotten: %zu.\n", *forgotten));
  }
  void* library = ::dlopen(config.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return fail("ClickHouse's library cannot be loaded: " + std::string(::dlerror()) + ".");
  auto command_line = reinterpret_cast<CommandLine>(::dlsym(library, "chdb_query_cmdline"));
  if (command_line == nullptr) {
    return fail("The library " + config.library.string() +
                " is not the version of ClickHouse this program needs.");
  }
  std::vector<std::string> arguments = {
      "clickhouse",
      "--config-file=" + (config.directory / "config" / "config.xml").string(),
      "--path=" + (config.directory / "data").string(),
      "--http_port=" + std::to_string(config.http_port),
      "--listen_host=" + config.listen_host,
      "--structure=line String",
      "--input-format=LineAsString",
      "--query=SYSTEM START LISTEN HTTP; SELECT count() FROM table FORMAT Null"};
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  command_line(static_cast<int>(arguments.size()), argv.data());
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const bool asked_to_end = ::poll(&input, 1, 0) == 1 && (input.revents & POLLHUP) != 0;
  static_cast<void>(std::fflush(nullptr));
  // Not through the library's destructors: everything it acknowledged is in files already.
  std::_Exit(asked_to_end ? 0 : 1);
}

// ClickHouse itself would tell of a taken port in a page of text.
Status check_port_is_free(const ClickHouseLibraryConfig& config) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string where = config.listen_host + ":" + std::to_string(config.http_port);
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
  return Error{Errc::kUnavailable, "ClickHouse cannot listen on " + where + " (" + std::strerror(reason) +
                                       "); choose another CLICKHOUSE_PORT."};
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
  const fs::path binary = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::vector<fs::path> places = {binary};
  for (const fs::path& start : {binary, fs::current_path(error)}) {
    for (fs::path at = start; !at.empty(); at = at.parent_path()) {
      places.push_back(at / ".deps");
      if (at == at.root_path()) break;
    }
  }
  for (const auto& place : places) {
    if (fs::is_regular_file(place / kLibraryName, error)) return place / kLibraryName;
  }
  return Error{Errc::kNotFound,
               std::string("The embedded ClickHouse needs ") + kLibraryName +
                   ", which is neither beside the binary nor in .deps/; run `./dev build` to install it, set "
                   "LIBCHDB_PATH to it, or set CLICKHOUSE_HOST to use a ClickHouse server instead."};
}

int run_clickhouse_library(const ClickHouseLibraryConfig& config) {
  if (auto text = encode(config); !text) return fail(text.error().detail);
  if (auto written = write_clickhouse_config(config); !written) return fail(written.error().detail);
  if (auto free = check_port_is_free(config); !free) return fail(free.error().detail);
  // Standard input is not ours to wait on here; this pipe ends when a signal says so.
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0 || ::dup2(ends[0], STDIN_FILENO) < 0) {
    return fail(std::string("No pipe can be made: ") + std::strerror(errno) + ".");
  }
  ::close(ends[0]);
#ifdef FANFINITY_SANITIZED
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
  return serve(config);
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
  const std::string text = read_config_text();
  if (!text.ends_with("\n\n")) return 1;  // The parent died before it said what to do.
  auto config = decode_library_config(text);
  if (!config) return fail(config.error().detail);
  if (text.find("\nsignals=1\n") != std::string::npos) return run_clickhouse_library(*config);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before that was in force.
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) == 1 && (input.revents & POLLHUP) != 0) return 0;
  block_end_signals();
  return serve(*config);
#endif
}

Result<std::string> encode(const ClickHouseLibraryConfig& config) {
  const std::map<std::string, std::string> fields = {
      {"library", config.library.string()},
      {"directory", config.directory.string()},
      {"listen_host", config.listen_host},
      {"http_port", std::to_string(config.http_port)},
      {"port_is_reserved", config.port_is_reserved ? "1" : "0"},
      {"user", config.user},
      {"password", config.password},
      {"memory_bytes", std::to_string(config.memory_bytes)},
      {"lock_timeout_ms", std::to_string(config.lock_timeout.count())}};
  std::string text;
  for (const auto& [name, value] : fields) {
    const bool plain =
        std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (!plain)
      return Error{Errc::kInvalid, "The " + name + " of ClickHouse must not hold control characters."};
    text.append(name).append("=").append(value).append("\n");
  }
  const bool plain_user = !config.user.empty() && std::ranges::all_of(config.user, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!plain_user || config.user == "default") {
    return Error{Errc::kInvalid,
                 "The user of the embedded ClickHouse must be letters, digits and underscores, and not "
                 "\"default\": set "
                 "CLICKHOUSE_USER (and CLICKHOUSE_PASSWORD), here and for those who use it."};
  }
  if (!config.directory.is_absolute()) {
    return Error{Errc::kInvalid, "The directory of ClickHouse must be an absolute path."};
  }
  return text;
}

Result<ClickHouseLibraryConfig> decode_library_config(std::string_view text) {
  std::map<std::string, std::string, std::less<>> fields;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    fields.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  ClickHouseLibraryConfig config;
  bool good = true;
  const auto number = [&](std::string_view name, auto& out) {
    const std::string& value = fields[std::string(name)];
    good = good && std::from_chars(value.data(), value.data() + value.size(), out).ec == std::errc{};
  };
  std::int64_t lock_timeout = 0;
  config.library = fields["library"];
  config.directory = fields["directory"];
  config.listen_host = fields["listen_host"];
  config.port_is_reserved = fields["port_is_reserved"] == "1";
  config.user = fields["user"];
  config.password = fields["password"];
  number("http_port", config.http_port);
  number("memory_bytes", config.memory_bytes);
  number("lock_timeout_ms", lock_timeout);
  config.lock_timeout = std::chrono::milliseconds{lock_timeout};
  if (!good || config.directory.empty() || config.library.empty()) {
    return Error{Errc::kInvalid,
                 "`clickhouse --supervised` is for `fanfinity up`; run `fanfinity clickhouse`."};
  }
  return config;
}

}  // namespace fanfinity::store
