#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "cli/display_width.hpp"
#include "cli/format.hpp"

namespace mwaa_serverless::cli {

namespace {

namespace json = boost::json;

using cells = std::vector<std::string>;
using widths = std::vector<std::size_t>;
using names = std::set<std::string_view>;

constexpr std::size_t cell_padding = 4;

// A title, at most one line of headers and some rows, at one depth of nesting.
class section {
 public:
  section(std::string_view title_value, std::size_t depth_value) : title(title_value), depth(depth_value) {}

  void add_header(cells names_of_columns) {
    widen(names_of_columns);
    headers = std::move(names_of_columns);
  }
  void add_row(cells row) {
    widen(row);
    rows.push_back(std::move(row));
  }

  [[nodiscard]] std::size_t total_width() const {
    const std::size_t content = std::accumulate(column_widths.begin(), column_widths.end(), std::size_t{2},
                                                [](std::size_t sum, std::size_t w) { return sum + w + cell_padding; });
    return std::max(display_width(title) + 2, content) + 2 * depth;
  }

  // The columns stretched in proportion so that together they take `total`.
  [[nodiscard]] widths stretched(std::size_t total) const {
    widths out;
    if (column_widths.empty()) return out;
    std::size_t unscaled = 0;
    for (const std::size_t w : column_widths) unscaled += w + cell_padding;
    const double factor = static_cast<double>(total) / static_cast<double>(unscaled);
    std::size_t sum = 0;
    for (const std::size_t w : column_widths) {
      // Half to even, as Python rounds.
      out.push_back(static_cast<std::size_t>(std::lrint(factor * static_cast<double>(w + cell_padding))));
      sum += out.back();
    }
    // Rounding leaves some columns over or under: the first give, the last take.
    for (std::size_t i = 0; sum > total; i = (i + 1) % out.size(), --sum) --out[i];
    for (std::size_t i = out.size(); sum < total; ++sum) {
      if (i == 0) i = out.size();
      ++out[--i];
    }
    return out;
  }

  std::string title;
  std::size_t depth;
  cells headers;
  std::vector<cells> rows;

 private:
  void widen(const cells& row) {
    column_widths.resize(std::max(column_widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) column_widths[i] = std::max(column_widths[i], display_width(row[i]));
  }

  widths column_widths;
};

/// The rows of a list may differ in length (the AWS CLI fails then): what is not there is blank.
std::string cell_of(const cells& row, std::size_t column) {
  return column < row.size() ? row[column] : std::string{};
}

std::string spaces(std::ptrdiff_t count) {
  return std::string(count > 0 ? static_cast<std::size_t>(count) : 0, ' ');
}

std::string centred(std::string_view text, std::size_t width, std::string_view left_edge) {
  const auto length = static_cast<std::ptrdiff_t>(width);
  const auto text_width = static_cast<std::ptrdiff_t>(display_width(text));
  const std::ptrdiff_t before = length / 2 - text_width / 2 - 1;
  const std::ptrdiff_t so_far = static_cast<std::ptrdiff_t>(left_edge.size()) + before + text_width;
  std::string out{left_edge};
  out += spaces(before);
  out += text;
  out += spaces(length - 1 - so_far);
  out += '|';
  return out;
}

class table {
 public:
  explicit table(const table_style& style) : style_(style) {}

  /// False for an empty value, which leaves no trace.
  bool build(std::optional<std::string_view> title, const json::value& value, std::size_t depth) {
    const json::array* list = value.if_array();
    const json::object* object = value.if_object();
    if ((list != nullptr && list->empty()) || (object != nullptr && object->empty())) return false;
    if (title) sections_.emplace_back(*title, depth);
    if (list != nullptr) {
      if (list->front().is_object()) {
        build_objects(*list, depth, title.value_or(""));
      } else {
        build_list(*list);
      }
    } else if (object != nullptr) {
      build_object(*object, depth);
    }
    return true;
  }

  std::string render() {
    std::size_t width = widest();
    if (width > static_cast<std::size_t>(std::max(style_.terminal_width, 0))) {
      for (section& part : sections_) turn(part);
      width = widest();
    }
    out_.append(width, '-');
    out_ += '\n';
    for (const section& part : sections_) render_section(part, width - 2 * part.depth);
    return std::move(out_);
  }

 private:
  void build_object(const json::object& object, std::size_t depth) {
    names headers;
    names more;
    group(object, headers, more);
    if (headers.size() == 1) {
      const std::string_view only = *headers.begin();
      sections_.back().add_row({std::string{only}, scalar_text(object.at(only))});
    } else if (!headers.empty()) {
      sections_.back().add_header(cells(headers.begin(), headers.end()));
      sections_.back().add_row(row_of(object, headers));
    }
    for (const std::string_view name : more) build(name, object.at(name), depth + 1);
  }

