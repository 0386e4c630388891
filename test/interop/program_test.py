"""The contract of the emulator program: program_test.py PROGRAM. Needs nothing but Python."""

import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

from emulator_process import EmulatorProcess

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

    def test_a_taken_port_is_an_error(self):
        with EmulatorProcess(PROGRAM) as emulator:
            done = self.run_program("--port", str(emulator.port))
        self.assertEqual(done.returncode, 1)
        self.assertIn("mwaa-serverless-emulator: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
