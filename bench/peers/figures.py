"""What is made of the runs: medians, marks, ratios, goals and tables."""

import statistics
import textwrap

PAGES = {"empty": "empty page", "full": "100 items"}
TRANSPORTS = {"plain": "", "tls": ", TLS"}
FOREIGN_LIMIT = 0.05  # of a core's time, used by others; above that a run is marked


def share_of_others(busy_seconds, own_seconds, seconds):
    """Of a core's time, what neither the measured process used nor nobody."""
    return max(0.0, busy_seconds - own_seconds) / seconds if seconds > 0 else 0.0


def is_disturbed(run):
    return run["others"] > FOREIGN_LIMIT


def summary(runs):
    """The median of the runs in which nobody else used the core; of all of them, and marked, when there is none."""
    valid = [run for run in runs if "failed" not in run]
    if not valid:
        return {"failed": runs[0]["failed"] if runs else "it did not run"}
    calm = [run for run in valid if not is_disturbed(run)]
    used = calm or valid
    return {
        "cpu_us_per_request": round(statistics.median(run["cpu_us_per_request"] for run in used), 2),
        "max_rss_kib": round(statistics.median(run["max_rss_kib"] for run in used)),
        "runs_used": len(used),
        "disturbed": not calm,
    }


class Figures:
    """Of the contenders' keys in `results`, the figure of each case (page, transport, connections)."""

    def __init__(self, results):
        self._of = {(row["contender"], row["page"], row["transport"], row["connections"]): row
                    for row in results["figures"]}
        self.connections = sorted({row["connections"] for row in results["figures"]})
        self.cases = [(page, transport) for page in PAGES for transport in TRANSPORTS
                      if any(row["page"] == page and row["transport"] == transport for row in results["figures"])]

    def row(self, key, page, transport, connections):
        return self._of.get((key, page, transport, connections), {"failed": "not measured"})

    def cpu(self, *case):
        return self.row(*case).get("cpu_us_per_request")

    def is_marked(self, *case):
        return self.row(*case).get("disturbed", False)

    def ratio(self, key, other, page, transport, connections):
        mine, theirs = (self.cpu(each, page, transport, connections) for each in (key, other))
        return None if mine is None or theirs is None else mine / theirs


def goal(what, value, limit, at_most, marked):
    return {"goal": what, "value": round(value, 2), "limit": limit,
            "kept": value <= limit if at_most else value >= limit, "disturbed": marked}


def goals(results):
    """What is aimed at, where all that it compares was measured."""
    figures, out = Figures(results), []
    limits = {("empty", "plain"): (1.35, ["beast"]), ("empty", "tls"): (1.35, ["beast", "epoll"]),
              ("full", "plain"): (2.7, ["beast"]), ("full", "tls"): (1.5, ["beast", "epoll"])}
    for (page, transport), (limit, floors) in limits.items():
        case = PAGES[page] + TRANSPORTS[transport]
        for connections in figures.connections:
            at = (page, transport, connections)
            measured = [key for key in floors if figures.cpu(key, *at) is not None]
            if measured and figures.cpu("library", *at) is not None:
                floor = min(measured, key=lambda key: figures.cpu(key, *at))
                out.append(goal(f"{case}, {connections} connections: the library to {floor}",
                                figures.ratio("library", floor, *at), limit, True,
                                figures.is_marked("library", *at) or figures.is_marked(floor, *at)))
        low, high = figures.connections[0], figures.connections[-1]
        few, many = (figures.cpu("library", page, transport, n) for n in (low, high))
        if low != high and few is not None and many is not None:
            out.append(goal(f"{case}: the library's {high} connections to its {low}", many / few, 1.1, True,
                            any(figures.is_marked("library", page, transport, n) for n in (low, high))))
    for page, limit in (("empty", 6), ("full", 5)):
        for connections in figures.connections:
            at = (page, "plain", connections)
            sdks = [each["key"] for each in results["contenders"]
                    if each["kind"] == "sdk" and figures.ratio(each["key"], "library", *at) is not None]
            if sdks:
                least = min(sdks, key=lambda key: figures.cpu(key, *at))
                out.append(goal(f"{PAGES[page]}, {connections} connections: the cheapest SDK ({least}) to the library",
                                figures.ratio(least, "library", *at), limit, False,
                                figures.is_marked("library", *at) or figures.is_marked(least, *at)))
    return out


