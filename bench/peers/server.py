"""nginx with pages that are always the same, plain and over TLS, one worker on one core."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

PATIENCE_SECONDS = 20
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"  # which is in root's path alone
EMPTY_PAGE = '{"TaskInstances":[]}'

CONFIGURATION = """
daemon off;
worker_processes 1;
worker_cpu_affinity {affinity};
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 9000; }}
http {{
  access_log off;
  default_type application/x-amz-json-1.0;
  add_header x-amzn-RequestId 0a1b2c3d-0000-4000-8000-000000000001;
  keepalive_requests 1000000000;  # 1,000 by default, after which each client would connect anew
  keepalive_timeout 1h;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  ssl_certificate server.pem;
  ssl_certificate_key server.key;
{servers}
  server {{
    listen 127.0.0.1:{status};
    location = /status {{ stub_status; }}
  }}
}}
"""


def quoted(text):
    """As a word of nginx's language, where $ begins a variable whatever the quotes."""
    if "$" in text:
        raise ValueError("nginx would take a part of the page for a variable")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def answer(page):
    """Directives that answer with `page`: a word of nginx's language has at most 4,096 bytes, so it goes in pieces."""
    pieces = [page[at:at + 3000] for at in range(0, len(page), 3000)]
    lines = [f"set $piece{index} {quoted(piece)};" for index, piece in enumerate(pieces)]
    return "\n".join([*lines, 'return 200 "' + "".join(f"${{piece{index}}}" for index in range(len(pieces))) + '";'])


def configuration(pages, ports, status, core):
    """`ports` gives one for each (name of the page, "plain" or "tls")."""
    servers = "\n".join(
        f"  server {{\n    listen 127.0.0.1:{port}{' ssl' if transport == 'tls' else ''} backlog=4096;\n"
        f"{answer(pages[page])}\n  }}"
        for (page, transport), port in ports.items())
    return CONFIGURATION.format(affinity=format(1 << core, "b"), servers=servers, status=status)


def parsed_status(text):
    """Connections and requests so far, from what stub_status prints."""
    accepted, _, requests = map(int, re.search(r"accepts handled requests\s+(\d+) (\d+) (\d+)", text).groups())
    return accepted, requests


def make_certificates(folder):
    """An authority and a server's certificate for 127.0.0.1, good for two days."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=bench authority",
            "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
                                       "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "extensions", "-out", "server.pem")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    """Runs while the `with` block does; ends with this program, whatever ends it."""

    def __init__(self, pages, core):
        self._pages, self._core = pages, core

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="mwaa-serverless-peers-")
        folder = pathlib.Path(self._folder.name)
        try:
            make_certificates(folder)
            wanted = [(page, transport) for page in self._pages for transport in ("plain", "tls")]
            *ports, self._status_port = free_ports(len(wanted) + 1)
            self._ports = dict(zip(wanted, ports))
            (folder / "nginx.conf").write_text(configuration(self._pages, self._ports, self._status_port, self._core))
            (folder / "ca.pem").chmod(0o644)
            self.certificate_file = str(folder / "ca.pem")
            self._log = open(folder / "log", "w+")
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", NGINX, "-e", "stderr", "-p", str(folder), "-c", "nginx.conf"],
                stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        except BaseException:
            self._folder.cleanup()
            raise
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.status()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self._log.seek(0)
                    raise SystemExit(f"nginx did not start:\n{self._log.read()}")
                time.sleep(0.05)

    def __exit__(self, *exception):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def url(self, page, transport):
        return f"{'https' if transport == 'tls' else 'http'}://127.0.0.1:{self._ports[page, transport]}"

    def status(self):
        """Connections and requests that it has had, those that ask this left out but for the present one."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self._status_port}/status", timeout=PATIENCE_SECONDS) as response:
            accepted, requests = parsed_status(response.read().decode())
        self._looks = getattr(self, "_looks", -1) + 1
        return accepted - self._looks, requests - self._looks

    def cpu_seconds(self):
        """User and system time of the worker."""
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        ticks = 0
        for child in children:
            fields = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def version():
        told = subprocess.run([NGINX, "-v"], capture_output=True, text=True, timeout=60).stderr
        return told.rpartition("/")[2].strip()
