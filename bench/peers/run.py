#!/usr/bin/env python3
"""Measures the library beside other clients of the same service: the same job, the same machine, in turn.

usage: scripts/bench --peers [--only KEY,...] [--rounds N] [--scale FACTOR] [--connections N,...]
                             [--results FOLDER] [--readme] [--render]

N pollers of one process call ListTaskInstances back to back on one core; nginx gives pages that are always the same from
another. Installs what is missing, in versions that are pinned, in build/peers. Writes peers.json, peers.md and plots, and
says what was missed; --readme puts the table into README, --render only writes anew from peers.json.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import contenders  # noqa: E402
import plots  # noqa: E402
from contenders import ROOT, Unavailable, built  # noqa: E402
from figures import PAGES, TRANSPORTS, Figures, goals, is_disturbed, markdown, share_of_others, summary  # noqa: E402
from server import EMPTY_PAGE, Server  # noqa: E402

ITEMS = {"empty": 0, "full": 100}
SERVER_CORE, CLIENT_CORE = 0, 1
RUN_SECONDS = 300  # nothing takes that long but what hangs
WRK_SECONDS, WRK_WARM_UP_SECONDS = 2.0, 0.5
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A run that has no figure, and why."""


def pinned(command):
    """Ends with this program, whatever ends it."""
    return ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", str(CLIENT_CORE), *command]


def environment():
    """Nothing of this machine's settings for AWS or proxies."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    return kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                   "AWS_EC2_METADATA_DISABLED": "true"}


def core_seconds(core, text=None):
    """What a core was busy with, time stolen by the machine's host included."""
    text = text if text is not None else pathlib.Path("/proc/stat").read_text()
    fields = next(line.split() for line in text.splitlines() if line.startswith(f"cpu{core} "))
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[1:9])
    return (user + nice + system + irq + softirq + steal) / TICK


