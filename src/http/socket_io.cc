#include "http/socket_io.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace fanfinity::http {

ssize_t send_some(int socket, std::string_view head, std::string_view body, std::size_t offset) {
  const std::size_t of_head = std::min(offset, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(offset - of_head);
  if (body.empty()) return ::send(socket, head.data(), head.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  std::array<iovec, 2> parts{};
  std::size_t count = 0;
  for (const std::string_view part : {head, body}) {
    if (!part.empty()) parts[count++] = iovec{const_cast<char*>(part.data()), part.size()};
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace fanfinity::http
