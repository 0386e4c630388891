#!/usr/bin/env python3
"""Who may include what, asked of the compiler: the decisions stay pure, and a layer does not know those to its right.

usage: layers_test.py SOURCE_FOLDER COMPILE_COMMANDS

One translation unit that includes all files of a layer stands for each of them: it is preprocessed, never compiled.
"""
import json
import pathlib
import re
import shlex
import subprocess
import sys

# From left to right: a folder of src, and the public headers that belong to it. The drawing in CONTRIBUTING.md is this.
LAYERS = {
    "strings": ["export"],
    "model": ["credentials", "error", "json_text", "open_enum", "result", "text", "model/airflow_ui", "model/tags",
              "model/task_instance", "model/workflow", "model/workflow_run", "model/workflow_version"],
    "async": ["as_result", "async_generator", "clock", "initiate"],
    "protocol": ["http"],
    "signing": [],
    "retry": ["retry"],
    "config": ["configured_value"],
    "net": ["network_options", "transport", "transport_metrics"],
    "process": [],
    "sources": ["credentials_provider", "role_options"],
    "client": ["attempt_gate", "call_options", "client", "client_config", "observer",
               "paginator", "wait_for_run"],
    "watcher": ["run_watcher", "watch_event"],
}
# What is built on the library, and on what else; the library knows none of it.
PRODUCTS = {"testing": [], "cli": [], "emulator": ["testing"]}
# Layers without I/O, as far as they are built: the sources of the target `mwaa_serverless_core`.
PURE = "mwaa_serverless_core.dir"
# Headers that the pure part never reaches.
WITH_IO = ("boost/asio", "boost/beast", "openssl/ssl.h", "ares.h")
# Code that the pure part does not contain, whatever header it comes from.
FORBIDDEN = ("<random>", "<thread>", "<unistd", "<sys/socket", "_clock::now", "std::time(", "random_device", "mt19937", "gettimeofday",
             "std::rand", "clock_gettime", "co_await", "RAND_bytes", "getenv", "sleep_for", "sleep_until")
# Headers that a user's sources never reach through a public header.
NOT_PUBLIC = ("boost/beast", "boost/json", "boost/asio/ssl", "boost/asio.hpp", "openssl/", "ares.h")

# The paragraphs of a public class's doc comment, in their order, after what it does.
PARAGRAPHS = ["Errors", "Cancellation", "Lifetime", "Threads", "Source"]

source = pathlib.Path(sys.argv[1]).resolve()
commands = json.loads(pathlib.Path(sys.argv[2]).read_text())
failures = []


def fail(message):
    failures.append(message)


def flags_of(command):
    """Compiler and flags, without the launcher and without what names the source and the outputs."""
    words = shlex.split(command["command"]) if "command" in command else list(command["arguments"])
    while pathlib.Path(words[0]).name == "ccache":
        words.pop(0)
    kept, rest = [words[0]], iter(words[1:])
    for word in rest:
        if word in ("-o", "-MF", "-MT", "-MQ", "-c"):
            next(rest)
        elif word not in ("-MD", "-MMD") and not word.startswith("-fsanitize"):
            kept.append(word)
    return kept


def preprocess(command, files, *options):
    unit = "".join(f'#include "{file}"\n' for file in files)
    run = subprocess.run([*flags_of(command), "-x", "c++", *options, "-"], input=unit, capture_output=True, text=True,
                         cwd=command["directory"], check=False)
    if run.returncode:
        sys.exit(f"the compiler failed: {run.stderr}")
    return run


def dependencies(command, files):
    """Every header that one of the files reaches, as an absolute path."""
    rule = preprocess(command, files, "-M").stdout.replace("\\\n", " ").split(":", 1)[1]
    return {str((pathlib.Path(command["directory"]) / word).resolve()) for word in rule.split() if word != "-"}


def way_to(header, command, files):
    """The includes that lead to a header, for the message."""
    way = []
    for line in preprocess(command, files, "-H", "-E", "-o", "/dev/null").stderr.splitlines():
        dots, _, name = line.partition(" ")
        if not dots or dots.strip("."):
            continue
        way = way[: len(dots) - 1] + [name]
        if (pathlib.Path(command["directory"]) / name).resolve() == pathlib.Path(header):
            return " -> ".join(short(each) for each in way)
    return short(header)


def short(path):
    path = pathlib.Path(path)
    return str(path.relative_to(source)) if path.is_relative_to(source) else str(path)


def layer_of(path):
    """The folder of src, or the layer that a public header belongs to; None beyond this project."""
    path = pathlib.Path(path)
    if path.is_relative_to(source / "src"):
        return path.relative_to(source / "src").parts[0]
    if path.is_relative_to(source / "include"):
        name = str(path.relative_to(source / "include/mwaa_serverless").with_suffix(""))
        if name.startswith("testing/"):
            return "testing"
        for layer, headers in LAYERS.items():
            if name in headers:
                return layer
        fail(f"include/mwaa_serverless/{name}.hpp belongs to no layer: name it in {pathlib.Path(__file__).name}")
    return None


