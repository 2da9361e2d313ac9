# What `cmake --install` puts where: the library for find_package(weir) and pkg-config, and the program.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)

set(weir_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weir")

install(TARGETS weir EXPORT weirTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT weirTargets NAMESPACE weir:: DESTINATION "${weir_package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/weir/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/weir"
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp" PATTERN "testing.hpp" EXCLUDE)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weirConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/weirConfig.cmake" INSTALL_DESTINATION "${weir_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weirConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH weir_prefix_from_pc "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
set(weir_requires fmt)  # the library is static: what it uses, its users link
if(WEIR_SPILL)
  string(APPEND weir_requires ", sqlite3")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/weir.pc.in" "${PROJECT_BINARY_DIR}/weir.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weirConfig.cmake" "${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
  DESTINATION "${weir_package_dir}")
install(FILES "${PROJECT_BINARY_DIR}/weir.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
if(WEIR_BUILD_TOOL)
  install(TARGETS weir_tool RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
