"""Who is measured: how each is made ready here, started, and how much it is given to do."""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "test" / "interop")]
from program import built  # noqa: E402
from sdk_builds import Unavailable, build_go, build_java, build_rust  # noqa: E402


# For each page and transport, before the first round, of those whose virtual machine compiles while it runs.
SESSION_WARM_UP = 25_000


class Contender:
    """`requests` are those of a run for each page, two seconds of work or less; `warm_up` are not measured. `way` is how
    it is run: a "process" for each run, one "session" for all of them, or the "tool" wrk."""

    def __init__(self, key, label, kind, ready, requests, warm_up, note="", way="process"):
        self.key, self.label, self.kind, self.ready, self.note, self.way = key, label, kind, ready, note, way
        self.requests, self.warm_up = requests, warm_up

    @property
    def told_items(self):
        """Whether it is told how many items a page must have, and looks."""
        return self.kind == "sdk"


def python_program(name, folder):
    """An interpreter with what NAME.txt pins."""
    requirements = HERE / "python" / f"{name}.txt"
    mark = folder / "complete"
    python = folder / "venv" / "bin" / "python"
    if not mark.exists() or mark.read_text() != requirements.read_text():
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True, timeout=300)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r",
                            requirements], check=True, timeout=600)
        except (subprocess.SubprocessError, OSError) as failure:
            raise Unavailable(str(failure))
        mark.write_text(requirements.read_text())
    return [str(python), "-B", str(HERE / "python" / f"{name}_poll.py")]


def rust_program(folder):
    return build_rust(HERE / "rust", folder, "poll", release=True)


def own_program(client):
    program = built()
    told = subprocess.run([program, "poll", "--help"], capture_output=True, text=True, timeout=60).stdout
    if "--client" in told:
        return [str(program), "poll", "--client", client, "--format", "json"]
    if client == "library":
        return [str(program), "poll", "--format", "json"]
    raise Unavailable("mwaa-serverless-bench has no such client yet")


def own_versions(is_library):
    project = re.search(r"project\(mwaa_serverless VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    compiler = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, timeout=60).stdout.strip()
    tls = subprocess.run(["openssl", "version"], capture_output=True, text=True, timeout=60).stdout.split()[1]
    out = {"runtime": f"GCC {compiler}", "http": f"Boost 1.81, OpenSSL {tls}"}
    return out | {"sdk": f"mwaa_serverless {project[1]}", "retry_mode": "standard"} if is_library else out


def own(client):
    return lambda folder: own_program(client)


ALL = [
    Contender("epoll", "epoll, the least", "floor", own("epoll"), {"empty": 100_000, "full": 60_000}, 2_000,
              "recv and send on epoll, OpenSSL, a scan of the headers; no JSON, no signature"),
    Contender("beast", "Beast, ready bytes", "floor", own("beast"), {"empty": 100_000, "full": 50_000}, 2_000,
              "Boost.Beast reads answers to a request made once; no JSON, no signature"),
    Contender("wrk", "wrk", "tool", None, {}, 0,
              "a generator of load: no JSON, no signature, and it does not check the certificate", way="tool"),
    Contender("library", "this library", "library", own("library"), {"empty": 100_000, "full": 30_000}, 4_000,
              "coroutines on one thread"),
    Contender("rust", "AWS SDK for Rust", "sdk", rust_program, {"empty": 20_000, "full": 8_000}, 2_000,
              "a current_thread runtime of tokio, a task a poller"),
    Contender("go", "AWS SDK for Go v2", "sdk", lambda folder: build_go(HERE / "go", folder, "poll"),
              {"empty": 15_000, "full": 3_000}, 2_000, "a goroutine a poller, one processor"),
    Contender("java", "AWS SDK for Java, async", "sdk",
              lambda folder: build_java(HERE / "java", folder, "Poll") + ["--client", "async"],
              {"empty": 15_000, "full": 8_000}, 1_000,
              "futures of the asynchronous client", "session"),
    Contender("java-sync", "AWS SDK for Java, threads", "sdk",
              lambda folder: build_java(HERE / "java", folder, "Poll") + ["--client", "sync"],
              {"empty": 15_000, "full": 8_000}, 1_000,
              "a thread a poller", "session"),
    Contender("aiobotocore", "aiobotocore", "sdk", lambda folder: python_program("aiobotocore", folder),
              {"empty": 2_000, "full": 1_000}, 300, "a task of asyncio a poller"),
    Contender("boto3", "boto3", "sdk", lambda folder: python_program("boto3", folder),
              {"empty": 2_000, "full": 1_000}, 300, "a thread a poller, one client"),
]
