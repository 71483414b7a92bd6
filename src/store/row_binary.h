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

/// Appends values to `out`, in the order of the insert's column list.
class RowBinaryWriter {
 public:
  explicit RowBinaryWriter(std::string& out) : out_(out) {}

  template <typename Int>
    requires std::is_integral_v<Int>
  void integer(Int value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void length(std::size_t value) {
    while (value >= 0x80U) {
      out_.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
      value >>= 7U;
    }
    out_.push_back(static_cast<char>(value));
  }
  void text(std::string_view value) {
    length(value.size());
    out_.append(value);
  }
  void timestamp(base::Timestamp value) {  // DateTime64(3)
    integer(static_cast<std::int64_t>(value.time_since_epoch().count()));
  }
  /// A ClickHouse UUID is two integers, the high half first.
  void uuid(const base::Uuid& id) {
    for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
      for (std::size_t i = 8; i-- > 0;) out_.push_back(static_cast<char>(id.bytes[half + i]));
    }
  }

 private:
  std::string& out_;
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
