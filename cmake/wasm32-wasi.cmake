# WebAssembly with the system interface WASI, no exceptions, no threads: clang 19, libc++ and wasi-libc of Debian.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_CXX_FLAGS_INIT -fno-exceptions)
set(CMAKE_EXECUTABLE_SUFFIX_CXX .wasm)
