# Installs libraries, headers, programs and the CMake package.
include(CMakePackageConfigHelpers)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/mwaa_serverless)
set(libraries mwaa_serverless)
if(MWAA_SERVERLESS_TESTING)
  list(APPEND libraries mwaa_serverless_testing)
endif()
get_target_property(library_type mwaa_serverless TYPE)
# A shared build has the layout of an installation, so that one RUNPATH serves both. To change it at the installation,
# CMake would make room in the build tree's RUNPATH by empty entries, each of which means the current directory to the
# dynamic linker.
if(library_type STREQUAL SHARED_LIBRARY)
  set_target_properties(${libraries} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})
  if(MWAA_SERVERLESS_TESTING)
    set_target_properties(mwaa_serverless_testing PROPERTIES INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH ON)
  endif()
endif()
install(TARGETS ${libraries}
  EXPORT mwaa_serverless_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(MWAA_SERVERLESS_PROGRAMS)
  if(library_type STREQUAL SHARED_LIBRARY)
    file(RELATIVE_PATH library_directory ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(mwaa-serverless mwaa-serverless-emulator PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_BINDIR}
      INSTALL_RPATH "$ORIGIN/${library_directory}" BUILD_WITH_INSTALL_RPATH ON)
  endif()
  install(TARGETS mwaa-serverless mwaa-serverless-emulator RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES docs/man/mwaa-serverless.1 docs/man/mwaa-serverless-emulator.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES src/cli/completion.bash RENAME mwaa-serverless
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
install(EXPORT mwaa_serverless_targets NAMESPACE mwaa_serverless:: DESTINATION ${package_directory})

# Who links a static library needs what it stands on; a shared one has that linked in.
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

# For builds without CMake. Boost has no pkg-config file: its headers must be where the compiler looks.
if(mwaa_serverless_static)
  set(static_libraries " -lboost_json")
  set(static_requires "openssl libcares")
endif()
file(RELATIVE_PATH prefix_from_pkgconfig ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/mwaa_serverless.pc.in mwaa_serverless.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mwaa_serverless.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
