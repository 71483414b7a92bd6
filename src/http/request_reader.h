#pragma once
// Turns the bytes of a connection into requests, one at a time. Pure: no sockets, no time. What it says
// depends on the bytes only, never on how the network split them.

#include <cstdint>
#include <string>
#include <string_view>

#include "http/body_reader.h"
#include "http/refusal.h"
#include "http/request_head.h"

namespace fanfinity::http {

/// One request as it came off the wire. `head` points into `head_bytes`: not to be copied or moved.
struct Message {
  Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  std::string head_bytes;
  RequestHead head;
  std::string body;  ///< Still encoded.
};

class RequestReader {
 public:
  struct Limits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t target_bytes = 8 * 1024;
  };
  enum class Step : std::uint8_t {
    kNeedMore,  ///< Everything usable was taken. A head is taken whole: its bytes stay in `input` till then.
    kHead,      ///< A head is complete; start_body comes next.
    kDone,      ///< The request is complete; reset comes next.
    kRefused    ///< See refusal(); nothing after it can be understood.
  };

  explicit RequestReader(const Limits& limits) : limits_(&limits) {}

  /// Looks for the end of a head at the front of `input`, which is what was left of the call before
  /// with newer bytes behind it.
  [[nodiscard]] Step read_head(std::string_view& input, Message& message);
  void start_body(const Message& message, std::uint64_t limit) { body_.start(message.head, limit); }
  [[nodiscard]] Step read_body(std::string_view& input, Message& message);
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  void reset();

 private:
  [[nodiscard]] Step find_end(std::string_view input, std::size_t& end);
  [[nodiscard]] bool check_line(std::string_view line, std::size_t end);
  [[nodiscard]] bool within_limits(std::size_t size);
  bool refuse(const Refusal& refusal);

  const Limits* limits_;
  std::uint32_t line_start_ = 0;   ///< Of the line being read, in `input`.
  std::uint32_t scanned_ = 0;      ///< No line ends before this.
  std::uint32_t empty_lines_ = 0;  ///< Bytes of empty lines before the request line.
  Refusal refusal_;
  BodyReader body_;
};

}  // namespace fanfinity::http
