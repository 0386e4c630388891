# The command line: its parts, and the whole program against the emulator in memory.
if(NOT TARGET mwaa_serverless_cli)
  return()
endif()
file(GLOB sources CONFIGURE_DEPENDS cli/*_test.cpp)
add_executable(cli_tests ${sources} support/doctest_main.cpp)
target_link_libraries(cli_tests PRIVATE test_support test_unoptimised mwaa_serverless_cli mwaa_serverless_testing)
add_test(NAME cli COMMAND cli_tests)
