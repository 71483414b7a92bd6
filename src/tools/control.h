#pragma once
// How `fanfinity dead ...` speaks with a running `fanfinity up`: HTTP over a socket in the data
// directory, which only its owner may open.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/http.h"
#include "tools/dead_letters.h"

namespace fanfinity::tools {

/// The handlers block, which is right here: the socket has a server and a thread of its own.
[[nodiscard]] std::vector<http::Route> control_routes(DeadLetters& letters);

/// The socket's path in a data directory; through /proc when the path is too long for a socket's name.
[[nodiscard]] base::Result<std::string> control_socket(const std::string& data_dir);

/// Sends one request. The answer's body, or an error with what the service said.
[[nodiscard]] base::Result<std::string> ask_control(const std::string& data_dir, const std::string& target,
                                                    const std::optional<std::string>& post_body);

}  // namespace fanfinity::tools
