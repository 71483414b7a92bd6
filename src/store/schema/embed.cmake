# Writes MIGRATIONS as C++ into OUT: the binary carries its schema.
file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/[0-9][0-9][0-9][0-9]_*.sql)
list(SORT migrations)
set(rows "")
foreach(path ${migrations})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  get_filename_component(file ${path} NAME_WE)
  string(REGEX MATCH "^([0-9]+)_(.*)$" unused ${file})
  set(number ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  string(REGEX REPLACE "^0+" "" number ${number})
  file(READ ${path} sql)
  string(APPEND rows "    {${number}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/migrations_embedded.cc CONTENT
[[// Generated from schema/*.sql.
#include "store/migrations.h"

namespace fanfinity::store {

std::vector<Migration> embedded_migrations() {
  return {
@rows@  };
}

}  // namespace fanfinity::store
]] @ONLY)
target_sources(fanfinity_store PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/migrations_embedded.cc)
