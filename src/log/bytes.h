#pragma once
// Little-endian numbers and byte runs, written to and read from memory.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace fanfinity::log {

static_assert(std::endian::native == std::endian::little, "The log's numbers are stored as they are here.");

/// Writes into memory that the caller has made large enough.
class ByteWriter {
 public:
  explicit ByteWriter(std::byte* out) : out_(out) {}

  template <std::integral T>
  void put(T value) {
    std::memcpy(out_, &value, sizeof value);
    out_ += sizeof value;
  }
  void put(std::string_view text) { put_bytes(std::as_bytes(std::span(text))); }
  void put_bytes(std::span<const std::byte> bytes) {
    if (!bytes.empty()) std::memcpy(out_, bytes.data(), bytes.size());
    out_ += bytes.size();
  }
  [[nodiscard]] std::byte* at() const { return out_; }

 private:
  std::byte* out_;
};

/// Reads with bounds: after the first read beyond the end, everything is zero or empty and `ok` is false.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <std::integral T>
  T get() {
    T value{};
    const auto bytes = take(sizeof(T));
    if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto bytes = rest_.first(count);
    rest_ = rest_.subspan(count);
    return bytes;
  }
  std::string_view view(std::size_t count) {
    const auto bytes = take(count);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string text(std::size_t count) { return std::string(view(count)); }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace fanfinity::log
