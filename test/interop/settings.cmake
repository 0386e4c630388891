# Our reading of environment and files against botocore's, on random ones.
add_executable(settings_probe settings_probe.cpp)
target_link_libraries(settings_probe PRIVATE mwaa_serverless_build mwaa_serverless_internals)
interop_test(settings settings_test.py $<TARGET_FILE:settings_probe> 200 20261125)

add_executable(grammar_probe grammar_probe.cpp)
target_include_directories(grammar_probe PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(grammar_probe PRIVATE
  mwaa_serverless_build mwaa_serverless_internals)
# The same files and settings each time: CI must not fail by chance. Without a seed each run takes others.
interop_test(grammar grammar_test.py $<TARGET_FILE:grammar_probe> 2000 188360352)
