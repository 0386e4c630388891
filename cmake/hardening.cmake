# What Debian's hardening flags and OpenSSF's compiler guide ask of optimised code that talks to a network. A static
# library gets the compiler's half; the linker's half is for who links the program. scripts/hardening shows the result.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-fcf-protection=full MWAA_SERVERLESS_HAS_CF_PROTECTION)
set(optimised "$<CONFIG:Release,RelWithDebInfo,MinSizeRel>")
target_compile_options(mwaa_serverless_build INTERFACE
  "$<${optimised}:-fstack-protector-strong>"
  "$<$<AND:${optimised},$<BOOL:${MWAA_SERVERLESS_HAS_CF_PROTECTION}>>:-fcf-protection=full>"
  # Distributions that set a level of their own would warn of another one.
  "$<${optimised}:SHELL:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>")
target_link_options(mwaa_serverless_build INTERFACE "$<${optimised}:LINKER:-z,relro,-z,now>")
