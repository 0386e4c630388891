"""Completion by bash: completion_test.py PROGRAM FILE

FILE is what bash-completion loads; the program itself prints the rest. bash completes command lines here as it would
for a person.
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

FILE = pathlib.Path(sys.argv.pop(2))
PROGRAM = pathlib.Path(sys.argv.pop(1))

SCRIPT = r"""
. "$1"
complete -p mwaa-serverless
while IFS= read -r line; do
  COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
  _mwaa_serverless
  printf '%s|' "${COMPREPLY[@]}"
  printf '\n'
done
"""

GLOBALS = {"--help", "--output", "--region", "--profile", "--endpoint-url", "--ca-bundle", "--no-verify-ssl", "--no-paginate",
           "--cli-connect-timeout", "--cli-read-timeout", "--cli-error-format", "--color", "--debug", "--no-cli-pager",
           "--no-cli-auto-prompt", "--version"}


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=True).stdout


def complete(*lines):
    """What bash offers behind each line."""
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "--norc", "-c", SCRIPT, "bash", FILE], env=environment, capture_output=True, text=True,
                          input="".join(f"mwaa-serverless {line}\n" for line in lines), timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr
    first, *replies = done.stdout.splitlines()
    assert first == "complete -F _mwaa_serverless mwaa-serverless", first
    return [[word for word in reply.split("|") if word] for reply in replies]


def flags_in_help(*command):
    """The command's own flags, as its help lists them."""
    own = run(*command, "--help").partition("Global options:")[0]
    return set(re.findall(r"^  (?:-h,)?(--[a-z0-9-]+)", own, re.MULTILINE))


class Completion(unittest.TestCase):
    def test_commands(self):
        commands = re.findall(r"^  ([a-z][a-z-]+) {2,}", run("--help").partition("Subcommands:")[2].partition("Exit")[0],
                              re.MULTILINE)
        self.assertGreater(len(commands), 16)
        all_commands, some, waits, prints, behind = complete("", "list-w", "wait ", "completions ", "--debug get-w")
        self.assertEqual(set(all_commands), set(commands))
        self.assertEqual(some, ["list-workflow-runs", "list-workflow-versions", "list-workflows"])
        self.assertEqual((waits, prints), (["run-finished"], ["bash"]))
        self.assertEqual(behind, ["get-workflow", "get-workflow-run"])

    def test_flags_are_those_of_help(self):
        commands = complete("")[0]
        commands = [command for command in commands if command not in ("wait", "configure", "completions")]
        commands += ["wait run-finished", "configure list"]
        for command, offered in zip(commands, complete(*(f"{command} --" for command in commands))):
            with self.subTest(command):
                self.assertEqual(set(offered), flags_in_help(*command.split()) | GLOBALS)
        self.assertEqual(set(complete("--")[0]), GLOBALS)

    def test_values(self):
        expected = {
            "--output ": ["json", "text", "table", "yaml"],
            "--output t": ["text", "table"],
            "--output=ya": ["yaml"],
            "list-workflows --color o": ["on", "off"],
            "--cli-error-format l": ["legacy"],
            "tag-resource --generate-cli-skeleton ": ["input", "output"],
            "create-workflow --encryption-configuration ":
                ["Type=AWS_MANAGED_KEY", "Type=CUSTOMER_MANAGED_KEY", "KmsKeyId="],
            # bash replaces what is behind the last `=`.
            "create-workflow --encryption-configuration Type=C": ["CUSTOMER_MANAGED_KEY"],
            "create-workflow --encryption-configuration Type=AWS_MANAGED_KEY,K": ["AWS_MANAGED_KEY,KmsKeyId="],
            "create-workflow --code ": ["S3Location={"],
            "create-workflow --tags a=b --netw": ["--network-configuration"],
            "list-workflows --region list-tags-for-resource --max-i": ["--max-items"],
            "create-workflow --name ": [],
            "untag-resource --tag-keys a ": [],
            "nothing ": [],
            "get-workflow --ta": [],
        }
        for (line, words), offered in zip(expected.items(), complete(*expected)):
            with self.subTest(line):
                self.assertEqual(offered, words)

    def test_files(self):
        for flag in ("--ca-bundle", "watch --active --checkpoint"):
            self.assertEqual(complete(f"{flag} {FILE.parent}/completion.b")[0], [str(FILE)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
