# The descriptions against the model that botocore carries, and JSON against botocore's serializer and parser.
add_executable(model_probe model_probe.cpp)
target_include_directories(model_probe PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(model_probe PRIVATE mwaa_serverless_build mwaa_serverless_core)
interop_test(model model_test.py $<TARGET_FILE:model_probe>)
