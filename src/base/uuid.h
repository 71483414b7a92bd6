#pragma once
// UUIDs (RFC 9562) as 16 bytes in network order.

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fanfinity::base {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  /// Any case, exactly the 8-4-4-4-12 form; any version and variant. Empty when it is not one.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
  /// Version 4, from the operating system's randomness.
  [[nodiscard]] static Uuid random();

  /// Writes 36 lower-case characters to `out`.
  void format_to(char* out) const;
  [[nodiscard]] std::string to_string() const;

  /// XXH64 (seed 0) of the 16 bytes: decides the partition of an event. ClickHouse computes the same
  /// value as xxHash64(UUIDStringToNum(toString(event_id))).
  [[nodiscard]] std::uint64_t hash() const;
};

}  // namespace fanfinity::base

template <>
struct std::hash<fanfinity::base::Uuid> {
  std::size_t operator()(const fanfinity::base::Uuid& id) const noexcept { return id.hash(); }
};
