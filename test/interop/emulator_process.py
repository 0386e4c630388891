"""The emulator program as a child process, on a free port of the loopback interface.

    with EmulatorProcess(program, "--throttle-first", "3") as emulator:
        emulator.url, emulator.environment(), emulator.certificate_file ...

Ends it by its process id; an exit code other than 0 (a crash, a leak that AddressSanitizer found) is an error.
"""

import os
import pathlib
import selectors
import signal
import subprocess
import tempfile
import time

ACCESS_KEY_ID = "AKIDEMULATOR"
SECRET_ACCESS_KEY = "emulator-secret-key"
REGION = "us-east-1"
WORKFLOW_ARN = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef"

# Generous: nothing waits that long but a test that has failed anyway.
PATIENCE_SECONDS = 60


class EmulatorProcess:
    def __init__(self, program, *arguments, tls=False, stdin=subprocess.DEVNULL):
        self._directory = tempfile.TemporaryDirectory(prefix="mwaa-serverless-emulator-")
        directory = pathlib.Path(self._directory.name)
        self.certificate_file = str(directory / "ca.pem") if tls else None
        command = [str(program), "--port", "0", *map(str, arguments)]
        if tls:
            command += ["--tls", "--cert-out", self.certificate_file]
        self._log_path = directory / "stderr"
        self._log = open(self._log_path, "wb")
        self._process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=self._log)
        try:
            self.url = self._read_first_line()
        except BaseException:
            self._process.kill()
            self._process.wait()
            self._clean_up()
            raise

    def _read_first_line(self) -> str:
        line = b""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(deadline - time.monotonic()):
                    raise RuntimeError("the emulator did not say where it listens")
                byte = os.read(self._process.stdout.fileno(), 1)
                if not byte:
                    raise RuntimeError(f"the emulator ended: {self.log()}")
                line += byte
        text = line.decode().rstrip("\n")
        prefix = "listening on "
        if not text.startswith(prefix):
            raise RuntimeError(f"unexpected first line of the emulator: {text!r}")
        return text[len(prefix):]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def rest_of_output(self) -> str:
        """What it printed after its first line; to be called after stop() only once."""
        return self._rest

    def log(self) -> str:
        """What it has written to standard error."""
        self._log.flush()
        return self._log_path.read_text(errors="replace")

    def environment(self, **changes) -> dict:
        """The environment for a client: this emulator and its keys, nothing of this machine's AWS settings.
        A change to None takes a variable out."""
        out = {name: value for name, value in os.environ.items()
               if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
        out.update(AWS_ENDPOINT_URL_MWAA_SERVERLESS=self.url, AWS_ACCESS_KEY_ID=ACCESS_KEY_ID,
                   AWS_SECRET_ACCESS_KEY=SECRET_ACCESS_KEY, AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION,
                   AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull,
                   AWS_EC2_METADATA_DISABLED="true")
        if self.certificate_file:
            out["AWS_CA_BUNDLE"] = self.certificate_file
        out.update(changes)
        return {name: value for name, value in out.items() if value is not None}

    def stop(self, with_signal=signal.SIGTERM):
        """Ends the program; raises when it does not end with 0."""
        if self._process.poll() is None:
            self._process.send_signal(with_signal)
        try:
            rest, _ = self._process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        finally:
            log = self.log()
            self._clean_up()
        self._rest = rest.decode()
        if self._process.returncode != 0:
            raise RuntimeError(f"the emulator ended with {self._process.returncode}: {log}")

    def _clean_up(self):
        self._log.close()
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()