def process_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def scheduled_seconds(pid):
    """The same, to the nanosecond."""
    return sum(int((each / "schedstat").read_text().split()[0])
               for each in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def figures_of(output, errors, code):
    """The line of JSON that a poller prints."""
    said = errors.strip().splitlines()
    because = next((line for line in said if "error" in line.lower()), said[-1] if said else "")
    if code != 0:
        raise Failed(f"exit code {code}: {because}"[:300])
    try:
        out = json.loads(output)
    except ValueError:
        raise Failed(f"it printed no JSON: {output[:100]!r}")
    if out["errors"]:
        raise Failed(f"{out['errors']} errors: {because}"[:300])
    return out


class Process:
    """A program that is started for each run."""

    def __init__(self, command):
        self._command = command

    def measure(self, arguments):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run(pinned([*self._command, *arguments]), env=environment(), stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"it did not end within {RUN_SECONDS} s")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return figures_of(done.stdout, done.stderr, done.returncode), own

    def close(self):
        pass


class Session:
    """A program that measures for each line of its input, as it takes long to become what it is in service."""

    def __init__(self, command):
        self._process = subprocess.Popen(pinned([*command, "--serve"]), env=environment(), stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def measure(self, arguments):
        before = process_seconds(self._process.pid)
        overdue = threading.Timer(RUN_SECONDS, self._process.kill)
        overdue.start()
        try:
            print(*arguments, file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            overdue.cancel()
        if not line:
            raise Failed("it ended, or hung and was ended")
        return figures_of(line, "", 0), process_seconds(self._process.pid) - before

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class Wrk:
    """It cannot be given a number of requests, nor tell its CPU time: nginx counts, the kernel measures."""

    def __init__(self, _command):
        told = subprocess.run(["wrk", "-v"], capture_output=True, text=True, timeout=60).stdout
        self._version = re.search(r"wrk (?:debian/)?(\S+)", told)[1]

    def measure(self, arguments, server, seconds):
        given = dict(zip(arguments[::2], arguments[1::2]))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        length = max(1, round(WRK_WARM_UP_SECONDS + seconds + 0.6))  # whole seconds are what it takes
        process = subprocess.Popen(
            pinned(["wrk", "--threads", "1", "--connections", given["--concurrency"], "--duration", f"{length}s",
                    "--timeout", "60s", "--script", str(HERE / "wrk" / "poll.lua"), given["--endpoint-url"]]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            time.sleep(WRK_WARM_UP_SECONDS)
            looks = []
            for pause in (seconds, 0):
                _, requests = server.status()
                looks.append((requests, scheduled_seconds(process.pid), time.monotonic()))
                time.sleep(pause)
            memory = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())
            output, _ = process.communicate(timeout=RUN_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise Failed(str(failure))
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        if process.returncode != 0 or "Non-2xx" in output or "Socket errors" in output:
            raise Failed(output.strip()[-300:])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        (first, cpu_before, started), (last, cpu_after, ended) = looks
        return {"requests": last - first, "seconds": ended - started, "max_rss_kib": int(memory[1]), "errors": 0,
                "cpu_us_per_request": (cpu_after - cpu_before) * 1e6 / (last - first), "sdk": f"wrk {self._version}",
                }, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def close(self):
        pass


def arguments_of(contender, server, page, transport, connections, requests, warm_up):
    out = ["--endpoint-url", server.url(page, transport), "--concurrency", str(connections),
           "--requests", str(requests), "--warm-up", str(warm_up)]
    if contender.told_items:
        out += ["--items", str(ITEMS[page])]
    if transport == "tls":
        out += ["--ca-bundle", server.certificate_file]
    return out


def checked(told, contender, page, requests, warm_up, counted):
    """Refuses a run that did less than it was asked to."""
    if contender.kind in ("sdk", "library"):
        expected = requests * ITEMS[page]
        if told["requests"] != requests or told["items"] != expected:
            raise Failed(f"{told['requests']} requests and {told['items']} items instead of {requests} and {expected}")
    if contender.kind != "tool" and counted < requests + warm_up:
        raise Failed(f"nginx had {counted} requests instead of {requests + warm_up}")


def measured(contender, program, server, page, transport, connections, scale):
    """A run, and what others used of both cores meanwhile."""
    warm_up = max(contender.warm_up, 2 * connections)
    requests = max(connections, round(contender.requests.get(page, 0) * scale))
    arguments = arguments_of(contender, server, page, transport, connections, requests, warm_up)
    accepted, counted = server.status()
    busy, server_busy, server_own = core_seconds(CLIENT_CORE), core_seconds(SERVER_CORE), server.cpu_seconds()
    started = time.monotonic()
    try:
        if isinstance(program, Wrk):
            told, own = program.measure(arguments, server, max(0.5, WRK_SECONDS * min(scale, 1)))
        else:
            told, own = program.measure(arguments)
        seconds = time.monotonic() - started
        busy = core_seconds(CLIENT_CORE) - busy
        server_busy, server_own = core_seconds(SERVER_CORE) - server_busy, server.cpu_seconds() - server_own
        accepted, counted = (after - before for before, after in zip((accepted, counted), server.status()))
        checked(told, contender, page, requests, warm_up, counted)
    except Failed as failure:
        return {"failed": str(failure)}, {}
    run = {
        "cpu_us_per_request": round(told["cpu_us_per_request"], 2),
        "max_rss_kib": told["max_rss_kib"],
        "requests": told["requests"],
        "seconds": round(told["seconds"], 3),
        "others": round(share_of_others(busy, own, seconds), 3),
        "others_on_servers_core": round(share_of_others(server_busy, server_own, seconds), 3),
        "connections_made": accepted,
    }
    if contender.kind != "tool" and counted > requests + warm_up:
        run["requests_repeated"] = counted - requests - warm_up
    if "compiler_ms" in told:
        run["compiler_ms"] = told["compiler_ms"]
    return run, {name: told[name] for name in ("sdk", "runtime", "http", "retry_mode") if told.get(name)}


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    processor = re.search(r"model name\s*: (.*)", text)
    system = dict(re.findall(r'^(\w+)="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE))
    virtual = " (virtual)" if re.search(r"^flags.*\bhypervisor\b", text, re.MULTILINE) else ""
    return (f"{processor[1] if processor else os.uname().machine}{virtual}, {os.cpu_count()} CPUs, "
            f"{system.get('PRETTY_NAME', 'Linux')}")


def say(text):
    print(text, file=sys.stderr, flush=True)


def made_ready(chosen):
    """The command of each that can be had here, and why the others cannot."""
    subprocess.run([ROOT / "scripts" / "bootstrap", "--peers"], check=True, stdout=sys.stderr)
    commands, unavailable = {}, {}
    for each in chosen:
        say(f"peers: making {each.label} ready")
        try:
            # Both of Java's share a folder.
            folder = ROOT / "build" / "peers" / each.key.partition("-")[0]
            folder.mkdir(parents=True, exist_ok=True)
            commands[each.key] = each.ready(folder) if each.ready else []
        except Unavailable as why:
            say(f"peers: {each.label} is not installable here: {why}")
            unavailable[each.key] = str(why)
    return commands, unavailable


def started(contender, command):
    return {"tool": Wrk, "session": Session}.get(contender.way, Process)(command)


def measure_all(chosen, commands, options):
    """Rounds over all cases and contenders in turn; each round begins with another contender."""
    runs, versions = {}, {}
    page_of_100 = subprocess.run([built(), "page"], capture_output=True, text=True, check=True).stdout
    cases = [(page, transport, connections) for page in PAGES for transport in TRANSPORTS
             for connections in options.connections]
    with contextlib.ExitStack() as stack:
        os.sched_setaffinity(0, {SERVER_CORE})
        server = stack.enter_context(Server({"empty": EMPTY_PAGE, "full": page_of_100}, SERVER_CORE))
        programs = {}
        for each in chosen:
            programs[each.key] = started(each, commands[each.key])
            stack.callback(programs[each.key].close)
            if each.way == "session":
                say(f"peers: warming up {each.label}")
                for page in PAGES:
                    for transport in TRANSPORTS:
                        with contextlib.suppress(Failed):  # it will be told of the runs
                            programs[each.key].measure(arguments_of(
                                each, server, page, transport, options.connections[0],
                                contenders.SESSION_WARM_UP, 0))
        for turn in range(options.rounds):
            first = turn * len(chosen) // options.rounds
            for page, transport, connections in cases:
                for each in chosen[first:] + chosen[:first]:
                    run, told = measured(each, programs[each.key], server, page, transport, connections, options.scale)
                    runs.setdefault((each.key, page, transport, connections), []).append(run)
                    versions.setdefault(each.key, {}).update(told)
                    result = f"failed: {run['failed']}" if "failed" in run else (
                        f"{run['cpu_us_per_request']:8.1f} µs" +
                        (f"  others used {run['others']:.0%} of the core" if is_disturbed(run) else ""))
                    say(f"{turn + 1}/{options.rounds}  {page:5} {transport:5} {connections:4}  {each.key:11} {result}")
    return runs, versions, server.version()


def assembled(chosen, unavailable, runs, versions, server_version, options):
    results = {
        "date": datetime.date.today().isoformat(),
        "command": "scripts/bench --peers" + "".join(f" {shlex.quote(word)}" for word in options.given),
        "machine": machine(),
        "server": server_version,
        "rounds": options.rounds,
        "contenders": [],
        "figures": [],
    }
    for each in chosen:
        row = {"key": each.key, "label": each.label, "kind": each.kind, "note": each.note, **versions.get(each.key, {})}
        if each.kind in ("library", "floor"):
            row |= contenders.own_versions(each.kind == "library")
        if each.way == "session":
            warm_up = contenders.SESSION_WARM_UP * len(PAGES) * len(TRANSPORTS)
            row["note"] += f"; one virtual machine for all runs, which has compiled for {warm_up:,} requests before"
        if each.key in unavailable:
            row["unavailable"] = unavailable[each.key]
        results["contenders"].append(row)
    for (key, page, transport, connections), of in runs.items():
        results["figures"].append({"contender": key, "page": page, "transport": transport,
                                   "connections": connections, **summary(of), "runs": of})
    results["goals"] = goals(results)
    return results


def by_lines(results):
    """JSON with a line a contender, figure and run, so that differences can be read."""
    head = {name: value for name, value in results.items() if not isinstance(value, list)}
    parts = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items()]
    for name in ("contenders", "goals", "figures"):
        rows = []
        for row in results[name]:
            runs = row.get("runs")
            text = json.dumps({key: value for key, value in row.items() if key != "runs"}, ensure_ascii=False)
            if runs is not None:
                text = text[:-1] + ', "runs": [\n   ' + ",\n   ".join(map(json.dumps, runs)) + "]}"
            rows.append(text)
        parts.append(f"{json.dumps(name)}: [\n  " + ",\n  ".join(rows) + "]")
    return "{\n " + ",\n ".join(parts) + "\n}\n"


README_BEGIN, README_END = "<!-- bench/results/peers.md, by scripts/bench --peers -->\n", "<!-- until here -->\n"


def with_section(readme, section):
    """README with `section` between its marks."""
    before, begin, rest = readme.partition(README_BEGIN)
    _, end, after = rest.partition(README_END)
    if not begin or not end:
        raise SystemExit(f"README has no {README_BEGIN.strip()} ... {README_END.strip()}")
    return before + begin + section + end + after


def section_of(results):
    return (markdown(results) + "\n![CPU time a request of each client](bench/results/peers-cpu.svg)\n\n"
            "The memory of each is drawn in [peers-memory.svg](bench/results/peers-memory.svg), and each run is in\n"
            "[peers.json](bench/results/peers.json).\n")


def write(results, folder, readme):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "peers.json").write_text(by_lines(results))
    (folder / "peers.md").write_text(markdown(results))
    plots.draw(results, folder)
    if readme:
        path = ROOT / "README.md"
        path.write_text(with_section(path.read_text(), section_of(results)))


def tell(results):
    print(markdown(results))
    for each in results["goals"]:
        mark = ", disturbed" if each["disturbed"] else ""
        print(f"{'kept  ' if each['kept'] else 'missed'} {each['goal']}: {each['value']:.2f} ({each['limit']}{mark})")
    figures = Figures(results)
    marked = sum(row.get("disturbed", False) for row in results["figures"])
    runs = [run for row in results["figures"] for run in row["runs"] if "failed" not in run]
    print(f"\n{sum(map(is_disturbed, runs))} of {len(runs)} runs were disturbed; {marked} of {len(results['figures'])} "
          f"figures have no other. Connections: {', '.join(map(str, figures.connections))}.")


def parsed(words):
    keys = [each.key for each in contenders.ALL]
    parser = argparse.ArgumentParser(prog="scripts/bench --peers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(keys), help=f"of {', '.join(keys)}; the library is always measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="times the usual numbers of requests")
    parser.add_argument("--connections", default="16,256")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "bench" / "results")
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--render", action="store_true")
    options = parser.parse_args(words)
    options.only = options.only.split(",")
    unknown = [key for key in options.only if key not in keys]
    if unknown:
        parser.error(f"no such client: {', '.join(unknown)}")
    options.connections = sorted({int(word) for word in options.connections.split(",")})
    if options.rounds < 1 or options.scale <= 0 or options.connections[0] < 1:
        parser.error("rounds, scale and connections are positive")
    options.given = [word for word in words if word not in ("--readme", "--render")]
    return options


def main():
    options = parsed(sys.argv[1:])
    if options.render:
        results = json.loads((options.results / "peers.json").read_text())
        results["goals"] = goals(results)
    else:
        if not {SERVER_CORE, CLIENT_CORE} <= os.sched_getaffinity(0):
            raise SystemExit(f"peers: needs cores {SERVER_CORE} and {CLIENT_CORE}")
        # What was started is stopped, however this is ended, in the background of a script too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        chosen = [each for each in contenders.ALL if each.key in options.only or each.kind == "library"]
        commands, unavailable = made_ready(chosen)
        present = [each for each in chosen if each.key in commands]
        runs, versions, server_version = measure_all(present, commands, options)
        results = assembled(chosen, unavailable, runs, versions, server_version, options)
    write(results, options.results, options.readme)
    tell(results)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
