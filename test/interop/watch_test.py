"""The command watch, against the emulator and in a real terminal: watch_test.py EMULATOR PROGRAM

The terminal is tmux, whose panes are looked at as a person would see them.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

from emulator_process import PATIENCE_SECONDS, WORKFLOW_ARN, EmulatorProcess

PROGRAM = str(pathlib.Path(sys.argv.pop(2)).resolve())
EMULATOR = str(pathlib.Path(sys.argv.pop(1)).resolve())
MANUAL = pathlib.Path(__file__).resolve().parents[2] / "docs" / "cli.md"
WORKFLOW = WORKFLOW_ARN.rsplit("/", 1)[1]


def task(name, status):
    return {"id": name, "status": status}


def run_of(name, status, *tasks):
    return {"id": name, "timeline": [{"after": 0, "status": "QUEUED"}, {"after": 0, "status": status}]
            if status != "QUEUED" else [{"after": 0, "status": "QUEUED"}], "tasks": list(tasks)}


THREE = [run_of("alpha", "RUNNING", task("extract", "SUCCESS"), task("transform", "RUNNING"),
                task("load", "QUEUED"), task("report", "QUEUED")),
         run_of("beta", "QUEUED"),
         run_of("gamma", "RUNNING", task("extract", "SUCCESS"), task("load", "FAILED"), task("mail", "UPSTREAM_FAILED"))]
MANY = ([run_of(f"queued-{i:03}", "QUEUED") for i in range(250)] +
        [run_of(f"running-{i:02}", "RUNNING", task("extract", "SUCCESS"), task("load", "RUNNING")) for i in range(10)] +
        [run_of(f"also-queued-{i:02}", "QUEUED") for i in range(40)])


class Emulator(EmulatorProcess):
    def __init__(self, runs, *arguments):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as scenario:
            json.dump({"workflows": [{"arn": WORKFLOW_ARN, "runs": runs}]}, scenario)
            scenario.flush()
            super().__init__(EMULATOR, "--scenario", scenario.name, *arguments)

    def steer(self, method, path, **body):
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode() if body else None, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE_SECONDS) as response:
            return json.load(response)

    def set_status(self, run, status, **more):
        self.steer("POST", "/-/status", id=run, status=status, **more)

    def end_all(self, status="SUCCESS"):
        for each in ("alpha", "beta", "gamma"):
            self.set_status(each, status)


def watch(emulator, *arguments, **options):
    return subprocess.run([PROGRAM, "watch", *arguments], env=emulator.environment(), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS, **options)


class Started:
    """A watch that goes on."""

    def __init__(self, emulator, *arguments):
        self.process = subprocess.Popen([PROGRAM, "watch", *arguments], env=emulator.environment(), text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def read_until(self, *parts):
        """The lines until each of the parts was in one."""
        lines = []
        deadline = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        deadline.start()
        while not all(any(part in line for line in lines) for part in parts):
            lines.append(self.process.stdout.readline())
            if not lines[-1]:
                raise AssertionError(f"no {parts} in {lines}: {self.process.stderr.read()}")
        deadline.cancel()
        return lines

    def stop(self, number):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, out, err


class Lines(unittest.TestCase):
    def test_runs_that_are_named(self):
        with Emulator(THREE) as emulator:
            arguments = ["--workflow-arn", WORKFLOW_ARN, "--run-id", "alpha", "--run-id", "gamma"]
            with Started(emulator, *arguments) as watching:
                watching.read_until(f" {WORKFLOW}/gamma task load added: FAILED\n", "alpha task transform added: RUNNING\n")
                emulator.set_status("alpha", "SUCCESS", task="transform")
                time_of_day = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
                line = watching.read_until("alpha task transform: RUNNING -> SUCCESS")[-1]
                self.assertRegex(line, rf"\A{time_of_day} {WORKFLOW}/alpha task transform: RUNNING -> SUCCESS")
                emulator.set_status("alpha", "SUCCESS")
                watching.read_until(f" {WORKFLOW}/alpha ended: RUNNING -> SUCCESS")
                emulator.set_status("gamma", "FAILED")
                out, err = watching.process.communicate(timeout=PATIENCE_SECONDS)
                self.assertIn(f" {WORKFLOW}/gamma ended: RUNNING -> FAILED", out)
                self.assertIn("1 of 2 runs did not end in SUCCESS", err)
                self.assertEqual(watching.process.returncode, 1)
            done = watch(emulator, "--workflow-arn", WORKFLOW_ARN, "--run-id", "alpha")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            done = watch(emulator, "--workflow-arn", WORKFLOW_ARN, "--run-id", "alpha", "--run-id", "omega")
            self.assertEqual(done.returncode, 1)
            self.assertIn("1 not found", done.stderr)
            self.assertIn(f" {WORKFLOW}/omega error: ResourceNotFoundException", done.stdout)

    def test_an_object_a_line(self):
        documented = set(re.findall(r"^\| `(\w+)` \|", MANUAL.read_text().split("An object has these members")[1], re.M))
        self.assertIn("PreviousRunState", documented)
        with Emulator(THREE) as emulator:
            emulator.set_status("alpha", "SUCCESS")
            done = watch(emulator, "--workflow-arn", WORKFLOW_ARN, "--run-id", "alpha", "--run-id", "omega", "--output",
                         "json")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        for each in events:
            self.assertLessEqual(set(each), documented)
        kinds = [each["Event"] for each in events if each["RunId"] == "alpha"]
        self.assertEqual((kinds[0], kinds[-1], kinds.count("task_added")), ("run_added", "run_finished", 4))
        self.assertEqual({each["WorkflowArn"] for each in events}, {WORKFLOW_ARN})
        last = [each for each in events if each["RunId"] == "alpha"][-1]
        self.assertEqual(last["RunState"], "SUCCESS")
        error = next(each for each in events if each["RunId"] == "omega")
        self.assertEqual((error["Event"], error["Error"]["Code"]), ("run_error", "ResourceNotFoundException"))

    def test_those_that_have_not_ended(self):
        """They are watched to their end; a run that is made meanwhile is not."""
        with Emulator(THREE) as emulator:
            emulator.set_status("gamma", "FAILED")
            with Started(emulator, "--active") as watching:
                watching.read_until("alpha task report added", "beta added: QUEUED")
                emulator.steer("POST", "/-/runs", id="later", tasks=[], timeline=[{"after": 0, "status": "QUEUED"}])
                emulator.set_status("alpha", "SUCCESS")
                emulator.set_status("beta", "SUCCESS")
                out, err = watching.process.communicate(timeout=PATIENCE_SECONDS)
                self.assertEqual((watching.process.returncode, err), (0, ""))
                self.assertIn("beta ended: QUEUED -> SUCCESS", out)
                self.assertNotIn("gamma", out)
                self.assertNotIn("later", out)
            # With --since those that were made since then count, however they ended.
            emulator.set_status("later", "SUCCESS")
            done = watch(emulator, "--active", "--since", "1h", "--workflow-arn", WORKFLOW_ARN)
            self.assertEqual(done.returncode, 1)
            self.assertIn("gamma ended: FAILED", done.stdout)
            done = watch(emulator, "--active")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_a_workflow_goes_on_until_a_signal(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(number), Emulator(THREE) as emulator, \
                    Started(emulator, "--workflow-arn", WORKFLOW_ARN, "--output", "json") as watching:
                watching.read_until('"RunId":"alpha"')
                emulator.end_all()
                emulator.steer("POST", "/-/runs", id="later", tasks=[], timeline=[{"after": 0, "status": "QUEUED"}])
                watching.read_until('"RunId":"later"')
                returned, out, err = watching.stop(number)
                self.assertEqual((returned, err), (code, ""))
                for line in out.splitlines():
                    json.loads(line)

    def test_a_reader_that_has_seen_enough(self):
        with Emulator(THREE) as emulator, Started(emulator) as watching:
            watching.read_until("added")
            watching.process.stdout.close()
            emulator.end_all()
            self.assertEqual(watching.process.wait(PATIENCE_SECONDS), 0)
            watching.process.stdout = open(os.devnull)

    def test_a_service_that_is_down(self):
        """The watch tells so and goes on."""
        with Emulator(THREE, "--fault", "status=500*1000") as emulator, Started(emulator) as watching:
            deadline = threading.Timer(PATIENCE_SECONDS, watching.process.kill)
            deadline.start()
            self.assertIn("no request of the watch has succeeded for 5s", watching.process.stderr.readline())
            deadline.cancel()
            emulator.steer("DELETE", "/-/faults")
            watching.read_until("alpha added: RUNNING")
            code, _, err = watching.stop(signal.SIGINT)
            self.assertEqual((code, err), (130, ""))

    def test_what_is_refused_before_anything_is_sent(self):
        with Emulator(THREE) as emulator:
            for words, arguments in (("watch prints json or text", ["--output", "table"]),
                                     ("--since: 'soon'", ["--since", "soon"]),
                                     ("--share: '2'", ["--share", "2"]),
                                     ("--run-id needs one --workflow-arn", ["--run-id", "r"])):
                done = watch(emulator, *arguments)
                self.assertEqual((done.returncode, done.stdout), (252, ""))
                self.assertIn(words, done.stderr)
            self.assertEqual(emulator.steer("GET", "/-/requests")["count"], 0)


class Checkpoint(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mwaa-serverless-watch-")
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "place"
        self.arguments = ["--workflow-arn", WORKFLOW_ARN, "--checkpoint", str(self.file)]

    def test_what_changed_in_between_is_told_once(self):
        with Emulator(THREE) as emulator:
            with Started(emulator, *self.arguments) as watching:
                watching.read_until("gamma task mail added", "alpha task report added", "beta added")
                self.assertEqual(watching.stop(signal.SIGTERM)[0], 143)
            emulator.set_status("alpha", "SUCCESS", task="transform")
            with Started(emulator, *self.arguments, "--output", "json") as watching:
                events = [json.loads(line) for line in watching.read_until("transform")]
                self.assertEqual([(e["Event"], e["RunId"], e.get("PreviousStatus")) for e in events],
                                 [("task_changed", "alpha", "RUNNING")])
                self.assertEqual(watching.stop(signal.SIGINT)[:2], (130, ""))
            with Started(emulator, *self.arguments, "--output", "json") as watching:
                emulator.set_status("beta", "SUCCESS")
                events = [json.loads(line) for line in watching.read_until("beta")]
                self.assertEqual({e["RunId"] for e in events}, {"beta"})
                self.assertEqual(watching.stop(signal.SIGINT)[0], 130)
            self.assertEqual([each.name for each in self.file.parent.iterdir()], ["place"])

    def test_a_place_is_kept_now_and_then(self):
        """A watch that is killed has lost seconds at most."""
        with Emulator(THREE) as emulator, Started(emulator, *self.arguments) as watching:
            watching.read_until("gamma task mail added")
            self.assertTrue(self.file.exists())  # from the start on
            first = self.file.read_bytes()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while self.file.read_bytes() == first:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
            watching.process.kill()
            self.assertEqual(watching.process.wait(PATIENCE_SECONDS), -signal.SIGKILL)

    def test_a_damaged_file_is_named_and_left_alone(self):
        with Emulator(THREE) as emulator:
            with Started(emulator, *self.arguments) as watching:
                watching.read_until("added")
                watching.stop(signal.SIGTERM)
            whole = self.file.read_bytes()
        with Emulator(THREE) as emulator:
            for damaged in (b"", b"\0", b"not a checkpoint", whole[:-1], whole[: len(whole) // 2],
                            whole[:4] + b"\xff" + whole[5:]):
                with self.subTest(damaged[:16]):
                    self.file.write_bytes(damaged)
                    done = watch(emulator, *self.arguments)
                    self.assertEqual((done.returncode, done.stdout), (252, ""), done.stderr)
                    self.assertIn(f"--checkpoint {self.file}: ", done.stderr)
                    self.assertEqual(self.file.read_bytes(), damaged)
            self.assertEqual(emulator.steer("GET", "/-/requests")["count"], 0)

    def test_a_place_that_cannot_be_written(self):
        with Emulator(THREE) as emulator:
            done = watch(emulator, "--checkpoint", str(self.file / "below"))
            self.assertEqual(done.returncode, 255)
            self.assertIn(f"Could not write the checkpoint {self.file}/below: No such file or directory", done.stderr)
            done = watch(emulator, "--checkpoint", str(self.file.parent))
            self.assertEqual(done.returncode, 255)
            self.assertIn(f"Could not read the checkpoint {self.file.parent}: Is a directory", done.stderr)


class Terminal:
    """A shell in tmux."""

    def __init__(self, emulator, columns, rows):
        self._folder = tempfile.TemporaryDirectory(prefix="mwaa-serverless-tmux-")
        self._environment = emulator.environment(TMUX_TMPDIR=self._folder.name, LC_ALL="C.UTF-8", TERM="xterm-256color",
                                                 PS1="$ ", HOME=self._folder.name, ENV=None, TMUX=None)
        self._tmux("-f", os.devnull, "-u", "new-session", "-d", "-x", str(columns), "-y", str(rows), "sh")
        self._tmux("set-option", "-g", "status", "off")
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def _tmux(self, *arguments):
        return subprocess.run(["tmux", *arguments], env=self._environment, check=True, capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS).stdout

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._tmux("kill-server")
        self._folder.cleanup()

    def type(self, *keys):
        self._tmux("send-keys", *keys)

    def watch(self, *arguments):
        self.type(shlex.join([PROGRAM, "watch", *arguments]) + "; echo code=$?", "Enter")

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self):
        return self._tmux("capture-pane", "-p").split("\n")[:-1]

    def fact(self, name):
        return self._tmux("display-message", "-p", "#{" + name + "}").strip()

    def until(self, *parts, without=()):
        """The screen once each of the expressions is found on it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            screen = self.screen()
            text = "\n".join(screen)
            if all(re.search(each, text, re.M) for each in parts) and not any(
                    re.search(each, text, re.M) for each in without):
                return screen
            if time.monotonic() > deadline:
                raise AssertionError(f"not {parts} without {without} on the screen:\n{text}")
            time.sleep(0.1)


