#pragma once
// A client that says exactly the bytes it is told to, over a plain socket.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fanfinity::http::test {

/// For what must happen; reached only when a test fails.
inline constexpr std::chrono::seconds kPatience{20};

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class Client {
 public:
  explicit Client(std::uint16_t port);
  explicit Client(const std::string& unix_path);
  /// Connects a TCP socket that is there already, and owns it.
  static Client over(int socket, std::uint16_t port);
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  ~Client();

  /// False when the server has closed.
  bool send(std::string_view bytes);
  void send_byte_by_byte(std::string_view bytes);
  /// Sends and reads one reply. Fails the test when there is none.
  Reply ask(std::string_view bytes);
  /// The next reply; empty when the connection ended instead. `head`: no body follows.
  std::optional<Reply> read(bool head = false);
  /// Exactly these many raw bytes, or what came before the end.
  std::string read_raw(std::size_t count);
  /// True when the server closes without another byte.
  bool closed();
  /// True when nothing at all can be read right now.
  bool silent();
  void half_close();
  /// Ends the connection with a reset.
  void reset();
  void shrink_receive_buffer();

 private:
  Client() = default;
  void connect(std::uint16_t port);
  bool fill();
  int fd_ = -1;
  std::string buffer_;
};

/// A GET that keeps the connection.
std::string get(std::string_view target, std::string_view more_headers = "");
/// A POST with Content-Length.
std::string post(std::string_view target, std::string_view body, std::string_view more_headers = "");

}  // namespace fanfinity::http::test
