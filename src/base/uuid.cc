#include "base/uuid.h"

#include <sys/random.h>
#include <xxhash.h>

#include <cerrno>
#include <cstdlib>

namespace fanfinity::base {
namespace {

constexpr std::array<std::int8_t, 256> make_hex_values() {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  for (std::size_t value = 0; value < kLower.size(); ++value) {
    table[static_cast<std::uint8_t>(kLower[value])] = static_cast<std::int8_t>(value);
    table[static_cast<std::uint8_t>(kUpper[value])] = static_cast<std::int8_t>(value);
  }
  return table;
}
constexpr auto kHexValues = make_hex_values();
constexpr std::array<std::uint8_t, 16> kTextOffsets = {0,  2,  4,  6,  9,  11, 14, 16,
                                                       19, 21, 24, 26, 28, 30, 32, 34};
constexpr char kHexDigits[] = "0123456789abcdef";

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
    return std::nullopt;
  }
  Uuid id;
  int bad = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const std::int8_t high = kHexValues[static_cast<std::uint8_t>(text[kTextOffsets[i]])];
    const std::int8_t low = kHexValues[static_cast<std::uint8_t>(text[kTextOffsets[i] + 1U])];
    bad |= high | low;
    id.bytes[i] = static_cast<std::uint8_t>((static_cast<unsigned>(high) << 4U) | static_cast<unsigned>(low));
  }
  if (bad < 0) return std::nullopt;
  return id;
}

Uuid Uuid::random() {
  Uuid id;
  std::size_t filled = 0;
  while (filled < id.bytes.size()) {
    const ssize_t got = getrandom(id.bytes.data() + filled, id.bytes.size() - filled, 0);
    if (got < 0 && errno != EINTR) std::abort();  // The kernel always has randomness after boot.
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x40U);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);
  return id;
}

void Uuid::format_to(char* out) const {
  for (std::size_t i = 0; i < 16; ++i) {
    out[kTextOffsets[i]] = kHexDigits[bytes[i] >> 4U];
    out[kTextOffsets[i] + 1U] = kHexDigits[bytes[i] & 0x0FU];
  }
  out[8] = out[13] = out[18] = out[23] = '-';
}

std::string Uuid::to_string() const {
  std::string text(36, '\0');
  format_to(text.data());
  return text;
}

std::uint64_t Uuid::hash() const {
  return XXH64(bytes.data(), bytes.size(), 0);
}

}  // namespace fanfinity::base
