#include "bench/load/idle.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>
#include <utility>

#include "bench/load/response_reader.h"

namespace fanfinity::bench {
namespace {

constexpr std::size_t kDescriptorsForOtherUse = 64;
// Of about 28,000 that the kernel gives to one source address.
constexpr std::size_t kPortsOfAnAddress = 25'000;
constexpr int kPatienceMilliseconds = 15'000;

/// What a holder answers to each byte it is sent.
struct Report {
  std::uint64_t connections = 0;
  std::array<char, 248> failure{};  // Empty when all went well.
};

Report failed(std::string_view why) {
  Report report;
  why.copy(report.failure.data(), report.failure.size() - 1);
  return report;
}

base::Status ask_once(const Descriptor& socket, std::string_view request) {
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return system_error("An idle connection could not be used");
  }
  ResponseReader reader;
  std::array<char, 4096> bytes;  // NOLINT(*-member-init): what is read of it was received.
  while (true) {
    pollfd ready{socket.get(), POLLIN, 0};
    const int found = ::poll(&ready, 1, kPatienceMilliseconds);
    if (found < 0 && would_block()) continue;
    if (found == 0) {
      return base::Error{base::Errc::kUnavailable,
                         "The service left an idle connection unanswered; raise its limit of open files."};
    }
    const ssize_t got = found > 0 ? ::recv(socket.get(), bytes.data(), bytes.size(), 0) : 0;
    if (got <= 0) {
      return base::Error{base::Errc::kUnavailable, "The service closed an idle connection at once."};
    }
    switch (reader.take({bytes.data(), static_cast<std::size_t>(got)})) {
      case ResponseReader::Progress::kMore:
        break;
      case ResponseReader::Progress::kMalformed:
        return base::Error{base::Errc::kInvalid, "An idle connection was not answered in HTTP."};
      case ResponseReader::Progress::kDone:
        if (reader.status() / 100 == 2 && !reader.closes()) return {};
        return base::Error{base::Errc::kUnavailable,
                           fmt::format("The service does not keep idle connections: status {}. Raise "
                                       "MAX_CONNECTIONS and the limit of open files.",
                                       reader.status())};
    }
  }
}

base::Status open_all(std::uint16_t port, std::size_t count, unsigned source, const std::string& path,
                      std::vector<Descriptor>& sockets) {
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
  sockets.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto socket = connect_to(port, source);
    if (!socket) return socket.error();
    if (const auto asked = ask_once(*socket, request); !asked) return asked;
    sockets.push_back(std::move(*socket));
  }
  return {};
}

bool is_open(const Descriptor& socket) {
  char byte = 0;
  return ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && would_block();
}

/// The life of a holder: opens, reports, waits for the end of the channel, reports whenever asked.
void hold(const Descriptor& channel, std::uint16_t port, std::size_t count, unsigned source,
          const std::string& path) {
  allow_descriptors(count + kDescriptorsForOtherUse);
  std::vector<Descriptor> sockets;
  const auto opened = open_all(port, count, source, path, sockets);
  Report report;
  if (!opened) report = failed(opened.error().detail);
  report.connections = sockets.size();
  char question = 0;
  do {
    if (::send(channel.get(), &report, sizeof report, MSG_NOSIGNAL) != sizeof report) return;
    if (::recv(channel.get(), &question, 1, 0) != 1) return;
    report.connections = static_cast<std::uint64_t>(std::count_if(sockets.begin(), sockets.end(), is_open));
  } while (true);
}

base::Result<std::size_t> report_of(const Descriptor& channel) {
  Report report;
  if (::recv(channel.get(), &report, sizeof report, MSG_WAITALL) != sizeof report) {
    return base::Error{base::Errc::kUnavailable, "A process that holds idle connections has died."};
  }
  if (report.failure[0] != '\0') return base::Error{base::Errc::kUnavailable, report.failure.data()};
  return std::size_t{report.connections};
}

}  // namespace

base::Status IdleConnections::open(std::uint16_t port, std::size_t count, const std::string& path) {
  if (count == 0) return {};
  const std::size_t allowed = allow_descriptors(std::min(count, kPortsOfAnAddress) + kDescriptorsForOtherUse);
  if (allowed <= kDescriptorsForOtherUse) {
    return base::Error{base::Errc::kInvalid, "Too few open files are allowed; raise `ulimit -n`."};
  }
  const std::size_t share = std::min(allowed - kDescriptorsForOtherUse, kPortsOfAnAddress);
  for (std::size_t left = count; left > 0; left -= std::min(left, share)) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      return system_error("A channel to a process could not be made");
    }
    Descriptor ours(ends[0]);
    Descriptor theirs(ends[1]);
    const pid_t process = ::fork();
    if (process < 0) return system_error("A process that holds idle connections could not be started");
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const auto source = static_cast<unsigned>(holders_.size()) + 1;
      // A copy of the parent's end of a channel would keep that channel open.
      holders_.clear();
      {
        const Descriptor closed = std::move(ours);
      }
      hold(theirs, port, std::min(left, share), source, path);
      ::_exit(0);
    }
    holders_.push_back({process, std::move(ours)});
  }
  for (const Holder& holder : holders_) {
    if (const auto opened = report_of(holder.channel); !opened) return opened.error();
  }
  return {};
}

base::Result<std::size_t> IdleConnections::still_open() {
  std::size_t sum = 0;
  for (const Holder& holder : holders_) {
    if (::send(holder.channel.get(), "?", 1, MSG_NOSIGNAL) != 1) return system_error("A process has died");
    const auto open = report_of(holder.channel);
    if (!open) return open.error();
    sum += *open;
  }
  return sum;
}

IdleConnections::~IdleConnections() {
  for (Holder& holder : holders_) {
    {
      const Descriptor closed = std::move(holder.channel);
    }
    ::waitpid(holder.process, nullptr, 0);
  }
}

}  // namespace fanfinity::bench
