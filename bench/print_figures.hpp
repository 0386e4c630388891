// Figures of a benchmark on standard output.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "benchmarks.hpp"

namespace bench {

inline void print(const boost::json::object& figures, format output) {
  if (output == format::json) {
    std::cout << boost::json::serialize(figures) << '\n';
  } else {
    for (const auto& figure : figures) std::cout << figure.key() << ": " << figure.value() << '\n';
  }
}

}  // namespace bench
