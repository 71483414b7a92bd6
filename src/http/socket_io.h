#pragma once
// Reads and writes that never block and never raise SIGPIPE.

#include <sys/types.h>

#include <string_view>

namespace fanfinity::http {

/// Hands to the kernel what it takes of `head` and `body` behind the first `offset` bytes of both.
/// -1 as sendmsg says it.
[[nodiscard]] ssize_t send_some(int socket, std::string_view head, std::string_view body, std::size_t offset);

/// Whether the call that just failed did so for a reason that passes.
[[nodiscard]] bool would_block();

}  // namespace fanfinity::http
