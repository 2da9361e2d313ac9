# How weir's targets are made: one function a kind, so that a folder's CMakeLists.txt is a list of its files.
include_guard(GLOBAL)

# What all our own code is compiled with. Never part of what weir::weir asks of its users.
add_library(weir_build_flags INTERFACE)
target_compile_options(weir_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -ffp-contract=off  # doubles must give the same bits on every machine
  # g++ 12 sees overlaps in std::string that are not there (GCC bug 105651); clang keeps the warning's other uses
  # clang's -Wshadow also forbids a lambda's [x = std::move(x)] of a structured binding
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wshadow>"
  $<$<BOOL:${WEIR_WERROR}>:-Werror>)

# weir_library(NAME files...): an internal static library of one folder (jobs, bench/harness).
function(weir_library name)
  add_library(weir_${name} STATIC ${ARGN})
  target_link_libraries(weir_${name} PUBLIC weir::weir PRIVATE $<BUILD_INTERFACE:weir_build_flags>)
  target_include_directories(weir_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
endfunction()

# weir_test(NAME SOURCES files... [LIBS libs...] [LABEL label] [TIMEOUT seconds]): GoogleTest cases, each a ctest test.
function(weir_test name)
  if(NOT WEIR_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  include(GoogleTest)
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE weir::weir ${arg_LIBS} weir_build_flags GTest::gtest_main rapidcheck)
  target_include_directories(${name}_test PRIVATE "${PROJECT_SOURCE_DIR}")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}: " DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${arg_LABEL}" TIMEOUT "${arg_TIMEOUT}")
endfunction()

# weir_pytest(file.py [LABEL label] [TIMEOUT seconds]): one pytest file as one ctest test, given the built program.
function(weir_pytest file)
  if(NOT WEIR_BUILD_TESTS OR NOT WEIR_BUILD_TOOL)
    return()
  endif()
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "" ${ARGN})
  # Debian's own first: packages.txt installs for it, whatever other Python stands before it in PATH.
  find_program(WEIR_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
  if(NOT WEIR_PYTHON)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    set(WEIR_PYTHON "${Python3_EXECUTABLE}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(NOT arg_LABEL)
    set(arg_LABEL end_to_end)
  endif()
  get_filename_component(stem ${file} NAME_WE)
  add_test(NAME "${arg_LABEL}: ${stem}"
    COMMAND ${WEIR_PYTHON} -m pytest -q --tb=short -p no:cacheprovider "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  set_tests_properties("${arg_LABEL}: ${stem}" PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "WEIR=$<TARGET_FILE:weir_tool>;PYTHONDONTWRITEBYTECODE=1")
endfunction()
