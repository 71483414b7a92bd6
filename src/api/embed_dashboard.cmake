# The binary carries the dashboard as web/ builds it: each file compressed, and an ETag of its content.
set(FANFINITY_WEB ${PROJECT_SOURCE_DIR}/build/web CACHE PATH "Where `npm run build` in web/ put the dashboard")
if(NOT EXISTS ${FANFINITY_WEB}/index.html.gz)
  message(FATAL_ERROR "The dashboard is missing in ${FANFINITY_WEB}: run `npm ci --ignore-scripts && npm run build` in web/, as ./dev does")
endif()
file(GLOB_RECURSE dashboard CONFIGURE_DEPENDS ${FANFINITY_WEB}/*.gz)
list(SORT dashboard)
set(declarations "")
set(bytes "")
set(rows "")
set(number 0)
foreach(path ${dashboard})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(RELATIVE_PATH name ${FANFINITY_WEB} ${path})
  string(REGEX REPLACE "\\.gz$" "" name ${name})
  file(SHA256 ${path} digest)
  string(SUBSTRING ${digest} 0 32 digest)
  string(APPEND declarations "extern const char fanfinity_web_${number}[], fanfinity_web_${number}_end[];\n")
  string(APPEND bytes "    \"fanfinity_web_${number}:\\n.incbin \\\"${path}\\\"\\nfanfinity_web_${number}_end:\\n.byte 0\\n\"\n")
  string(APPEND rows "      {\"/${name}\", \"${digest}\", {fanfinity_web_${number}, fanfinity_web_${number}_end}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/dashboard_embedded.cc CONTENT
[[// Generated from the files that web/ builds.
#include "api/embedded_file.h"

asm(".section .rodata\n"
@bytes@    ".previous\n");

extern "C" {
@declarations@}

namespace fanfinity::api {

std::span<const EmbeddedFile> embedded_dashboard() {
  static const EmbeddedFile files[] = {
@rows@  };
  return files;
}

}  // namespace fanfinity::api
]] @ONLY)
# Hashes in the rows: the source changes whenever a file does.
target_sources(fanfinity_api PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/dashboard_embedded.cc)
