#include "log/checkpoint.h"

#include "log/bytes.h"

namespace fanfinity::log {
namespace {

constexpr std::size_t kFixedBytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);

}  // namespace

std::vector<std::byte> Checkpoint::encode() const {
  std::vector<std::byte> payload(kFixedBytes + next.size() * sizeof(std::int64_t));
  ByteWriter out(payload.data());
  out.put(previous_end);
  out.put(static_cast<std::uint32_t>(next.size()));
  for (const auto offset : next) out.put(number(offset));
  return payload;
}

std::optional<Checkpoint> Checkpoint::decode(std::span<const std::byte> payload) {
  ByteReader in(payload);
  Checkpoint checkpoint;
  checkpoint.previous_end = in.get<std::uint64_t>();
  const auto count = in.get<std::uint32_t>();
  if (!in.ok() || in.left() != count * sizeof(std::int64_t)) return std::nullopt;
  for (std::uint32_t i = 0; i < count; ++i) {
    checkpoint.next.push_back(Offset{in.get<std::int64_t>()});
    if (number(checkpoint.next.back()) < 0) return std::nullopt;
  }
  return checkpoint;
}

}  // namespace fanfinity::log
