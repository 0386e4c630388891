# Our program against the AWS CLI: Debian's v2, which takes the service's model from botocore, and v1 from PyPI.
interop_test(aws_cli cli_test.py $<TARGET_FILE:mwaa-serverless-emulator> $<TARGET_FILE:mwaa-serverless>)
# Python starts about 140 times.
set_tests_properties(aws_cli PROPERTIES TIMEOUT 1200)
