#pragma once
// What an event stream sends: made once, shared by all its viewers and threads, never changed.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fanfinity::http {

class Frame {
 public:
  /// `text`: whole events in the syntax of text/event-stream, so that a viewer may join before any frame.
  /// `state`: names what they show, the same for the same; 0: nothing that a viewer would miss.
  explicit Frame(std::string_view text, std::uint64_t state = 0);

  [[nodiscard]] std::string_view text() const { return chunk().substr(begin_, size_); }
  /// The same as one chunk (RFC 9112, 7.1).
  [[nodiscard]] std::string_view chunk() const { return chunk_; }
  [[nodiscard]] std::uint64_t state() const { return state_; }

 private:
  std::string chunk_;
  std::size_t begin_;
  std::size_t size_;
  std::uint64_t state_;
};

using FramePtr = std::shared_ptr<const Frame>;

/// Appends `text` as one chunk.
void append_chunk(std::string_view text, std::string& out);

/// Ends a chunked body.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace fanfinity::http
