"""The contract of the emulator program, and the commands of its manual: program_test.py PROGRAM. Needs nothing but
Python, and a shell with curl for the commands."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

from emulator_process import WORKFLOW_ARN, EmulatorProcess

PROGRAM = sys.argv.pop(1)


class Ending(unittest.TestCase):
    def test_signals_end_it_with_0(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                EmulatorProcess(PROGRAM).stop(number)  # raises for any other exit code

    def test_no_reader_of_its_output_is_needed(self):
        emulator = EmulatorProcess(PROGRAM)
        emulator._process.stdout.close()
        emulator._process.stdout = None
        emulator._process.send_signal(signal.SIGTERM)
        self.assertEqual(emulator._process.wait(60), 0)
        emulator._clean_up()


class CommandLine(unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)

    def test_mistakes_exit_with_2_and_name_the_flag(self):
        with tempfile.TemporaryDirectory() as directory:
            broken = pathlib.Path(directory) / "broken.json"
            broken.write_text('{"workflows": [{"arn": 7}]}')
            mistakes = {
                "--no-such-flag": ["--no-such-flag"],
                "--port": ["--port", "65536"],
                "--address": ["--address", "nonsense"],
                "--cert-out": ["--cert-out", "/dev/null"],
                "--burst": ["--burst", "3"],
                "--rate-limit": ["--rate-limit", "-1"],
                "--latency": ["--latency", "soon"],
                "--fault-probability": ["--fault-probability", "1.5"],
                "--signature-error-status": ["--signature-error-status", "404"],
                "--scenario": ["--scenario", "/no/such/file"],
                "workflows[0].arn": ["--scenario", str(broken)],
                "fault 'nonsense'": ["--fault", "nonsense"],
                "account": ["--account", "12"],
                "session": ["--session"],
                "--order": ["--order", "alphabetic"],
                "--over-run-quota": ["--over-run-quota", "lost"],
                "is not NAME=RPS": ["--operation-rate-limit", "ListWorkflows"],
                "number that is not valid": ["--operation-rate-limit", "ListWorkflows=many"],
                "operation_rate_limits": ["--operation-rate-limit", "ListNothing=1"],
            }
            for name, arguments in mistakes.items():
                with self.subTest(arguments):
                    done = self.run_program(*arguments)
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertIn(name, done.stderr)
                    self.assertTrue(done.stderr.startswith("mwaa-serverless-emulator: "), done.stderr)
                    self.assertEqual(done.stdout, "")

    def test_help(self):
        done = self.run_program("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--scenario", done.stdout)

    def test_version(self):
        done = self.run_program("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\Amwaa-serverless-emulator \d+\.\d+\.\d+\n\Z")

    def test_addresses_that_cannot_be_had_are_named(self):
        with EmulatorProcess(PROGRAM) as emulator:
            taken = self.run_program("--port", str(emulator.port))
            where = f"cannot listen on 127.0.0.1, port {emulator.port}: "
        elsewhere = self.run_program("--address", "192.0.2.1")
        for done, words in ((taken, where + "Address already in use"),
                            (elsewhere, "cannot listen on 192.0.2.1, port 0: Cannot assign requested address")):
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stderr.startswith("mwaa-serverless-emulator: " + words), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
            self.assertNotRegex(done.stderr, r"[/\[]|\.hpp|\.ipp")


class Scenario(unittest.TestCase):
    TEXT = json.dumps({"workflows": [{"arn": WORKFLOW_ARN, "runs": [{"id": "piped"}]}]})

    def test_from_standard_input(self):
        read_end, write_end = os.pipe()
        os.write(write_end, self.TEXT.encode())
        os.close(write_end)
        with os.fdopen(read_end, "rb") as scenario, EmulatorProcess(PROGRAM, "--scenario", "-", stdin=scenario) as e:
            steer(e, "POST", "/-/advance", {"id": "piped", "seconds": 1})

    def test_mistakes_in_it(self):
        for text, words in (("", "standard input is empty"), ("{", "scenario: not JSON")):
            done = subprocess.run([PROGRAM, "--scenario", "-"], input=text, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


def steer(emulator, method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(emulator.url + path, data=data, method=method, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        return json.load(response)


class Steering(unittest.TestCase):
    def test_from_another_process(self):
        with EmulatorProcess(PROGRAM, "--fault", "throttle*3") as emulator:
            health = steer(emulator, "GET", "/-/health")
            self.assertEqual((health["status"], health["requests"], health["faults"]), ("ok", 0, 3))
            steer(emulator, "POST", "/-/reset")
            self.assertEqual(steer(emulator, "GET", "/-/faults"), {"faults": 0})
            with self.assertRaises(urllib.error.HTTPError) as caught:
                steer(emulator, "POST", "/-/reset", Origin="http://example.com")
            self.assertEqual(caught.exception.code, 403)
            caught.exception.close()


class Log(unittest.TestCase):
    def test_a_line_for_each_request(self):
        with EmulatorProcess(PROGRAM, "--verbose", "--fault", "throttle") as emulator:
            for body in ({"RunId": "run-live"}, {"RunId": "a\x1b[31m\nb"}, {}):
                with self.assertRaises(urllib.error.HTTPError) as caught:
                    steer(emulator, "POST", "/", body, **{"X-Amz-Target": "AmazonMWAAServerless.ListTaskInstances",
                                                          "Content-Type": "application/x-amz-json-1.0",
                                                          "amz-sdk-request": "attempt=1"})
                caught.exception.close()
            log = emulator.log().splitlines()
        time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
        request_id = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        error = r"400 MissingAuthenticationTokenException \(attempt=1\)"
        self.assertEqual(len(log), 3, log)
        self.assertRegex(log[0], rf"\A{time} ListTaskInstances run-live {request_id} {error} \[throttle\]\Z")
        self.assertRegex(log[1], rf"\A{time} ListTaskInstances a\?\[31m\?b {request_id} {error}\Z")
        self.assertRegex(log[2], rf"\A{time} ListTaskInstances - {request_id} {error}\Z")


class Trust(unittest.TestCase):
    def test_the_certificate_is_named_and_goes_with_the_program(self):
        emulator = EmulatorProcess(PROGRAM, "--tls")
        try:
            with socket.create_connection(("127.0.0.1", emulator.port)):
                pass
        finally:
            emulator.stop()
        output = emulator.rest_of_output()
        path = re.search(r"^  export AWS_CA_BUNDLE=(\S+)$", output, re.MULTILINE)[1]
        self.assertIn("certificate authority to trust", output)
        self.assertIn("SSL_CERT_FILE", output)
        self.assertTrue(os.path.isabs(path))
        self.assertFalse(os.path.exists(path))

    def test_a_file_that_was_asked_for_stays(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "ca.pem"
            EmulatorProcess(PROGRAM, "--tls", "--cert-out", str(path)).stop()
            self.assertIn("BEGIN CERTIFICATE", path.read_text())


class Manual(unittest.TestCase):
    """Every command that docs/emulator.md shows is run, in its order, and prints what the manual says it prints."""

    def test_commands(self):
        manual = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "emulator.md").read_text()
        sessions = re.findall(r"^```console\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL)
        self.assertTrue(sessions)
        if shutil.which("curl") is None and os.environ.get("MWAA_SERVERLESS_REQUIRE_ALL") != "1":
            self.skipTest("no curl")
        ran = 0
        with EmulatorProcess(PROGRAM) as emulator:
            environment = emulator.environment(URL=emulator.url)
            for session in sessions:
                for command, expected in re.findall(r"^\$ (.*\n)((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
                    with self.subTest(command):
                        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True,
                                              timeout=60)
                        self.assertEqual(done.returncode, 0, done.stderr)
                        # `…` in the manual stands for whatever there is.
                        pattern = ".*".join(map(re.escape, expected.rstrip("\n").split("…")))
                        self.assertRegex(done.stdout.rstrip("\n"), rf"(?s)\A{pattern}\Z")
                        ran += 1
        self.assertGreaterEqual(ran, 8)


if __name__ == "__main__":
    unittest.main()
