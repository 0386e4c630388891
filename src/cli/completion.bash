# Completion of mwaa-serverless for bash, which loads this file when it first completes a command line of the program.
eval "$(mwaa-serverless completions bash)"
