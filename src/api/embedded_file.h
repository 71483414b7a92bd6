#pragma once
// Files that are part of the binary, made by embed_pages.cmake.

#include <span>
#include <string_view>

namespace fanfinity::api {

struct EmbeddedFile {
  std::string_view path;    ///< "/index.html", "/assets/index-D4x1.js", "/openapi.json"
  std::string_view digest;  ///< Of the content, in hexadecimal.
  std::string_view gzip;    ///< The content, compressed.
};

[[nodiscard]] std::span<const EmbeddedFile> embedded_files();

}  // namespace fanfinity::api
