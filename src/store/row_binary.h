#pragma once
// ClickHouse's RowBinary: rows of values back to back, little-endian, strings with a LEB128 length.
// https://clickhouse.com/docs/interfaces/formats/RowBinary

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.h"
#include "base/uuid.h"

namespace fanfinity::store {

static_assert(std::endian::native == std::endian::little, "RowBinary is written by copying integers");

/// What a text takes: its length and itself.
[[nodiscard]] constexpr std::size_t row_binary_bytes(std::string_view text) {
  const auto bits = static_cast<std::size_t>(std::bit_width(text.size() | 1U));
  return (bits + 6) / 7 + text.size();
}

/// Writes values, in the order of the insert's column list, into memory that the caller has made large
/// enough.
class RowBinaryWriter {
 public:
  explicit RowBinaryWriter(char* out) : out_(out) {}

  template <typename Int>
    requires std::is_integral_v<Int>
  void integer(Int value) {
    std::memcpy(out_, &value, sizeof(value));
    out_ += sizeof(value);
  }
  void length(std::size_t value) {
    while (value >= 0x80U) {
      *out_++ = static_cast<char>((value & 0x7FU) | 0x80U);
      value >>= 7U;
    }
    *out_++ = static_cast<char>(value);
  }
  void text(std::string_view value) {
    length(value.size());
    if (!value.empty()) std::memcpy(out_, value.data(), value.size());
    out_ += value.size();
  }
  void timestamp(base::Timestamp value) {  // DateTime64(3)
    integer(static_cast<std::int64_t>(value.time_since_epoch().count()));
  }
  /// A ClickHouse UUID is two integers, the high half first.
  void uuid(const base::Uuid& id) {
    for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
      std::uint64_t value = 0;
      std::memcpy(&value, id.bytes.data() + half, sizeof(value));
      integer(__builtin_bswap64(value));
    }
  }
  [[nodiscard]] char* at() const { return out_; }

 private:
  char* out_;
};

/// Takes values off the front of `bytes`. Past the end every value is zero or empty and `ok` turns false.
class RowBinaryReader {
 public:
  explicit RowBinaryReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  template <typename Int>
    requires std::is_integral_v<Int>
  Int integer() {
    Int value{};
    const std::string_view bytes = take(sizeof(value));
    if (ok_) std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
  }
  std::size_t length() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; ok_ && shift < 64; shift += 7) {
      const auto byte = integer<std::uint8_t>();
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string text() { return std::string(take(length())); }
  base::Timestamp timestamp() { return base::Timestamp{std::chrono::milliseconds{integer<std::int64_t>()}}; }
  base::Uuid uuid() {
    base::Uuid id;
    const std::string_view bytes = take(id.bytes.size());
    if (!ok_) return id;
    for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
      for (std::size_t i = 0; i < 8; ++i) {
        id.bytes[half + i] = static_cast<std::uint8_t>(bytes[half + 7U - i]);
      }
    }
    return id;
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace fanfinity::store
