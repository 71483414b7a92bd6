#pragma once
// What ClickHouse's library reads as its standard input: how it is told to end.

#include <string>

#include "base/result.h"

namespace fanfinity::store {

/// Makes a terminal of its own the standard input of this process. The library serves until its input ends,
/// and only at a terminal does it outlive an error in one of its network threads.
///
/// The terminal hangs up when the other end of the pipe `end` is closed. It also does when the library waits
/// for a command and this process listens nowhere, because the library could not open its port;
/// `complaint` then goes to standard error. kUnavailable: there is no terminal to be had.
[[nodiscard]] base::Status read_from_terminal_until(int end, const std::string& complaint);

/// Whether the other end of the pipe `end` is closed.
[[nodiscard]] bool hung_up(int end);

}  // namespace fanfinity::store