@unittest.skipIf(shutil.which("tmux") is None and os.environ.get("MWAA_SERVERLESS_REQUIRE_ALL") != "1", "no tmux")
class Live(unittest.TestCase):
    def test_three_runs(self):
        for columns in (80, 200):
            with self.subTest(columns), Emulator(THREE) as emulator, Terminal(emulator, columns, 24) as terminal:
                terminal.type("echo before", "Enter")
                terminal.until("^before$")
                terminal.watch("--workflow-arn", WORKFLOW_ARN, "--color", "off")
                # The run with a failed task first; a third and two thirds of the bars.
                screen = terminal.until(r"^3 runs   1 queued   2 running$",
                                        r"^7 tasks   1 running   2 queued   2 success   1 failed   1 upstream failed$",
                                        r"^quota \d+\.\d/s.*, \d+ sent, 0 throttled   age up to \d+s of ",
                                        r"^RUNNING  gamma \[#+x+\] 3/3   2 failed +\w+$",
                                        r"^RUNNING  alpha \[#+\.+\] 1/4 +\w+" + ("  transform$" if columns > 80 else "$"),
                                        r"^QUEUED   beta  \[\.+\]$", r"^1 failure$",
                                        r"^\d\d:\d\d:\d\dZ  gamma task load FAILED$")
                order = [line.split()[1] for line in screen if re.match(r"RUNNING|QUEUED", line)]
                self.assertEqual(order, ["gamma", "alpha", "beta"])
                self.assertEqual(len({line.index("]") for line in screen if "]" in line}), 1)
                self.assertEqual(terminal.fact("alternate_on"), "1")
                self.assertEqual(terminal.fact("cursor_flag"), "0")
                # What is typed is not shown, and what happens is.
                terminal.type("typed blindly")
                emulator.set_status("alpha", "SUCCESS", task="transform")
                terminal.until(r"^RUNNING  alpha \[#+\.+\] 2/4", without=["blindly"])
                # Another size.
                bars = {40: "", 80: r"\[[#.]{20,45}\] ", 200: r"\[[#.]{60,}\] "}
                for other in (200 if columns == 80 else 80, 40, columns):
                    terminal.resize(other, 24)
                    terminal.until(rf"^RUNNING  alpha {bars[other]}2/4 +\w+$")
                terminal.type("C-c")
                # The shell's screen is back, and the last view below what was there.
                screen = terminal.until("^before$", "^3 runs ", r"^RUNNING  alpha \[#+\.+\] 2/4", r"^code=130$")
                self.assertLess(screen.index("before"), next(i for i, line in enumerate(screen) if "3 runs" in line))
                self.assertEqual(terminal.fact("alternate_on"), "0")
                self.assertEqual(terminal.fact("cursor_flag"), "1")
                terminal.type("echo shown", "Enter")
                terminal.until(r"^[$#] .*echo shown$", "^shown$")

    def test_three_hundred_runs(self):
        for columns in (80, 200):
            with self.subTest(columns), Emulator(MANY) as emulator, Terminal(emulator, columns, 24) as terminal:
                terminal.watch("--workflow-arn", WORKFLOW_ARN, "--color", "off")
                screen = terminal.until(r"^300 runs   290 queued   10 running$", r"^20 tasks   10 running   10 success$",
                                        r"^… 281 more$")
                rows = [line for line in screen if re.match(r"(RUNNING|QUEUED) ", line)]
                self.assertEqual([line.split()[0] for line in rows], ["RUNNING"] * 10 + ["QUEUED"] * 9)
                for line in rows[:10]:
                    self.assertRegex(line, r"\ARUNNING  running-\d\d \[#+\.+\] 1/2 +\w+" +
                                     (r"  load\Z" if columns > 80 else r"\Z"))
                # Failures take the bottom.
                for i in range(3):
                    emulator.set_status(f"running-{i:02}", "FAILED", error="out of memory")
                screen = terminal.until(r"^300 runs   290 queued   7 running   3 failed$", r"^3 failures$",
                                        r"^\d\d:\d\d:\d\dZ  running-02 has ended in FAILED$")
                failures = screen.index("3 failures")
                self.assertEqual(len([line for line in screen[failures + 1:] if "has ended in FAILED" in line]), 3)
                self.assertTrue(screen[failures - 2].startswith("… "), screen)
                # A low screen shows the most interesting ones still.
                terminal.resize(columns, 8)
                terminal.until(r"^RUNNING  running-03 ", r"^… 29\d more$", without=["QUEUED"])
                terminal.type("C-c")
                terminal.until("^code=130$")

    def test_it_ends_with_the_last_run(self):
        with Emulator(THREE) as emulator, Terminal(emulator, 80, 24) as terminal:
            terminal.watch("--active", "--color", "on")
            terminal.until("^3 runs ", "^RUNNING  alpha")
            emulator.set_status("alpha", "SUCCESS")
            emulator.set_status("beta", "SUCCESS")
            terminal.until("^3 runs   1 running   2 success")
            emulator.set_status("gamma", "FAILED")
            terminal.until("^3 runs   2 success   1 failed", "^FAILED   gamma", "^gamma task load FAILED|gamma has ended",
                           "1 of 3 runs did not end in SUCCESS", "^code=1$")
            self.assertEqual(terminal.fact("alternate_on"), "0")

    def test_stopped_and_continued(self):
        with Emulator(THREE) as emulator, Terminal(emulator, 80, 24) as terminal:
            terminal.watch("--workflow-arn", WORKFLOW_ARN)
            terminal.until("^RUNNING  alpha")
            terminal.type("C-z")
            terminal.until("Stopped")
            self.assertEqual((terminal.fact("alternate_on"), terminal.fact("cursor_flag")), ("0", "1"))
            terminal.type("fg", "Enter")
            terminal.until("^RUNNING  alpha")
            self.assertEqual((terminal.fact("alternate_on"), terminal.fact("cursor_flag")), ("1", "0"))
            terminal.type("C-c")
            terminal.until(r"^# *$|^\$ *$", "^3 runs")
            self.assertEqual(terminal.fact("alternate_on"), "0")

    def test_lines_where_nothing_can_be_drawn(self):
        with Emulator(THREE) as emulator, Terminal(emulator, 120, 24) as terminal:
            for prefix, arguments in (("TERM=dumb", []), ("", ["--output", "text"])):
                terminal.type(f"clear; {prefix} {shlex.join([PROGRAM, 'watch', *arguments])}; echo code=$?", "Enter")
                terminal.until(f"Z {WORKFLOW}/gamma task load added: FAILED$")
                self.assertEqual(terminal.fact("alternate_on"), "0")
                terminal.type("C-c")
                terminal.until("^code=130$")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    unittest.main(verbosity=2)
