#include "http/identifiers.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>

namespace fanfinity::http {
namespace {

/// xoshiro256++ (Blackman and Vigna, 2019).
class Generator {
 public:
  Generator() {
    std::random_device device;
    for (std::uint64_t& word : state_) word = (std::uint64_t{device()} << 32U) | device();
    state_[0] |= 1;  // All zero would stay zero.
  }
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

Generator& generator() {
  thread_local Generator instance;
  return instance;
}

char* put_hex(std::uint64_t value, char* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned shift = 64; shift > 0; shift -= 4) *out++ = kDigits[(value >> (shift - 4)) & 15U];
  return out;
}

bool lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool all_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

bool valid_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '_' || c == '-';
         });
}

bool valid_traceparent(std::string_view text) {
  constexpr std::size_t kSize = 55;
  if (text.size() < kSize || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  if (!lower_hex(version) || version == "ff") return false;
  if (text.size() > kSize && (version == "00" || text[kSize] != '-' || text.size() > 2 * kSize)) return false;
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  return lower_hex(trace) && !all_zero(trace) && lower_hex(parent) && !all_zero(parent) &&
         lower_hex(text.substr(53, 2));
}

void make_request_id(MadeRequestId& out) {
  char* end = put_hex(generator().next(), out.data());
  put_hex(generator().next(), end);
}

void make_traceparent(MadeTraceparent& out) {
  char* p = std::copy_n("00-", 3, out.data());
  p = put_hex(generator().next() | 1U, p);
  p = put_hex(generator().next(), p);
  *p++ = '-';
  p = put_hex(generator().next() | 1U, p);
  std::copy_n("-01", 3, p);
}

}  // namespace fanfinity::http
