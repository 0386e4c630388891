// What the shared libraries export: everything else in them is hidden.
#pragma once

#if defined(__GNUC__)
#define MWAA_SERVERLESS_API __attribute__((visibility("default")))
#else
#define MWAA_SERVERLESS_API
#endif
