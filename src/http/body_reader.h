#pragma once
// Takes a body off the wire by its framing (RFC 9112, 6 and 7): a length, or chunks. Every byte is looked
// at once and no byte is looked at ahead, so the result cannot depend on how the bytes were split.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/refusal.h"
#include "http/request_head.h"

namespace fanfinity::http {

inline constexpr std::size_t kMaxChunkExtensionBytes = 4096;  // Of all chunks of a body together.
inline constexpr std::size_t kMaxTrailerBytes = 8192;

class BodyReader {
 public:
  /// `limit`: bytes the body may have on the wire, without the framing.
  void start(const RequestHead& head, std::uint64_t limit);

  /// Moves what belongs to the body from the front of `input` to the end of `body`.
  /// Nothing more may be fed once done() or after a refusal.
  [[nodiscard]] std::optional<Refusal> feed(std::string_view& input, std::string& body);
  [[nodiscard]] bool done() const { return state_ == State::kDone; }

 private:
  enum class State : std::uint8_t {
    kLength,
    kSizeFirst,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kLastLf,
    kDone
  };
  void take_bytes(std::string_view& input, std::string& body, State next);
  [[nodiscard]] std::optional<Refusal> take_framing(char c);
  [[nodiscard]] std::optional<Refusal> take_size_digit(char c);
  [[nodiscard]] std::optional<Refusal> take_extension(char c);
  [[nodiscard]] std::optional<Refusal> take_trailer(char c);
  [[nodiscard]] std::optional<Refusal> end_of_size();

  State state_ = State::kDone;
  std::uint8_t digits_ = 0;
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint64_t remaining_ = 0;  ///< Of the body or of the chunk.
  std::uint64_t allowance_ = 0;  ///< What may still come in later chunks.
};

}  // namespace fanfinity::http
