# cmake/Dependencies.cmake: where libdeflate, zstd, Python and Node come from.
#
# With INMEM_PYTHON_DIR everything is the pinned static build in the cache;
# without it the pure layers take the system's libdeflate and zstd.

if(INMEM_PYTHON_DIR)
  include(${INMEM_PYTHON_DIR}/InmemPython.cmake)
else()
  find_path(INMEM_DEPS_INCLUDE_DIR libdeflate.h REQUIRED)
  find_library(INMEM_LIBDEFLATE_LIBRARY deflate REQUIRED)
  find_library(INMEM_ZSTD_LIBRARY zstd REQUIRED)
endif()

add_library(inmem_codecs INTERFACE)
target_include_directories(inmem_codecs SYSTEM INTERFACE ${INMEM_DEPS_INCLUDE_DIR})
target_link_libraries(inmem_codecs INTERFACE ${INMEM_LIBDEFLATE_LIBRARY}
                      ${INMEM_ZSTD_LIBRARY})

# cmake-js gives CMAKE_JS_INC (Node's headers) where it can; the Node-API
# headers themselves are an npm package, so nothing is downloaded.
set(INMEM_NODE_INCLUDE_DIRS
    ${CMAKE_SOURCE_DIR}/node_modules/node-api-headers/include
    ${CMAKE_SOURCE_DIR}/node_modules/node-addon-api)
