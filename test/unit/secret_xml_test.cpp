// As much of XML as STS sends.
#include <doctest/doctest.h>

#include <string>

#include "sources/secret_xml.hpp"

using mwaa_serverless::sources::secret_xml;

namespace {

std::string at(const std::string& text, const std::string& path) {
  secret_xml document;
  if (!document.parse(text)) return "refused";
  return std::string{document.at(path)};
}

std::string nested(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += "<a>";
  for (int i = 0; i < depth; ++i) out += "</a>";
  return out;
}

}  // namespace

TEST_CASE("secret_xml: what is read") {
  CHECK(at("<A xmlns=\"x>y\"><B>1</B><B>2</B></A>", "A.B") == "1");
  CHECK(at("\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- <A> -->\n<A>\n  <B c='d' >\n 1 </B >\n</A>\n", "A.B") == "1");
  CHECK(at("<A><B/><C>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;&#xE9;&#x20AC;&#x1F602;</C></A>", "A.C") ==
        "<&>\"'AB\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x82");
  CHECK(at("<A><B>a<![CDATA[<&>]]>b<!-- c -->d</B></A>", "A.B") == "a<&>bd");
  CHECK(at("<A><B><C>x</C></B></A>", "A.B.C") == "x");
  CHECK(at("<A><B>x</B></A>", "A.C") == "");
  CHECK(at("<A><B></B><B>x</B></A>", "A.B") == "");
  CHECK(at(nested(32), "a") == "");
}

TEST_CASE("secret_xml: what is refused") {
  for (const std::string& text : {std::string{},
                                  std::string{"x"},
                                  std::string{"{}"},
                                  std::string{"<A>"},
                                  std::string{"<A"},
                                  std::string{"</A>"},
                                  std::string{"<A></B>"},
                                  std::string{"<A></A></A>"},
                                  std::string{"<A></A><B></B>"},
                                  std::string{"<A></A>x"},
                                  std::string{"<A>&x;</A>"},
                                  std::string{"<A>&amp</A>"},
                                  std::string{"<A>&#0;</A>"},
                                  std::string{"<A>&#xD800;</A>"},
                                  std::string{"<A>&#x110000;</A>"},
                                  std::string{"<A>&#;</A>"},
                                  std::string{"<!DOCTYPE A><A></A>"},
                                  std::string{"<A><!-- </A>"},
                                  std::string{"<A><![CDATA[</A>"},
                                  std::string{"<></>"},
                                  std::string{"<A b=\"></A>"},
                                  nested(33),
                                  nested(100'000)}) {
    CAPTURE(text.substr(0, 40));
    CHECK(at(text, "A") == "refused");
  }
  std::string many = "<A>";
  for (int i = 0; i < 200; ++i) many += "<B></B>";
  CHECK(at(many + "</A>", "A") == "refused");
}
