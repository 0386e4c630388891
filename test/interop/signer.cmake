# Our signer against botocore's own, on random requests.
add_executable(signer_probe signer_probe.cpp)
target_include_directories(signer_probe PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(signer_probe PRIVATE mwaa_serverless_build mwaa_serverless_core)
interop_test(signer signer_test.py $<TARGET_FILE:signer_probe>)
