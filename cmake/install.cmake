# Installs libraries, headers, programs and the CMake package.
include(CMakePackageConfigHelpers)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/mwaa_serverless)
set(libraries mwaa_serverless)
if(TARGET mwaa_serverless_testing)
  list(APPEND libraries mwaa_serverless_testing)
endif()
install(TARGETS ${libraries}
  EXPORT mwaa_serverless_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(MWAA_SERVERLESS_PROGRAMS)
  install(TARGETS mwaa-serverless mwaa-serverless-emulator RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(EXPORT mwaa_serverless_targets NAMESPACE mwaa_serverless:: DESTINATION ${package_directory})

configure_package_config_file(cmake/mwaa_serverless-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config.cmake INSTALL_DESTINATION ${package_directory})
# Before 1.0 a minor version may break callers.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless-config-version.cmake
  cmake/Findc-ares.cmake
  DESTINATION ${package_directory})
