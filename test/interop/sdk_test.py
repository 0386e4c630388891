"""An AWS SDK that we did not write, as people install it, against the emulator: sdk_test.py LANGUAGE EMULATOR FOLDER

LANGUAGE is go, rust or java; its judge lies in the folder of that name and is built in FOLDER. The judge reads lines
`OPERATION SECRET ATTEMPTS RUN PAGE_SIZE` and prints, separated by tabs, what its SDK made of the answers.

Exit code 77 (a visible skip in CTest) when the judge cannot be built. With MWAA_SERVERLESS_REQUIRE_ALL=1 in the
environment that is a failure, but for a toolchain that Debian 12 does not have (Go, Rust): scripts/bootstrap could not
install it.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from emulator_process import SECRET_ACCESS_KEY, WORKFLOW_ARN, EmulatorProcess

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
BUILD_SECONDS = 1500

STATUSES = ("SUCCESS", "FAILED", "QUEUED", "RUNNING", "UP_FOR_RETRY", "UPSTREAM_FAILED", "CANCELLED", "NONE")
OPERATORS = ("PythonOperator", "Größen \"A\" \\ 数", "S3KeySensor")


class Unavailable(Exception):
    """The judge cannot be built here; `ours_to_install` when scripts/bootstrap should have seen to it."""

    def __init__(self, why, ours_to_install=True):
        super().__init__(why)
        self.ours_to_install = ours_to_install


def version_of(command, pattern, wanted, package):
    """Refuses a toolchain that is absent or older than `wanted`."""
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tempfile.gettempdir()).stdout
    except OSError:
        out = ""
    found = re.search(pattern, out)
    if not found or tuple(map(int, found.groups())) < wanted:
        what = f"{command[0]} is {'.'.join(found.groups())}" if found else f"there is no {command[0]}"
        raise Unavailable(f"{what}; the SDK needs {'.'.join(map(str, wanted))} ({package})",
                          ours_to_install=package.startswith("Debian: "))


def build(command, folder, **environment):
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(command, check=True, cwd=folder, timeout=BUILD_SECONDS, stdout=sys.stderr,
                       env=os.environ | environment)
    except (subprocess.SubprocessError, OSError) as failure:
        raise Unavailable(str(failure))


def build_go(folder):
    version_of(["go", "version"], r"go(\d+)\.(\d+)", (1, 24), "Debian 12 has 1.19")
    program = folder / "judge"
    folder.mkdir(parents=True, exist_ok=True)
    build(["go", "build", "-o", str(program), "."], HERE / "go")
    return [str(program)]


def build_rust(folder):
    version_of(["rustc", "--version"], r"rustc (\d+)\.(\d+)", (1, 95), "Debian 12 has 1.63")
    # A copy: cargo writes beside the manifest.
    (folder / "src").mkdir(parents=True, exist_ok=True)
    for name in ("Cargo.toml", "src/main.rs"):
        if not (folder / name).exists() or (folder / name).read_bytes() != (HERE / "rust" / name).read_bytes():
            shutil.copy(HERE / "rust" / name, folder / name)
    build(["cargo", "build", "--quiet"], folder, CARGO_TARGET_DIR=str(folder / "target"))
    return [str(folder / "target" / "debug" / "judge")]


def build_java(folder):
    version_of(["javac", "-version"], r"javac (\d+)", (17,), "Debian: openjdk-17-jdk-headless")
    version_of(["mvn", "--version"], r"Apache Maven (\d+)\.(\d+)", (3, 6), "Debian: maven")
    source = HERE / "java"
    mark = folder / "complete"
    wanted = (source / "pom.xml").read_text()
    if not mark.exists() or mark.read_text() != wanted:
        build(["mvn", "--batch-mode", "--quiet", "--file", str(source / "pom.xml"),
               f"-Dmaven.repo.local={folder / 'repository'}",
               "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
               f"-DoutputDirectory={folder / 'lib'}"], folder)
        mark.write_text(wanted)
    build(["javac", "-cp", f"{folder / 'lib'}/*", "-d", str(folder / "classes"), str(source / "Judge.java")], folder)
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{folder / 'lib'}/*:{folder / 'classes'}",
            "Judge"]


class Answer:
    """What the judge printed for one line."""

    def __init__(self, lines):
        self.pages = [int(fields[1]) for fields in lines if fields[0] == "page"]
        self.tasks = [tuple(fields[1:]) for fields in lines if fields[0] == "task"]
        self.errors = [tuple(fields[1:]) for fields in lines if fields[0] == "error"]
        self.members = [tuple(fields[1:]) for fields in lines if fields[0] == "member"]
        self.failures = [fields for fields in lines if fields[0] == "failed"]


def scenario():
    tasks = []
    for i in range(250):
        task = {"id": f"task_{i:03}", "operator": OPERATORS[i % len(OPERATORS)], "status": STATUSES[i % len(STATUSES)]}
        if task["status"] in ("SUCCESS", "FAILED", "CANCELLED"):
            task["duration"] = i
        tasks.append(task)
    return {"workflows": [{"arn": WORKFLOW_ARN, "version": "0123456789abcdef0123456789abcdef",
                           "runs": [{"id": "many", "tasks": tasks}, {"id": "none"}]}]}


class Sdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scenario = scenario()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(cls.scenario, file)
            file.flush()
            cls.emulator = EmulatorProcess(EMULATOR, "--scenario", file.name)
        cls.addClassCleanup(cls.emulator.stop)
        cls.judge = subprocess.Popen(JUDGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                                     env=cls.emulator.environment(WORKFLOW_ARN=WORKFLOW_ARN))
        cls.addClassCleanup(cls.end_judge)

    @classmethod
    def end_judge(cls):
        cls.judge.stdin.close()
        cls.judge.stdout.close()
        cls.judge.wait(60)

    def setUp(self):
        self.steer("POST", "/-/reset")

    def steer(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.emulator.url + path, data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as response:
            return json.load(response)

    def ask(self, operation, run, secret=SECRET_ACCESS_KEY, attempts=1, page_size=100):
        print(operation, secret, attempts, run, page_size, file=self.judge.stdin, flush=True)
        lines = []
        for line in self.judge.stdout:
            lines.append(line.rstrip("\n").split("\t"))
            if lines[-1] == ["done"]:
                answer = Answer(lines)
                self.assertEqual(answer.failures, [])
                return answer
        self.fail(f"the judge ended: {self.judge.wait(60)}")

    def error_of(self, answer, code, status):
        self.assertEqual(len(answer.errors), 1, answer.errors)
        self.assertEqual(answer.errors[0][:2], (code, str(status)))
        self.assertRegex(answer.errors[0][2], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    def test_listings(self):
        workflow = self.scenario["workflows"][0]
        expected = [(t["id"], t["status"], t["operator"], str(t.get("duration", "")), workflow["version"], "many",
                     WORKFLOW_ARN) for t in workflow["runs"][0]["tasks"]]
        for size, pages in ((100, [100, 100, 50]), (7, [7] * 35 + [5]), (50, [50] * 5)):
            with self.subTest(size):
                # More than one attempt, as users have: on a busy machine the Go SDK now and then closes its connection
                # while it reads ("use of closed network connection"), which it takes for a reason to try again.
                answer = self.ask("list", "many", page_size=size, attempts=3)
                self.assertEqual(answer.errors, [])
                self.assertEqual(answer.pages, pages)
                self.assertEqual(answer.tasks, expected)
        answer = self.ask("list", "none")
        self.assertEqual((answer.pages, answer.errors), ([0], []))

    def test_throttled(self):
        self.steer("POST", "/-/faults", {"faults": ["throttle=7"]})
        answer = self.ask("list", "many")
        self.error_of(answer, "ThrottlingException", 429)
        members = dict(answer.members)
        self.assertEqual(members["RetryAfterSeconds"], "7")
        self.assertEqual(members["ServiceCode"], "airflow-serverless")
        self.assertTrue(members["QuotaCode"])
        self.assertEqual(answer.pages, [])

    def test_tries_again(self):
        self.steer("POST", "/-/faults", {"faults": ["throttle", "close-before-headers"]})
        answer = self.ask("list", "many", attempts=3)
        self.assertEqual((answer.errors, answer.pages), ([], [100, 100, 50]))
        requests = self.steer("GET", "/-/requests")["requests"]
        self.assertEqual([r["fault"] for r in requests], ["throttle", "close-before-headers", "", "", ""])
        self.assertEqual([r["run"] for r in requests], ["many"] * 5)
        self.assertEqual([re.search(r"attempt=(\d)", r["attempt"])[1] for r in requests], ["1", "2", "3", "1", "1"])
        self.assertEqual(len({r["invocation"] for r in requests[:3]}), 1)

    def test_fails_on_a_later_page(self):
        self.steer("POST", "/-/faults", {"faults": ["delay=0", "status=504"]})
        answer = self.ask("list", "many")
        self.error_of(answer, "OperationTimeoutException", 504)
        self.assertEqual(answer.pages, [100])

    def test_unknown_run(self):
        answer = self.ask("list", "no-such-run")
        self.error_of(answer, "ValidationException", 400)  # the model has no ResourceNotFoundException here
        self.assertEqual(answer.members, [("Reason", "other"), ("Field", "RunId")])
        self.steer("POST", "/-/faults", {"faults": ["status=404"]})
        answer = self.ask("get-run", "no-such-run")
        self.error_of(answer, "ResourceNotFoundException", 404)
        self.assertEqual(answer.members, [("ResourceId", "emulated"),
                                          ("ResourceType", "AWS::MWAAServerless::Workflow")])

    def test_wrong_signature(self):
        answer = self.ask("list", "many", secret="wrong")
        self.error_of(answer, "InvalidSignatureException", 400)
        self.assertEqual(answer.tasks, [])
        self.error_of(self.ask("get-run", "no-such-run"), "ResourceNotFoundException", 404)  # signed well


if __name__ == "__main__":
    _, LANGUAGE, EMULATOR, FOLDER = sys.argv[:4]
    started = time.monotonic()
    try:
        JUDGE = {"go": build_go, "rust": build_rust, "java": build_java}[LANGUAGE](pathlib.Path(FOLDER).absolute())
    except Unavailable as missing:
        print(f"the judge in {LANGUAGE} cannot run: {missing}", file=sys.stderr)
        sys.exit(1 if missing.ours_to_install and os.environ.get("MWAA_SERVERLESS_REQUIRE_ALL") == "1" else SKIPPED)
    print(f"built in {time.monotonic() - started:.1f} s", file=sys.stderr)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
