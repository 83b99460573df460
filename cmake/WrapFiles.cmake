# cmake/WrapFiles.cmake: binds the C library's path functions to native/files.
#
# inmem_wrap_files(target): the target's own references and those of the static
# libraries in it go to __wrap_<name>, for each name of functions.def.

set(INMEM_FILE_FUNCTIONS ${CMAKE_SOURCE_DIR}/native/files/functions.def)
set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY
             CMAKE_CONFIGURE_DEPENDS ${INMEM_FILE_FUNCTIONS})

function(inmem_wrap_files target)
  file(STRINGS ${INMEM_FILE_FUNCTIONS} lines REGEX "^INMEM_FILE\\(")
  foreach(line ${lines})
    string(REGEX REPLACE "^INMEM_FILE\\(([a-z0-9_]+)\\).*" "\\1" name ${line})
    target_link_options(${target} PRIVATE LINKER:--wrap=${name})
  endforeach()
endfunction()
