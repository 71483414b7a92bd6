# Joins the parts of the OpenAPI document, compresses it, and sets openapi_document to the path of that.
# The empty objects of document.json are filled, each from the file of its name, or the files of the folder.
# The parts are joined as text, because string(JSON) would sort members by their names.

# The members of the objects in the files, without the braces around them, moved in by `indent`.
function(read_members files indent out)
  set(joined "")
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(JSON kind ERROR_VARIABLE fault TYPE "${text}")
    if(fault)
      message(FATAL_ERROR "${file}: ${fault}")
    endif()
    string(REGEX REPLACE "^[ \n]*{\n|\n}[ \n]*$" "" text "${text}")
    string(REPLACE "\n" "\n${indent}" text "${indent}${text}")
    if(joined)
      string(APPEND joined ",\n")
    endif()
    string(APPEND joined "${text}")
  endforeach()
  set(${out} "${joined}" PARENT_SCOPE)
endfunction()

file(READ "${CMAKE_CURRENT_LIST_DIR}/document.json" document)
file(GLOB_RECURSE parts CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${parts})
foreach(part paths schemas responses headers parameters)
  file(GLOB files "${CMAKE_CURRENT_LIST_DIR}/${part}.json" "${CMAKE_CURRENT_LIST_DIR}/${part}/*.json")
  string(REGEX MATCH "\n( *)\"${part}\": {}" place "${document}")
  set(indent "${CMAKE_MATCH_1}")
  read_members("${files}" "${indent}" members)
  string(REPLACE "${place}" "\n${indent}\"${part}\": {\n${members}\n${indent}}" document "${document}")
endforeach()

file(READ "${CMAKE_CURRENT_LIST_DIR}/description.md" description)
string(REPLACE "\\" "\\\\" description "${description}")
string(REPLACE "\"" "\\\"" description "${description}")
string(REPLACE "\n" "\\n" description "${description}")
string(REPLACE "\"description\": \"\"" "\"description\": \"${description}\"" document "${document}")
string(REPLACE "\"version\": \"\"" "\"version\": \"${PROJECT_VERSION}\"" document "${document}")

string(JSON title ERROR_VARIABLE fault GET "${document}" info title)
if(fault)
  message(FATAL_ERROR "The parts do not make a JSON document: ${fault}")
endif()
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/openapi.json" "${document}")
set(openapi_document "${CMAKE_CURRENT_BINARY_DIR}/openapi.json.gz")
# Without the time of day, so that the same document has the same ETag on every machine.
execute_process(COMMAND gzip -9 -n -c "${CMAKE_CURRENT_BINARY_DIR}/openapi.json" OUTPUT_FILE "${openapi_document}"
                COMMAND_ERROR_IS_FATAL ANY)
