# cmake/Layers.cmake: one target a layer, and the fences between them.
#
# inmem_layer(archive SOURCES a.cc b.cc USES base [PYTHON] [NODE] [LINK ...])
#
# A layer includes another one's headers as "other/file.h". Each layer's folder
# stands alone on an include path of its own (a link in the build folder), and a
# target gets only the paths of the layers in USES; Python's and Node's headers
# come only with PYTHON or NODE. So an include that the table in
# docs/architecture.md does not allow does not compile.

set(INMEM_WARNINGS -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
set(INMEM_STRICT_WARNINGS -Wconversion)

function(inmem_layer name)
  cmake_parse_arguments(LAYER "PYTHON;NODE" "" "SOURCES;USES;LINK" ${ARGN})
  set(door ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${door})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${door}/${name} SYMBOLIC)
  add_library(${name} STATIC ${LAYER_SOURCES})
  target_include_directories(${name} PUBLIC ${door})
  target_compile_options(${name} PRIVATE ${INMEM_WARNINGS})
  if(NOT LAYER_PYTHON AND NOT LAYER_NODE)
    target_compile_options(${name} PRIVATE ${INMEM_STRICT_WARNINGS})
  endif()
  # PUBLIC: a layer's headers may name the types of the layers they stand on.
  target_link_libraries(${name} PUBLIC ${LAYER_USES} ${LAYER_LINK})
  if(LAYER_PYTHON)
    target_include_directories(${name} SYSTEM PRIVATE ${INMEM_PYTHON_INCLUDE_DIR})
  endif()
  if(LAYER_NODE)
    target_include_directories(${name} SYSTEM PRIVATE ${INMEM_NODE_INCLUDE_DIRS})
  endif()
  inmem_sanitize(${name})
endfunction()

# inmem_test(archive SOURCES x_test.cc): a GoogleTest program <layer>_test that
# sees what the layer itself sees.
function(inmem_test layer)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINK" ${ARGN})
  if(NOT INMEM_TESTS)
    return()
  endif()
  add_executable(${layer}_test ${TEST_SOURCES})
  target_link_libraries(${layer}_test PRIVATE ${layer} ${TEST_LINK}
                        GTest::gtest GTest::gtest_main)
  target_compile_options(${layer}_test PRIVATE ${INMEM_WARNINGS})
  target_compile_definitions(
    ${layer}_test PRIVATE INMEM_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}")
  inmem_sanitize(${layer}_test)
  if(INMEM_SANITIZE)
    # GoogleTest's macros with sanitizers: a third of -O2's time to compile.
    target_compile_options(${layer}_test PRIVATE -O0)
  endif()
  add_test(NAME ${layer} COMMAND ${layer}_test)
endfunction()

function(inmem_sanitize target)
  if(INMEM_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${INMEM_SANITIZE}
                           -fno-omit-frame-pointer -g)
    target_link_options(${target} PRIVATE -fsanitize=${INMEM_SANITIZE})
  endif()
endfunction()

if(INMEM_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
endif()
