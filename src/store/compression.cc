#include "store/compression.h"

#include <lz4frame.h>
#include <zstd.h>

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;

Result<std::string> compress_zstd(std::string_view body) {
  constexpr int kLevel = 1;  // Events shrink about as far as at 3, for half the time.
  std::string out(ZSTD_compressBound(body.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), body.data(), body.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    return Error{Errc::kInternal, std::string("zstd cannot compress the insert: ") + ZSTD_getErrorName(size)};
  }
  out.resize(size);
  return out;
}

Result<std::string> compress_lz4(std::string_view body) {
  std::string out(LZ4F_compressFrameBound(body.size(), nullptr), '\0');
  const std::size_t size = LZ4F_compressFrame(out.data(), out.size(), body.data(), body.size(), nullptr);
  if (LZ4F_isError(size) != 0) {
    return Error{Errc::kInternal, std::string("lz4 cannot compress the insert: ") + LZ4F_getErrorName(size)};
  }
  out.resize(size);
  return out;
}

}  // namespace

std::string_view content_encoding(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return {};
    case Compression::kLz4:
      return "lz4";
    case Compression::kZstd:
      return "zstd";
  }
  return {};
}

Result<std::string> compress(std::string_view body, Compression compression) {
  switch (compression) {
    case Compression::kNone:
      break;
    case Compression::kLz4:
      return compress_lz4(body);
    case Compression::kZstd:
      return compress_zstd(body);
  }
  return Error{Errc::kInternal, "there is nothing to compress with"};
}

}  // namespace fanfinity::store
