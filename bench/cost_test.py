#!/usr/bin/env python3
"""What decode, sign, items, a poll and a decision of the watcher cost, in instructions and allocations, against the limits of cost_limits.json.

usage: cost_test.py BENCH COMPILER   (as CMake names it: GNU or Clang)

Unlike times these do not depend on who else uses the machine. A limit is some 10 % above what was measured when it was
written, since the C library has code for each processor too: lower it with the cost, and raise it only for a reason that
the commit tells. The instructions are those of one page, request, item, poll or decision, by callgrind; of a poll, with
the C library and OpenSSL, but without the kernel and the server. Exit code 77 (a visible skip in
CTest) without valgrind; with MWAA_SERVERLESS_REQUIRE_ALL=1 in the environment that is a failure.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

POLL = ["poll", "--concurrency", "1", "--warm-up", "10", "--requests", "100"]
COMMANDS = {
    "decode": ["decode", "--rounds", "3"],
    "sign": ["sign", "--rounds", "3"],
    "items": ["items", "--rounds", "50"],
    "poll": [*POLL, "--items", "0"],
    "poll_100_items": [*POLL, "--items", "100"],
    "poll_tls": [*POLL, "--items", "0", "--tls"],
    "watch_decision": ["watch", "--decisions"],
}


def measured(bench, name):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--callgrind-out-file=/dev/null",
         bench, *COMMANDS[name], "--format", "json"],
        # OpenSSL's code for any processor: it has others for what this one can do.
        env={**os.environ, "OPENSSL_ia32cap": "0:0"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or collected is None:
        sys.exit(f"cost: {name} failed under valgrind:\n{done.stdout}{done.stderr}")
    figures = json.loads(done.stdout)
    if int(collected[1]) == 0:
        sys.exit("cost: the benchmark was compiled without valgrind/callgrind.h; build it again")
    return {**figures, "instructions": int(collected[1]) / figures["operations"]}


def main():
    bench, compiler = sys.argv[1:]
    if shutil.which("valgrind") is None:
        print("skipped: there is no valgrind (scripts/bootstrap)")
        return 1 if os.environ.get("MWAA_SERVERLESS_REQUIRE_ALL") == "1" else 77
    limits = json.loads((pathlib.Path(__file__).parent / "cost_limits.json").read_text())
    exceeded = False
    for name, of in limits[compiler].items():
        figures = measured(bench, name)
        for figure, limit in of.items():
            over = figures[figure] > limit
            exceeded |= over
            print(f"{name}: {figures[figure]:,.2f} {figure}, at most {limit:,}{' EXCEEDED' if over else ''}")
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
