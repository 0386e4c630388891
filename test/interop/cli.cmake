# Our program against the AWS CLI: Debian's v2, which takes the service's model from botocore, and v1 from PyPI.
interop_test(aws_cli cli_test.py $<TARGET_FILE:mwaa-serverless-emulator> $<TARGET_FILE:mwaa-serverless>)
# Python starts about 140 times.
set_tests_properties(aws_cli PROPERTIES TIMEOUT 1200 COST 900)
# What the program makes of parameters, against the AWS CLI's own code.
add_executable(cli_probe cli_probe.cpp)
target_link_libraries(cli_probe PRIVATE mwaa_serverless_build mwaa_serverless_cli)
interop_test(aws_cli_parameters parameter_test.py $<TARGET_FILE:cli_probe>)
