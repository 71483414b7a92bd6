#pragma once
// Reads HTTP/1.1 responses as cheaply as can be: what a load generator must know, and nothing else.

#include <cstddef>
#include <string>
#include <string_view>

namespace fanfinity::bench {

/// One response after another of one connection that has at most one request under way. Knows responses
/// with Content-Length only.
class ResponseReader {
 public:
  enum class Progress {
    kMore,       ///< The response goes on.
    kDone,       ///< The response is complete; the next bytes begin another.
    kMalformed,  ///< Not a response with Content-Length, or more bytes than it: give the connection up.
  };

  /// `bytes` are those that follow the ones taken before.
  Progress take(std::string_view bytes);
  /// Forgets a response that was begun, for a new connection.
  void reset();

  // Of the response that was completed last; the body until `take` is called again or the bytes given to it
  // are overwritten.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool closes() const { return closes_; }  ///< It said `Connection: close`.
  [[nodiscard]] std::string_view body() const { return body_; }

 private:
  Progress whole(std::string_view bytes);
  bool read_head(std::string_view head);

  std::string held_;           // A response that came in pieces.
  bool done_ = false;          // What is held is complete, and kept for its body only.
  std::size_t head_size_ = 0;  // 0 until the head is complete.
  std::size_t body_size_ = 0;
  int status_ = 0;
  bool closes_ = false;
  std::string_view body_;
};

}  // namespace fanfinity::bench
