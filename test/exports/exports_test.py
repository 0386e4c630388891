#!/usr/bin/env python3
"""What the shared libraries export: names of the public headers and nothing else of this project.

usage: exports_test.py NM SOURCE_FOLDER LIBRARY...
"""
import pathlib
import re
import subprocess
import sys

nm, source, libraries = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
headers = "\n".join(each.read_text() for each in (source / "include").rglob("*.hpp"))
# The namespaces of the sources are named as their folders; `model` and `client` have none, `testing` is a public one.
internal = {each.name for each in (source / "src").iterdir() if each.is_dir()} - {"model", "client", "testing"}
# Every name of a declaration that is marked, up to its parameters, bases or body.
MARKED = re.compile(r"\bMWAA_SERVERLESS_API\b([^({;]*)")
public = set(re.findall(r"\w+", " ".join(MARKED.findall(headers)))) | {"operator"}


def entity(symbol):
    """What a demangled symbol defines, as the names it is made of: without template arguments, parameters, results."""
    bare = re.sub(r"\boperator[<>=!]+", "operator", symbol)
    while True:
        shorter = re.sub(r"<[^<>]*>|\([^()]*\)|\{[^{}]*\}|\[[^\[\]]*\]", "", bare)
        if shorter == bare:
            break
        bare = shorter
    words = [word for word in bare.split() if "::" in word]
    return words[-1].split("::") if words else []


failures = []
for library in libraries:
    listed = subprocess.run([nm, "-DC", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    symbols = [line.split(maxsplit=2)[2] for line in listed.splitlines() if len(line.split(maxsplit=2)) == 3]
    own = [(symbol, names[1:]) for symbol in symbols if (names := entity(symbol))[:1] == ["mwaa_serverless"]]
    if not own:
        failures.append(f"{library}: exports nothing of mwaa_serverless")
    for symbol, names in own:
        below = [name for name in names if name not in ("testing", "detail")]
        if names[0] in internal or below[0].lstrip("~") not in public:
            failures.append(f"{library}: {symbol}")
    print(f"{pathlib.Path(library).name}: {len(own)} symbols of this project")

print("\n".join(failures[:40]))
if failures:
    sys.exit(f"{len(failures)} symbols should be hidden (or not be there)")