def is_io(path):
    return any(f"/{name}" in path for name in WITH_IO)


def files_of(layer):
    files = [path for path in sorted((source / "src" / layer).rglob("*")) if path.suffix in (".cpp", ".hpp")]
    public = [source / "include/mwaa_serverless" / f"{name}.hpp" for name in LAYERS.get(layer, [])]
    return [str(path) for path in public + files]


def command_for(layer):
    for command in commands:
        # A group of sources that are compiled at a time is a file beside the objects.
        if pathlib.Path(command["file"]).is_relative_to(source / "src" / layer) or \
                f"/src/{layer}/CMakeFiles/" in command["file"]:
            return command
    return None


def check_layers():
    names = list(LAYERS)
    known = {*names, *PRODUCTS}
    for folder in sorted(path.name for path in (source / "src").iterdir() if path.is_dir()):
        if folder not in known:
            fail(f"src/{folder} is no layer: name it in {pathlib.Path(__file__).name}")
    for layer in [*names, *PRODUCTS]:
        command = command_for(layer)
        if command is None:
            print(f"{layer}: not built here")
            continue
        allowed = set(names[: names.index(layer) + 1]) if layer in LAYERS else {*names, layer, *PRODUCTS[layer]}
        files = files_of(layer)
        reached = dependencies(command, files)
        for path in sorted(reached):
            of = layer_of(path)
            if of is not None and of not in allowed:
                fail(f"{layer} may not include {of}: {way_to(path, command, files)}")
        print(f"{layer}: {len(files)} files reach {len(reached)} headers")


def check_pure():
    pure = [command for command in commands if f"/{PURE}/" in str(command)]
    files = sorted(command["file"] for command in pure)
    if len(files) < 20:
        sys.exit(f"{sys.argv[2]} tells of {len(files)} pure files only")
    reached = dependencies(pure[0], files)
    for path in sorted(reached):
        if is_io(path):
            fail(f"the pure part may not reach I/O: {way_to(path, pure[0], files)}")
            break  # one of Asio's headers brings a hundred others
    ours = [path for path in sorted(reached) if layer_of(path)]
    for path in ours:
        for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
            code = line.split("//")[0]
            for word in FORBIDDEN:
                if word in code:
                    fail(f"{short(path)}:{number}: the pure part may not use {word}: {line.strip()}")
    print(f"pure: {len(files)} sources, {len(ours)} files of ours")
    missing = [str(path) for path in (source / "src").rglob("*_state.cpp")
               if str(path) not in ours and "co_await" not in path.read_text()]
    for path in missing:
        fail(f"{short(path)} decides without I/O: it belongs to the target mwaa_serverless_core")


def check_paragraphs(path, text):
    """The doc comment of a public class: the paragraphs in their order, each behind an empty line."""
    for comment, name in re.findall(r"((?:^///.*\n)+)(?:^template.*\n|^  requires.*\n)*^class (?:MWAA_SERVERLESS_API |"
                                    r"\[\[nodiscard\]\] )*(\w+)[^;]*?\{", text, re.MULTILINE):
        lines = comment.splitlines()
        at = [(PARAGRAPHS.index(word), number) for number, line in enumerate(lines)
              if (word := line.removeprefix("/// ").split(":")[0]) in PARAGRAPHS]
        places = [place for place, _ in at]
        if places != sorted(set(places)):
            fail(f"{short(path)}: the paragraphs of {name} are not in the order {', '.join(PARAGRAPHS)}")
        if PARAGRAPHS.index("Threads") not in places and "All are values:" not in text.split("#pragma once")[0]:
            fail(f"{short(path)}: the comment of {name} has no paragraph `Threads:`")
        if any(number == 0 or lines[number - 1] != "///" for _, number in at):
            fail(f"{short(path)}: a paragraph of {name} has no empty line before it")


def check_public():
    for folder, command in (("", command_for("client")), ("testing", command_for("testing"))):
        if command is None:
            continue
        headers = sorted(str(path) for path in (source / "include/mwaa_serverless").rglob("*.hpp")
                         if ("testing" in path.parts) == (folder == "testing"))
        for path in sorted(dependencies(command, headers)):
            if any(f"/{name}" in path for name in NOT_PUBLIC) or path.startswith(str(source / "src")):
                fail(f"a public header may not reach {way_to(path, command, headers)}")
                break
        for path in headers:
            text = pathlib.Path(path).read_text()
            if "\n#pragma once\n" not in text:
                fail(f"{short(path)} lacks #pragma once")
            check_paragraphs(path, text)
            if re.search(r'^#include "', text, re.MULTILINE):
                fail(f'{short(path)} includes by "": a user has no such folder')


def check_drawing():
    drawing = re.search(r"^`([a-z_]+(?: → [a-z_]+)+)`", (source / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    expected = " → ".join(LAYERS)
    if not drawing or drawing.group(1) != expected:
        fail(f"CONTRIBUTING.md draws the layers as {drawing and drawing.group(1)}; they are {expected}")


check_layers()
check_pure()
check_public()
check_drawing()
for message in failures:
    print(f"FAILED: {message}")
sys.exit(bool(failures))
