"""A bar for each contender and number of connections, on a logarithmic scale, in a panel for each case."""

import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from drawing import Drawing  # noqa: E402
from figures import PAGES, TRANSPORTS, Figures, number  # noqa: E402

COLOURS = {"library": ("#0b62b0", "#6fa8dc"), "floor": ("#3d8b40", "#93c795"), "tool": ("#3d8b40", "#93c795"),
           "sdk": ("#b3261e", "#e39b96")}


def scale(least, most):
    """Ticks of 1, 2 and 5 times powers of ten, with room for the figures' text."""
    all_ticks = [step * 10 ** power for power in range(-2, 8) for step in (1, 2, 5)]
    low = max(tick for tick in all_ticks if tick <= least * 0.8)
    high = min(tick for tick in all_ticks if tick >= most * 1.3)
    return [tick for tick in all_ticks if low <= tick <= high]


def bars(results, value, unit, title, path):
    """`value` gives a row's figure, or None."""
    figures = Figures(results)
    contenders = [each for each in results["contenders"] if "unavailable" not in each]
    found = [value(row) for row in results["figures"] if value(row) is not None]
    if not found:
        return
    ticks = scale(min(found), max(found))
    low, high = math.log10(ticks[0]), math.log10(ticks[-1])
    names, panel, thick, gap, top = 175, 340, 10, 8, 60
    group = thick * len(figures.connections) + gap
    height = group * len(contenders) + 50
    columns = min(2, len(figures.cases))
    lines = math.ceil(len(figures.cases) / columns)
    out = Drawing(names + columns * (panel + 40) + 20, top + lines * height, title)
    out.text(10, 20, title, font_size=14, font_weight="bold")
    shades = ", ".join(f"{'dark' if index == 0 else 'light'}: {count} connections"
                       for index, count in enumerate(figures.connections[:2]))
    out.text(10, 38, f"{unit}, logarithmic; {shades}; green: without JSON and signatures")
    for index, (page, transport) in enumerate(figures.cases):
        left, upper = names + index % columns * (panel + 40), top + index // columns * height
        bottom = upper + group * len(contenders)

        def across(amount):
            return left + (math.log10(amount) - low) / (high - low) * panel

        out.text(left, upper - 4, PAGES[page] + TRANSPORTS[transport], font_weight="bold")
        for amount in ticks:
            out.line(across(amount), upper, across(amount), bottom, stroke="#dddddd")
            out.text(across(amount), bottom + 14, f"{amount:g}", text_anchor="middle", fill="#555555")
        for place, each in enumerate(contenders):
            y = upper + place * group + gap / 2
            if index % columns == 0:
                out.text(left - 8, y + (group - gap) / 2 + 4, each["label"], text_anchor="end",
                         font_weight="bold" if each["kind"] == "library" else "")
            for at, connections in enumerate(figures.connections):
                amount = value(figures.row(each["key"], page, transport, connections))
                if amount is not None:
                    colour = COLOURS[each["kind"]][min(at, 1)]
                    out.bar(left, y + at * thick, across(amount) - left, thick - 1, fill=colour)
                    out.text(across(amount) + 4, y + at * thick + thick - 2, number(amount), font_size=9)
    out.written(path)


def draw(results, folder):
    bars(results, lambda row: row.get("cpu_us_per_request"), "CPU µs a request",
         "What a poll costs: CPU time of the client", folder / "peers-cpu.svg")
    bars(results, lambda row: row["max_rss_kib"] / 1024 if "max_rss_kib" in row else None, "MiB",
         "What a poller takes: peak resident memory of the client", folder / "peers-memory.svg")
