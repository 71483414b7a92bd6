#pragma once
// What `fanfinity dead ...` prints, and how it asks a running `fanfinity up` for it: HTTP over a socket in
// the data directory, which only its owner may open.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/http.h"
#include "tools/dead_letters.h"

namespace fanfinity::tools {

/// A table, or one JSON object a line.
[[nodiscard]] base::Result<std::string> tell_list(DeadLetters& letters, std::size_t limit, bool json);
/// One JSON object. kInvalid when `id` is no UUID, kNotFound when it is not dead.
[[nodiscard]] base::Result<std::string> tell_letter(DeadLetters& letters, const std::string& id);
/// `lines`: event ids, one a line; none means all. Says how many were sent again.
[[nodiscard]] base::Result<std::string> replay_lines(DeadLetters& letters, std::string_view lines);

/// The handlers block, which is right here: the socket has a server and a thread of its own.
[[nodiscard]] std::vector<http::Route> control_routes(DeadLetters& letters);

/// The socket's path in a data directory; through /proc when the path is too long for a socket's name.
[[nodiscard]] base::Result<std::string> control_socket(const std::string& data_dir);

/// Sends one request. The answer's body, or an error with what the service said.
[[nodiscard]] base::Result<std::string> ask_control(const std::string& data_dir, const std::string& target,
                                                    const std::optional<std::string>& post_body);

}  // namespace fanfinity::tools
