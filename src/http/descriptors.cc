#include "http/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/log_line.h"

namespace fanfinity::http {
namespace {

// Log segments, connections to the store and the brokers, listeners.
constexpr std::size_t kForEverythingElse = 512;

}  // namespace

std::size_t connections_within_limit(std::size_t connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const rlim_t wanted = connections + kForEverythingElse;
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = std::min(limit.rlim_max, wanted);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur >= wanted) return connections;
  const std::size_t room =
      limit.rlim_cur > 2 * kForEverythingElse ? limit.rlim_cur - kForEverythingElse : limit.rlim_cur / 2;
  base::log_line(base::Level::kInfo,
                 "Fewer connections than MAX_CONNECTIONS fit below the limit of open files (ulimit -Hn).",
                 {{"limit", static_cast<std::uint64_t>(limit.rlim_cur)}, {"connections", room}});
  return room;
}

}  // namespace fanfinity::http
