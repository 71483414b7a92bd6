#include "store/embedded_clickhouse.h"

#include <arpa/inet.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/log_line.h"
#include "base/uuid.h"
#include "store/child_process.h"
#include "store/clickhouse_config.h"
#include "store/clickhouse_library.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kHost = "127.0.0.1";

/// A port that the kernel keeps from everybody else's sockets, outgoing ones included, while the child is
/// being started again. The child binds it as well (SO_REUSEPORT); as this socket does not listen, every
/// connection is the child's.
struct ReservedPort {
  Fd socket;
  std::uint16_t number = 0;
};

Result<ReservedPort> reserve_port() {
  ReservedPort port{Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), 0};
  const int yes = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!port.socket.open() ||
      ::setsockopt(port.socket.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) != 0 ||
      ::bind(port.socket.get(), generic, size) != 0 ||
      ::getsockname(port.socket.get(), generic, &size) != 0) {
    return Error{Errc::kUnavailable,
                 std::string("No port is free on 127.0.0.1 for ClickHouse: ") + std::strerror(errno) + "."};
  }
  port.number = ntohs(address.sin_port);
  return port;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string endpoint_json(const ClickHouseEndpoint& endpoint) {
  return "{\"url\":" + json_text("http://" + endpoint.host + ":" + std::to_string(endpoint.port)) +
         ",\"user\":" + json_text(endpoint.user) + ",\"password\":" + json_text(endpoint.password) +
         ",\"database\":" + json_text(endpoint.database) + "}\n";
}

std::string last_line_of(const std::filesystem::path& path) {
  constexpr std::size_t kMaxLine = 500;
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line.substr(0, kMaxLine);
  }
  return last;
}

}  // namespace

/// One thread spawns, watches and ends every child.
class EmbeddedClickHouse::Supervisor {
 public:
  Supervisor(EmbeddedClickHouseConfig config, ClickHouseLibraryConfig library, ReservedPort port)
      : config_(std::move(config)), library_(std::move(library)), port_(std::move(port)) {
    endpoint_.host = kHost;
    endpoint_.port = port_.number;
    endpoint_.database = config_.database;
    endpoint_.user = library_.user;
    endpoint_.password = library_.password;
    endpoint_.request_timeout = config_.request_timeout;
  }
  ~Supervisor() { stop(); }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  Status start();
  void request_stop();
  void stop();
  const ClickHouseEndpoint& endpoint() const { return endpoint_; }
  pid_t pid() const {
    const std::scoped_lock lock(mutex_);
    return pid_;
  }
  std::uint64_t restarts() const {
    const std::scoped_lock lock(mutex_);
    return restarts_;
  }
  Status health() const {
    const std::scoped_lock lock(mutex_);
    if (!down_) return {};
    return *down_;
  }

 private:
  struct Ending {
    Error why;
    bool killed = false;  ///< By somebody else, so that another try may go better.
  };
  void run();
  /// Runs one child from spawn to end. Why it ended, unless it was asked to.
  std::optional<Ending> run_child();
  std::optional<Ending> wait_ready(ChildProcess& child);
  void end(ChildProcess& child);
  Ending ended(const ChildProcess& child, const std::string& how) const;
  bool stopping() const {
    const std::scoped_lock lock(mutex_);
    return stopping_;
  }
  void publish(pid_t pid, std::optional<Error> down) {
    {
      const std::scoped_lock lock(mutex_);
      pid_ = pid;
      down_ = std::move(down);
    }
    changed_.notify_all();
  }

  const EmbeddedClickHouseConfig config_;
  const ClickHouseLibraryConfig library_;
  const ReservedPort port_;
  const Fd wake_{::eventfd(0, EFD_CLOEXEC)};
  ClickHouseEndpoint endpoint_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool ready_once_ = false;
  bool finished_ = false;  // The thread gave up or was stopped.
  pid_t pid_ = 0;
  std::uint64_t restarts_ = 0;
  std::optional<Error> down_ = Error{Errc::kUnavailable, "ClickHouse is being started."};
  std::thread thread_;
};

Status EmbeddedClickHouse::Supervisor::start() {
  if (auto written = write_clickhouse_config(library_); !written) return written.error();
  if (auto written = write_private_file(config_.directory / "endpoint.json", endpoint_json(endpoint_));
      !written) {
    return written;
  }
  thread_ = std::thread([this] { run(); });
  const std::stop_callback on_stop(config_.stop, [this] { request_stop(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_once_ || finished_; });
  if (ready_once_) return {};
  return *down_;
}

void EmbeddedClickHouse::Supervisor::request_stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake_.get(), &one, sizeof(one)) < 0);
  changed_.notify_all();
}

void EmbeddedClickHouse::Supervisor::stop() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