def number(value):
    return f"{value:.1f}" if value < 20 else f"{value:,.0f}"


def cell(figures, key, page, transport):
    """Figures of each number of connections, and how many times the library's they are."""
    values, ratios = [], []
    for connections in figures.connections:
        at = (page, transport, connections)
        value = figures.cpu(key, *at)
        if value is None:
            values.append("–")
            continue
        values.append(number(value) + ("\\*" if figures.is_marked(key, *at) else ""))
        ratio = figures.ratio(key, "library", *at)
        if ratio is not None:
            ratios.append(f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}")
    text = " / ".join(values)
    return text if key == "library" or not ratios else f"{text} ({' / '.join(ratios)} ×)"


def table(rows):
    return "\n".join([f"| {' | '.join(rows[0])} |", "|" + "---|" * len(rows[0]),
                      *(f"| {' | '.join(row)} |" for row in rows[1:])])


def markdown(results):
    figures = Figures(results)
    counts = " / ".join(map(str, figures.connections))
    most = figures.connections[-1]
    heads = [PAGES[page] + TRANSPORTS[transport] for page, transport in figures.cases]
    rows = [["client", *heads, "peak RSS, MiB"]]
    missing = []
    for each in results["contenders"]:
        if "unavailable" in each:
            missing.append(f"* {each['label']}: not installable here: {each['unavailable']}")
            rows.append([each["label"], *["not installable"] * len(heads), "–"])
            continue
        name = f"**{each['label']}**" if each["kind"] == "library" else each["label"]
        memory = [figures.row(each["key"], *case, most).get("max_rss_kib") for case in figures.cases]
        memory = [kib for kib in memory if kib is not None]
        rows.append([name, *(cell(figures, each["key"], *case) for case in figures.cases),
                     number(max(memory) / 1024) if memory else "–"])
        for case in figures.cases:
            for connections in figures.connections:
                row = figures.row(each["key"], *case, connections)
                if "failed" in row and row["failed"] != "not measured":
                    missing.append(f"* {each['label']}, {PAGES[case[0]]}{TRANSPORTS[case[1]]}, {connections} "
                                   f"connections: failed: {row['failed']}")
    who = [["client", "version", "on", "retries", "what it is"]]
    for each in results["contenders"]:
        if "unavailable" not in each:
            who.append([each["label"], each.get("sdk", ""),
                        ", ".join(filter(None, (each.get("runtime"), each.get("http")))),
                        each.get("retry_mode", ""), each["note"]])
    intro = (
        f"CPU µs a request (user and system, of the client's process) with {counts} connections, and how many times the "
        f"library's that is; medians of {results['rounds']} round{'s' if results['rounds'] > 1 else ''} in turn. {results['machine']}; nginx "
        f"{results['server']} with canned pages on one core, the client on another; {results['date']}; "
        f"`{results['command']}`. Peak RSS is the largest of the cases with {most} connections. Each client polls back "
        "to back over kept connections and decodes each page into its own types, but for those that do no JSON.")
    parts = [textwrap.fill(intro, 120, break_long_words=False, break_on_hyphens=False), table(rows)]
    if any(row.get("disturbed") for row in results["figures"]):
        parts.append(f"\\* In each run others used more than {FOREIGN_LIMIT:.0%} of the client's core.")
    if missing:
        parts.append("\n".join(missing))
    parts.append(table(who))
    return "\n\n".join(parts) + "\n"
