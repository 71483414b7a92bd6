#pragma once
// Where the tokens of a JSON text begin, found by simdjson's first stage, which proves on the way that
// the text is UTF-8, that every string is closed and that none holds a raw control character.
//
// The only place that runs simdjson's stages. Its own second stages do not fit: the DOM refuses numbers
// that exceed a double, which the contract keeps as sent, and On-Demand leaves skipped values unproved.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace fanfinity::domain {

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();
  JsonIndex(JsonIndex&&) noexcept;
  JsonIndex& operator=(JsonIndex&&) noexcept;

  /// Indexes `text`, which needs no padding. A sentence about what is wrong with it, or nothing.
  [[nodiscard]] std::optional<std::string_view> build(std::string_view text);

  /// Where tokens begin, ascending: one for each of {}[]:, for each string and each scalar.
  /// Behind the last stands the length of the text.
  [[nodiscard]] const std::uint32_t* begin() const;
  [[nodiscard]] const std::uint32_t* end() const;

  /// Gives memory back that only a large text needs.
  void trim();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace fanfinity::domain
