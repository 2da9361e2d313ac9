# What of weir also runs where there is no operating system: control/, what of base/ it uses, and the replay of
# the vectors. scripts/check-wasm builds it and compares it with the native program.
add_library(weir STATIC weir/base/error.cpp weir/base/option_error.cpp weir/base/units.cpp)
add_library(weir::weir ALIAS weir)
target_compile_features(weir PUBLIC cxx_std_23)
target_include_directories(weir PUBLIC "${PROJECT_SOURCE_DIR}")
target_link_libraries(weir PRIVATE weir_build_flags)

# The package is headers only, but they lie among those of the machine we build on, which must not be found.
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/include")
file(CREATE_LINK /usr/include/nlohmann "${PROJECT_BINARY_DIR}/include/nlohmann" SYMBOLIC)
add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED)
target_include_directories(nlohmann_json::nlohmann_json INTERFACE "${PROJECT_BINARY_DIR}/include")

add_subdirectory(weir/control)
add_subdirectory(tests/vectors)
