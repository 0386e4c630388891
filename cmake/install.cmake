# Installs libraries, headers, programs and the CMake package.
include(CMakePackageConfigHelpers)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/mwaa_serverless)
set(libraries mwaa_serverless)
if(TARGET mwaa_serverless_testing)
  list(APPEND libraries mwaa_serverless_testing)
endif()
# Before 1.0 a minor version may break callers: of shared libraries too.
set_target_properties(${libraries} PROPERTIES
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  INSTALL_RPATH "$ORIGIN")
install(TARGETS ${libraries}
  EXPORT mwaa_serverless_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(MWAA_SERVERLESS_PROGRAMS)
  file(RELATIVE_PATH library_directory ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(mwaa-serverless mwaa-serverless-emulator PROPERTIES
    INSTALL_RPATH "$ORIGIN/${library_directory}")
  install(TARGETS mwaa-serverless mwaa-serverless-emulator RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT mwaa_serverless_targets NAMESPACE mwaa_serverless:: DESTINATION ${package_directory})

# Who links a static library needs what it stands on; a shared one has that linked in.
get_target_property(library_type mwaa_serverless TYPE)
if(library_type STREQUAL STATIC_LIBRARY)
  set(mwaa_serverless_static ON)
else()
  set(mwaa_serverless_static OFF)
endif()
configure_package_config_file(cmake/mwaa_serverless-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config-version.cmake
  cmake/Findc-ares.cmake
  DESTINATION ${package_directory})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