  void build_objects(const json::array& list, std::size_t depth, std::string_view title) {
    names headers;
    names more;
    for (const json::value& element : list)
      if (element.is_object()) group(element.get_object(), headers, more);
    sections_.back().add_header(cells(headers.begin(), headers.end()));
    for (bool first = true; const json::value& element : list) {
      if (!element.is_object()) continue;
      const json::object& object = element.get_object();
      if (!std::exchange(first, false) && !more.empty()) {
        sections_.emplace_back(title, depth);
        sections_.back().add_header(cells(headers.begin(), headers.end()));
      }
      sections_.back().add_row(row_of(object, headers));
      for (const std::string_view name : more)
        if (const json::value* value = object.if_contains(name)) build(name, *value, depth + 1);
    }
  }

  void build_list(const json::array& list) {
    for (const json::value& element : list) {
      if (is_scalar(element)) {
        sections_.back().add_row({scalar_text(element)});
      } else if (const json::array* row = element.if_array(); row != nullptr && std::ranges::all_of(*row, is_scalar)) {
        cells texts;
        for (const json::value& cell : *row) texts.push_back(scalar_text(cell));
        sections_.back().add_row(std::move(texts));
      } else {
        build(std::nullopt, element, 0);
      }
    }
  }

  static void group(const json::object& object, names& headers, names& more) {
    for (const auto& member : object) (is_scalar(member.value()) ? headers : more).insert(member.key());
  }

  static cells row_of(const json::object& object, const names& headers) {
    cells row;
    for (const std::string_view name : headers) {
      const json::value* value = object.if_contains(name);
      row.push_back(value == nullptr ? std::string{} : scalar_text(*value));
    }
    return row;
  }

  // One row under headers becomes a row for each header: `header | value`.
  static void turn(section& part) {
    if (part.rows.size() != 1 || part.headers.empty()) return;
    section turned{part.title, part.depth};
    for (std::size_t i = 0; i < part.headers.size(); ++i) turned.add_row({part.headers[i], cell_of(part.rows[0], i)});
    part = std::move(turned);
  }

  [[nodiscard]] std::size_t widest() const {
    std::size_t width = 0;
    for (const section& part : sections_) width = std::max(width, part.total_width());
    return width;
  }

  void render_section(const section& part, std::size_t width) {
    if (!part.title.empty()) {
      line(part.depth, centred(part.title, width, "|"));
      if (part.headers.empty() && part.rows.empty()) line(part.depth, '+' + std::string(width - 2, '-') + '+');
    }
    const widths columns = part.stretched(width);
    if (!part.headers.empty()) {
      std::string header;
      for (std::size_t i = 0; i < columns.size(); ++i)
        header += centred(cell_of(part.headers, i), columns[i], i == 0 ? "|" : "");
      line(part.depth, rule(columns));
      line(part.depth, header);
    }
    if (part.rows.empty() || columns.empty()) return;
    line(part.depth, rule(columns));
    for (const cells& row : part.rows) {
      std::string text;
      for (std::size_t i = 0; i < columns.size(); ++i) text += left_aligned(cell_of(row, i), columns[i], i == 0);
      line(part.depth, text);
    }
    line(part.depth, rule(columns));
  }

  [[nodiscard]] std::string left_aligned(const std::string& text, std::size_t width, bool first) const {
    const auto length = static_cast<std::ptrdiff_t>(width);
    const auto text_width = static_cast<std::ptrdiff_t>(display_width(text));
    const std::ptrdiff_t edges = first ? 2 : 1;
    const std::ptrdiff_t padding = length - text_width - 2 - edges >= 0 ? 2 : 0;
    std::string out = first ? "|" : "";
    out += spaces(padding);
    out += style_.color ? "\x1b[1m\x1b[34m" + text + "\x1b[0m" : text;
    out += spaces(length - edges - padding - text_width);
    out += '|';
    return out;
  }

  static std::string rule(const widths& columns) {
    std::string out = "+";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out.append(columns[i] - (i == 0 ? 2 : 1), '-');
      out += '+';
    }
    return out;
  }

  void line(std::size_t depth, std::string_view content) {
    const auto bars = [&] {
      for (std::size_t i = 0; i < depth; ++i) out_ += style_.color ? "\x1b[2m\x1b[33m|\x1b[0m" : "|";
    };
    bars();
    out_ += content;
    bars();
    out_ += '\n';
  }

  table_style style_;
  std::vector<section> sections_;
  std::string out_;
};

}  // namespace

std::string format_table(std::string_view title, const json::value& document, const table_style& style) {
  table drawing{style};
  return drawing.build(title, document, 0) ? drawing.render() : std::string{};
}

}  // namespace mwaa_serverless::cli
