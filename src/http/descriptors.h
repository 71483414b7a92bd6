#pragma once
// Open connections are file descriptors, and the process has a limit of those.

#include <cstddef>

namespace fanfinity::http {

/// Raises this process's soft limit of descriptors (RLIMIT_NOFILE) as far as `connections` need it. Answers
/// how many connections fit below what is then in force, some descriptors being left for everything else.
[[nodiscard]] std::size_t connections_within_limit(std::size_t connections);

}  // namespace fanfinity::http
