"""Our program and what it is started with: terminals, pipes, closed descriptors, signals: streams_test.py PROGRAM

The service is a scripted server in this process, which can say what no service would.
"""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1))
PATIENCE_SECONDS = 120

ARN = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl"
ITEM = {"WorkflowArn": ARN, "RunId": "r", "TaskInstanceId": "t", "Status": "SUCCESS", "DurationInSeconds": 1}
# ESC, CSI in C1, OSC with BEL, a line end, DEL, a right-to-left override.
HOSTILE = "a\x1b[31mb\x9b2Jc\x1b]0;title\x07d\r\nforged\x7f\u202e"
SHOWN = r"a\u001b[31mb\u009b2Jc\u001b]0;title\u0007d\r\nforged\u007f\u202e"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


def http(body, status="200 OK"):
    body = json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def page(count=1, **more):
    return http({"TaskInstances": [dict(ITEM, TaskInstanceId=f"task-{i}") for i in range(count)], **more})


def throttled(seconds):
    return http({"__type": "ThrottlingException", "message": "Rate exceeded", "RetryAfterSeconds": seconds}, "429 Slow")


class Server:
    """Answers one request after the other; the last answer repeats. An answer may be a function that is waited for."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as reader:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = reader.readline()
                    if not line:
                        return
                    head += line
                size = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
                self.requests.append(json.loads(reader.read(size)))
                answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
                connection.sendall(answer() if callable(answer) else answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def environment(**changes):
    out = {name: value for name, value in os.environ.items()
           if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    out.update(AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="secret-key", AWS_REGION="us-east-1",
               AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")
    out.update(changes)
    return out


def command(server, *more):
    return [PROGRAM, "list-task-instances", "--workflow-arn", ARN, "--run-id", "r", "--endpoint-url", server.url, *more]


def run(arguments, **more):
    more.setdefault("env", environment())
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, **more)


def at_terminal(arguments, **more):
    """The exit code, and all that a terminal shows that is standard output and standard error."""
    leader, follower = pty.openpty()
    attributes = termios.tcgetattr(follower)
    attributes[1] &= ~termios.OPOST  # line ends as they are written
    termios.tcsetattr(follower, termios.TCSANOW, attributes)
    process = subprocess.Popen(arguments, env=environment(**more), stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    shown = b""
    try:
        while select.select([leader], [], [], PATIENCE_SECONDS)[0]:
            part = os.read(leader, 65536)
            if not part:
                break
            shown += part
    except OSError as gone:
        if gone.errno != errno.EIO:
            raise
    os.close(leader)
    return process.wait(PATIENCE_SECONDS), shown.decode()


class Streams(unittest.TestCase):
    def test_output_that_does_not_block(self):
        for stream in ("stdout", "stderr"):
            with self.subTest(stream), Server(page(3000)) as server:
                read_end, write_end = os.pipe()
                os.set_blocking(write_end, False)
                other = {"stdout": "stderr", "stderr": "stdout"}[stream]
                # The log of many small pages is longer than a pipe.
                server.answers = [page(3000)] if stream == "stdout" else [page(1, NextToken=f"t{i}") for i in range(400)] + [page()]
                process = subprocess.Popen(command(server, *(["--debug"] if stream == "stderr" else [])),
                                           env=environment(), stdin=subprocess.DEVNULL,
                                           **{stream: write_end, other: subprocess.DEVNULL})
                os.close(write_end)
                # It has filled the pipe when it sleeps; then it has to wait for us.
                data = os.read(read_end, 1)
                while fcntl.fcntl(read_end, fcntl.F_GETFL) >= 0:
                    part = os.read(read_end, 4096)
                    if not part:
                        break
                    data += part
                os.close(read_end)
                self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
                if stream == "stdout":
                    self.assertEqual(len(json.loads(data)["TaskInstances"]), 3000)
                else:
                    self.assertEqual(data.count(b"page of 1, request id"), 401)

    def test_closed_descriptors(self):
        for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&-", "0<&- 1>&- 2>&-"):
            with self.subTest(closed), Server(page()) as server:
                done = run(["sh", "-c", f'exec "$@" {closed}', "sh", *command(server, "--debug")])
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(len(server.requests), 1)
                if "1>" not in closed:
                    self.assertEqual(len(json.loads(done.stdout)["TaskInstances"]), 1)
                if "2>" not in closed:
                    self.assertIn(b"[DEBUG]", done.stderr)

    def test_interrupt_while_the_reader_sleeps(self):
        with Server(page(3000)) as server:
            read_end, write_end = os.pipe()
            process = subprocess.Popen(command(server), env=environment(), stdin=subprocess.DEVNULL, stdout=write_end)
            os.close(write_end)
            os.read(read_end, 1)
            with open(f"/proc/{process.pid}/syscall") as state:  # until it waits
                while state.read().split(" ")[0] not in ("7", "271", "73"):
                    state.seek(0)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE_SECONDS), 130)
            os.close(read_end)

    def test_an_ignored_interrupt_stays_ignored(self):
        asked, go = threading.Event(), threading.Event()

        def answer():
            asked.set()
            go.wait(PATIENCE_SECONDS)
            return page()

        with Server(answer) as server:
            ignoring = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
            process = subprocess.Popen(command(server), env=environment(), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, preexec_fn=ignoring)
            self.assertTrue(asked.wait(PATIENCE_SECONDS))
            process.send_signal(signal.SIGINT)
            go.set()
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
            self.assertEqual(process.returncode, 0)
            self.assertEqual(len(json.loads(out)["TaskInstances"]), 1)

    def test_a_credential_process_ignores_what_the_parent_ignores(self):
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-process-") as directory, Server(page()) as server:
            script = pathlib.Path(directory) / "keys"
            script.write_text("#!/bin/sh\ngrep SigIgn /proc/$$/status > " + directory + "/signals\n"
                              """echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s"}'\n""")
            script.chmod(0o755)
            config = pathlib.Path(directory) / "config"
            config.write_text(f"[profile process]\ncredential_process = {script}\n")
            for ignored in ([], [signal.SIGINT, signal.SIGHUP]):
                def prepare():
                    for each in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
                        signal.signal(each, signal.SIG_IGN if each in ignored else signal.SIG_DFL)

                done = run(command(server, "--profile", "process"), preexec_fn=prepare,
                           env=environment(AWS_CONFIG_FILE=str(config)))
                self.assertEqual(done.returncode, 0, done.stderr)
                mask = int((pathlib.Path(directory) / "signals").read_text().split()[1], 16)
                for each in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
                    self.assertEqual(bool(mask >> (each - 1) & 1), each in ignored, each)

    def test_a_credential_process_asks_on_standard_input(self):
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-process-") as directory, Server(page()) as server:
            script = pathlib.Path(directory) / "keys"
            script.write_text("#!/bin/sh\necho 'Code:' >&2\nread code || exit 3\n"
                              """echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"A$code\\", \\"SecretAccessKey\\": \\"s\\"}"\n""")
            script.chmod(0o755)
            config = pathlib.Path(directory) / "config"
            config.write_text(f"[profile process]\ncredential_process = {script}\n")
            for arguments in (command(server, "--profile", "process"), [PROGRAM, "configure", "list", "--profile", "process"]):
                done = subprocess.run(arguments, input=b"123456\n", capture_output=True, timeout=PATIENCE_SECONDS,
                                      env=environment(AWS_CONFIG_FILE=str(config)))
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"3456", done.stdout)

    def test_debug_tells_while_it_happens(self):
        told = threading.Event()

        def answer():
            return page() if told.wait(PATIENCE_SECONDS) else b""

        with Server(http({"message": "down"}, "500 Down"), answer) as server:
            process = subprocess.Popen(command(server, "--debug"), env=environment(), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            log = b""
            while b"attempt 2 of ListTaskInstances begins" not in log:  # the second answer waits for this
                line = process.stderr.readline()
                self.assertTrue(line, log)
                log += line
            told.set()
            _, rest = process.communicate(timeout=PATIENCE_SECONDS)
            log += rest
            self.assertRegex(log.decode(), r"\[DEBUG\]: attempt 1: HTTP 500 .*; waiting \d+ ms\n")
            self.assertRegex(log.decode(), r"\[DEBUG\]: attempt 2: HTTP 200, after \d+ ms\n")
            self.assertNotIn(b"secret-key", log)
            self.assertEqual(process.returncode, 0)

    def test_a_long_wait_is_told_at_a_terminal_only(self):
        for answers in ([throttled(2), page()], [page(1, NextToken="n"), throttled(2), page()]):
            with Server(*answers) as server:
                code, shown = at_terminal(command(server, "--output", "text"))
                self.assertEqual(code, 0)
                self.assertRegex(shown, r"mwaa-serverless: \[INFO\]: waiting .*ThrottlingException")
        with Server(throttled(2), page()) as server:
            done = run(command(server))
            self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_text_of_the_service_does_not_steer_a_terminal(self):
        item = dict(ITEM, OperatorName=HOSTILE, Status=HOSTILE)
        for output in ("json", "text", "table"):
            arguments = ["--no-paginate", "--output", output, "--color", "off"]
            with self.subTest(output), Server(http({"TaskInstances": [item], "NextToken": HOSTILE})) as server:
                code, shown = at_terminal(command(server, *arguments))
                self.assertEqual(code, 0)
                self.assertIsNone(STEERING.search(shown), shown)
                self.assertEqual(shown.count(SHOWN), 3, shown)
                piped = run(command(server, *arguments)).stdout.decode()
                if output == "json":
                    self.assertEqual(json.loads(shown), json.loads(piped))
                    self.assertIn("\x9b2J", piped)
                else:
                    self.assertEqual(piped.count(HOSTILE), 3)
                # As the AWS CLI does, all pages are text page by page: the same holds there.
                code, shown = at_terminal(command(server, "--color", "off", "--output", output, "--max-items", "0"))
                self.assertIsNone(STEERING.search(shown), shown)

    def test_keys_of_maps_do_not_steer_a_terminal(self):
        tags = {HOSTILE: "a", SHOWN: "b", "plain": "c"}
        run_id = {"RunId": "r", "OverrideParameters": {HOSTILE: {HOSTILE: [{HOSTILE: HOSTILE}]}, SHOWN: "b", "plain": "c"}}
        for name, response in (("list-tags-for-resource --resource-arn", {"Tags": tags}),
                               ("get-workflow-run --run-id r --workflow-arn", run_id)):
            for output in ("json", "yaml", "text", "table"):
                with self.subTest((name, output)), Server(http(response)) as server:
                    arguments = [PROGRAM, *name.split(), ARN, "--endpoint-url", server.url, "--output", output]
                    code, shown = at_terminal([*arguments, "--color", "off"])
                    self.assertEqual(code, 0)
                    self.assertIsNone(STEERING.search(shown), shown)
                    self.assertIn("plain" if output != "text" else "c", shown)
                    if output == "json":
                        piped = run(arguments).stdout
                        self.assertEqual(json.loads(shown), json.loads(piped))
                        self.assertEqual(len(json.loads(piped).get("Tags", tags)), 3)
                    elif output != "text":
                        self.assertIn("forged", shown)

    def test_errors_of_the_service_do_not_steer_a_terminal(self):
        body = {"__type": "ValidationException", "message": HOSTILE, "Reason": HOSTILE,
                "FieldList": [{"Name": HOSTILE, "Message": HOSTILE}]}
        for form in ("enhanced", "legacy", "json", "yaml", "text", "table"):
            with self.subTest(form), Server(http(body, "400 Bad")) as server:
                arguments = command(server, "--cli-error-format", form, "--debug")
                for code, shown in (at_terminal(arguments), (lambda d: (d.returncode, d.stderr.decode()))(run(arguments))):
                    self.assertEqual(code, 254)
                    self.assertIsNone(STEERING.search(shown), shown)
                    self.assertIn("forged\\u007f", shown.replace("\\\\", "\\"))
        # What was typed is repeated too.
        code, shown = at_terminal([PROGRAM, "list-task-instances", "--run-id", "r", "--max-items", HOSTILE])
        self.assertEqual(code, 252)
        self.assertIsNone(STEERING.search(shown.replace("\r", "")), shown)

    def test_errors_of_an_identity_service_do_not_steer_a_terminal(self):
        xml = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{HOSTILE}</Message></Error></ErrorResponse>"
        xml = "".join(c if ord(c) < 128 and c >= " " or c in "\r\n" else c for c in xml).encode()
        sts = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(xml) + xml
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-token-") as directory, FormServer(sts) as server:
            token = pathlib.Path(directory) / "token"
            token.write_text("token")
            changes = environment(AWS_ROLE_ARN="arn:aws:iam::123456789012:role/r", AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
                                  AWS_ENDPOINT_URL_STS=server.url)
            del changes["AWS_ACCESS_KEY_ID"], changes["AWS_SECRET_ACCESS_KEY"]
            done = run([PROGRAM, "list-task-instances", "--workflow-arn", ARN, "--run-id", "r", "--debug"], env=changes)
            shown = done.stderr.decode()
            self.assertIn("AccessDenied", shown)
            self.assertIsNone(STEERING.search(shown), shown)
            self.assertIn("forged\\u007f", shown)

    def test_interrupt_at_the_question_for_a_code(self):
        """The terminal shows again what is typed."""
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-mfa-") as directory:
            config = pathlib.Path(directory) / "config"
            config.write_text("[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
                              "mfa_serial = arn:aws:iam::123456789012:mfa/m\n"
                              "[profile base]\naws_access_key_id = A\naws_secret_access_key = s\n")
            changes = environment(AWS_CONFIG_FILE=str(config))
            for arguments, code in ((["configure", "list"], -signal.SIGINT),
                                    (["list-task-instances", "--workflow-arn", ARN, "--run-id", "r"], 130)):
                with self.subTest(arguments):
                    child, leader = pty.fork()
                    if child == 0:
                        os.execve(PROGRAM, [str(PROGRAM), *arguments, "--profile", "role"], changes)
                    shown = b""
                    while b"Enter MFA code" not in shown:
                        self.assertTrue(select.select([leader], [], [], PATIENCE_SECONDS)[0], shown)
                        shown += os.read(leader, 4096)
                    os.write(leader, b"\x03")
                    with contextlib.suppress(OSError):
                        while os.read(leader, 4096):
                            pass
                    self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), code)
                    self.assertTrue(termios.tcgetattr(leader)[3] & termios.ECHO)
                    os.close(leader)

    def test_help_is_plain_text(self):
        for arguments in (["--help"], ["list-task-instances", "--help"], ["watch", "--help"], ["configure", "--help"], ["configure", "list", "--help"]):
            with self.subTest(arguments):
                piped = run([PROGRAM, *arguments])
                code, shown = at_terminal([PROGRAM, *arguments])
                self.assertEqual((code, shown), (piped.returncode, piped.stdout.decode()))
                self.assertEqual((code, piped.stderr), (0, b""))
                self.assertIsNone(re.search("[^\n -~]", shown), shown)
                for part in ("--endpoint-url", "--debug", "Exit codes:", "254"):
                    self.assertIn(part, shown)
                if arguments[0] != "configure":
                    self.assertIn("Example:\n  mwaa-serverless list-task-instances ", shown)


class FormServer(Server):
    """Its requests are no JSON."""

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            while connection.recv(65536):
                connection.sendall(self.answers[0])


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    unittest.main(verbosity=2)
