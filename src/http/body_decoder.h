#pragma once
// Content codings (RFC 9110, 8.4). Of request bodies: gzip and zstd, with a hard limit on what comes out.
// Of answers: gzip.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfinity::http {

enum class Coding : std::uint8_t { kIdentity, kGzip, kZstd };

/// For the Accept-Encoding of a 415.
inline constexpr std::string_view kAcceptedCodings = "gzip, zstd";

/// The value of Content-Encoding; empty when it is not one coding known here.
[[nodiscard]] std::optional<Coding> parse_coding(std::string_view value);

/// How many bytes on the wire a body of `limit` bytes can need: incompressible data grows a little.
[[nodiscard]] std::uint64_t encoded_limit(Coding coding, std::uint64_t limit);

enum class Decoded : std::uint8_t { kOk, kCorrupt, kTooLarge };

/// Decodes the whole of `in` into `out`, which never grows beyond `limit` by more than one block.
/// Truncated input and trailing garbage are corrupt. Not for kIdentity.
[[nodiscard]] Decoded decode_body(Coding coding, std::string_view in, std::size_t limit, std::string& out);

/// `text` as one gzip member (RFC 1952). Empty when zlib has no memory for it.
[[nodiscard]] std::string gzip(std::string_view text);

}  // namespace fanfinity::http