void EmbeddedClickHouse::Supervisor::run() {
  constexpr milliseconds kFirstDelay{100};
  constexpr milliseconds kLongestDelay{5'000};
  constexpr milliseconds kSettled{30'000};  // A child that lived so long starts over with the first delay.
  constexpr std::uint64_t kTriesToBeReadyOnce = 10;
  milliseconds delay = kFirstDelay;
  while (!stopping()) {
    const auto started = steady_clock::now();
    const auto ending = run_child();
    if (!ending) break;
    publish(0, ending->why);
    std::unique_lock lock(mutex_);
    // A first child that gave up by itself will do so again: the caller of start() is told why.
    const bool hopeless = !ready_once_ && (!ending->killed || restarts_ + 1 >= kTriesToBeReadyOnce);
    if (hopeless || stopping_) break;
    ++restarts_;
    if (steady_clock::now() - started >= kSettled) delay = kFirstDelay;
    base::log_line(base::Level::kWarn, "the embedded ClickHouse ended; it is started again",
                   {{"reason", ending->why.detail}, {"delay_ms", delay.count()}});
    changed_.wait_for(lock, delay, [&] { return stopping_; });
    delay = std::min(delay * 2, kLongestDelay);
  }
  const std::scoped_lock lock(mutex_);
  if (!down_) down_ = Error{Errc::kUnavailable, "ClickHouse was stopped."};
  finished_ = true;
  changed_.notify_all();
}

std::optional<EmbeddedClickHouse::Supervisor::Ending> EmbeddedClickHouse::Supervisor::run_child() {
  auto child = ChildProcess::spawn(config_.command, config_.directory / "log" / "child.log");
  if (!child) return Ending{child.error()};
  publish(child->pid(), Error{Errc::kUnavailable, "ClickHouse is being started."});
  if (auto written = child->write_input(*encode(library_) + "\n"); !written) {
    const auto how = child->wait(milliseconds{1'000});
    return how ? ended(*child, *how) : Ending{written.error()};
  }
  if (auto ending = wait_ready(*child)) return ending;
  if (!stopping()) {
    {
      const std::scoped_lock lock(mutex_);
      ready_once_ = true;
    }
    publish(child->pid(), std::nullopt);
  }
  while (!stopping()) {
    if (auto how = child->wait(milliseconds{60'000}, wake_.get())) return ended(*child, *how);
  }
  end(*child);
  publish(0, std::nullopt);
  return std::nullopt;
}

std::optional<EmbeddedClickHouse::Supervisor::Ending> EmbeddedClickHouse::Supervisor::wait_ready(
    ChildProcess& child) {
  constexpr milliseconds kBetweenPings{20};
  constexpr milliseconds kSilence{2'000};
  ClickHouseEndpoint quick = endpoint_;
  quick.connect_timeout = quick.request_timeout = milliseconds{1'000};
  ClickHouseHttp http(quick);
  const auto began = steady_clock::now();
  const auto deadline = began + config_.start_timeout;
  bool said = false;
  while (!stopping()) {
    if (http.ping()) return std::nullopt;
    if (steady_clock::now() - began >= kSilence && !std::exchange(said, true)) {
      base::log_line(base::Level::kWarn, "ClickHouse still starting",
                     {{"detail", last_line_of(config_.directory / "log" / "child.log")},
                      {"timeout_ms", config_.start_timeout.count()}});
    }
    if (auto how = child.wait(kBetweenPings, wake_.get())) return ended(child, *how);
    if (steady_clock::now() >= deadline) {
      return Ending{{Errc::kUnavailable, "ClickHouse did not answer within " +
                                             std::to_string(config_.start_timeout.count() / 1'000) +
                                             " s; see " + (config_.directory / "log").string() + "."}};
    }
  }
  child.kill();  // Nobody has asked it for anything yet, so it has nothing to end in order.
  return std::nullopt;
}

void EmbeddedClickHouse::Supervisor::end(ChildProcess& child) {
  child.close_input();
  if (child.wait(config_.stop_timeout)) return;
  base::log_line(base::Level::kWarn, "the embedded ClickHouse did not end in time and is killed");
  child.kill();
  while (!child.wait(milliseconds{60'000})) {
  }
}

EmbeddedClickHouse::Supervisor::Ending EmbeddedClickHouse::Supervisor::ended(const ChildProcess& child,
                                                                             const std::string& how) const {
  // One that was killed said nothing about it.
  const std::string said =
      child.was_killed() ? std::string() : last_line_of(config_.directory / "log" / "child.log");
  return {{Errc::kUnavailable, "ClickHouse is not running: " + (said.empty() ? how + "." : said)},
          child.was_killed()};
}

Result<std::unique_ptr<EmbeddedClickHouse>> EmbeddedClickHouse::start(EmbeddedClickHouseConfig config) {
  auto library = find_clickhouse_library(config.library);
  if (!library) return library.error();
  auto port = reserve_port();
  if (!port) return port.error();
  config.directory = std::filesystem::absolute(config.directory);
  ClickHouseLibraryConfig child;
  child.library = *library;
  child.directory = config.directory;
  child.listen_host = kHost;
  child.http_port = port->number;
  child.port_is_reserved = true;
  child.password = base::Uuid::random().to_string();
  child.database = config.database;
  child.memory_bytes = config.memory_bytes;
  if (auto text = encode(child); !text) return text.error();
  auto supervisor = std::make_unique<Supervisor>(std::move(config), std::move(child), *std::move(port));
  if (auto started = supervisor->start(); !started) return started.error();
  return std::unique_ptr<EmbeddedClickHouse>(new EmbeddedClickHouse(std::move(supervisor)));
}

EmbeddedClickHouse::EmbeddedClickHouse(std::unique_ptr<Supervisor> supervisor)
    : supervisor_(std::move(supervisor)) {}

EmbeddedClickHouse::~EmbeddedClickHouse() = default;

const ClickHouseEndpoint& EmbeddedClickHouse::endpoint() const {
  return supervisor_->endpoint();
}
pid_t EmbeddedClickHouse::pid() const {
  return supervisor_->pid();
}
std::uint64_t EmbeddedClickHouse::restarts() const {
  return supervisor_->restarts();
}
Status EmbeddedClickHouse::health() const {
  return supervisor_->health();
}
void EmbeddedClickHouse::stop() {
  supervisor_->stop();
}

}  // namespace fanfinity::store
