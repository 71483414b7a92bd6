#include "http/body_decoder.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace fanfinity::http {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kBlock = 32 * 1024;
// RFC 9659: a window of a zstd content coding has at most 8 MB, so that a decoder's memory is bounded.
constexpr int kMaxZstdWindowLog = 23;

bool same(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x) == y;
         });
}

/// Makes room for one more block, but for no more than one byte beyond `limit`: that byte tells "too large".
std::size_t grow(std::string& out, std::size_t used, std::size_t limit) {
  const std::size_t room = std::min(std::max(kBlock, used), limit + 1 - used);
  out.resize(used + room);
  return room;
}

class Inflater {
 public:
  Inflater() : ready_(inflateInit2(&stream_, kGzipOnly) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Decoded decode(std::string_view in, std::size_t limit, std::string& out) {
    if (!ready_ || in.empty() || in.size() > std::numeric_limits<uInt>::max()) return Decoded::kCorrupt;
    std::string input(in);  // zlib's interface wants it writable.
    stream_.next_in = reinterpret_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    std::size_t used = 0;
    for (;;) {
      const std::size_t room = grow(out, used, limit);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream_.avail_out = static_cast<uInt>(room);
      const int code = inflate(&stream_, Z_NO_FLUSH);
      used += room - stream_.avail_out;
      if (used > limit) return Decoded::kTooLarge;
      if (code == Z_STREAM_END) {
        if (stream_.avail_in == 0) break;
        if (inflateReset(&stream_) != Z_OK) return Decoded::kCorrupt;  // RFC 1952: members may follow.
      } else if (code != Z_OK || (stream_.avail_in == 0 && stream_.avail_out > 0)) {
        return Decoded::kCorrupt;
      }
    }
    out.resize(used);
    return Decoded::kOk;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Decoded decode_zstd(std::string_view in, std::size_t limit, std::string& out) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  if (!context || in.empty()) return Decoded::kCorrupt;
  ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  std::size_t used = 0;
  for (;;) {
    const std::size_t room = grow(out, used, limit);
    ZSTD_outBuffer output{out.data() + used, room, 0};
    const std::size_t code = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(code) != 0U) return Decoded::kCorrupt;
    used += output.pos;
    if (used > limit) return Decoded::kTooLarge;
    const bool all_read = input.pos == input.size;
    if (all_read && code == 0) break;
    if (all_read && output.pos < room) return Decoded::kCorrupt;
  }
  out.resize(used);
  return Decoded::kOk;
}

}  // namespace

std::optional<Coding> parse_coding(std::string_view value) {
  if (value.empty() || same(value, "identity")) return Coding::kIdentity;
  if (same(value, "gzip") || same(value, "x-gzip")) return Coding::kGzip;
  if (same(value, "zstd")) return Coding::kZstd;
  return std::nullopt;
}

std::uint64_t encoded_limit(Coding coding, std::uint64_t limit) {
  return coding == Coding::kIdentity ? limit : limit + limit / 256 + 1024;
}

Decoded decode_body(Coding coding, std::string_view in, std::size_t limit, std::string& out) {
  switch (coding) {
    case Coding::kIdentity:
      break;
    case Coding::kGzip:
      return Inflater().decode(in, limit, out);
    case Coding::kZstd:
      return decode_zstd(in, limit, out);
  }
  return Decoded::kCorrupt;
}

std::string gzip(std::string_view text) {
  constexpr int kLevel = 4;  // Twice as fast as zlib's default, and a tenth larger.
  constexpr int kDefaultMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipOnly, kDefaultMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string input(text);  // zlib's interface wants it writable.
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(code == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  out.shrink_to_fit();  // The room was for text that does not compress.
  return out;
}

}  // namespace fanfinity::http
