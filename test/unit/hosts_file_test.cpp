// What the hosts file says of a name.
#include "net/hosts_file.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

TEST_CASE("hosts file: every address of a name, in order and once") {
  using addresses = std::vector<std::string>;
  struct row {
    const char* text;
    const char* name;
    addresses found;
  };
  const char* const two = "127.0.0.1 localhost\n127.0.0.2 svc.example\n127.0.0.1 svc.example\n";
  for (const row& each : {
           row{two, "svc.example", {"127.0.0.2", "127.0.0.1"}},
           row{two, "localhost", {"127.0.0.1"}},
           row{two, "example", {}},
           row{two, "a.svc.example", {}},
           row{two, "", {}},
           row{two, ".", {}},
           row{two, "SVC.Example", {"127.0.0.2", "127.0.0.1"}},
           row{two, "svc.example.", {"127.0.0.2", "127.0.0.1"}},
           row{"10.0.0.1 svc.example.\n", "svc.example", {"10.0.0.1"}},
           row{"::1 h\n10.0.0.1 h\nfd00::1 h\n", "h", {"::1", "10.0.0.1", "fd00::1"}},
           row{"10.0.0.1 h\n10.0.0.1 x h\n10.0.0.2 h\n10.0.0.1 h\n", "h", {"10.0.0.1", "10.0.0.2"}},
           row{"10.0.0.1 a b\th\n", "h", {"10.0.0.1"}},
           row{" \t10.0.0.1\th  \t\n", "h", {"10.0.0.1"}},
           row{"10.0.0.1 h\r\n10.0.0.2 h\r\n", "h", {"10.0.0.1", "10.0.0.2"}},
           row{"10.0.0.1 h", "h", {"10.0.0.1"}},
           row{"#10.0.0.1 h\n10.0.0.2 x # h\n10.0.0.3 h#x\n", "h", {"10.0.0.3"}},
           row{"h\n\n \n10.0.0.1\nh 10.0.0.1\n", "h", {}},
           row{"", "h", {}},
       }) {
    CAPTURE(each.text);
    CAPTURE(each.name);
    std::istringstream file{each.text};
    CHECK(mwaa_serverless::net::addresses_in_hosts(file, each.name) == each.found);
  }
}
