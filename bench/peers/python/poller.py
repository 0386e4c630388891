"""What the pollers in Python share: arguments, the tally, and the line of figures."""

import argparse
import json
import platform
import resource
import sys
import time

REQUEST = {
    "WorkflowArn": "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",
    "RunId": "run-finished",
    "MaxResults": 100,
}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--ca-bundle")
    for number in ("--concurrency", "--requests", "--warm-up", "--items"):
        parser.add_argument(number, type=int, required=True)
    return parser.parse_args()


def settings(given):
    return {"region_name": "us-east-1", "endpoint_url": given.endpoint_url, "verify": given.ca_bundle,
            "aws_access_key_id": "AKIDEMULATOR", "aws_secret_access_key": "emulator-secret-key"}


class Tally:
    """Of one event loop, or of threads under the interpreter's lock."""

    def __init__(self, requests, expected):
        self._tickets = iter(range(requests))
        self._expected = expected
        self._pages = []  # append() is one step, whichever thread does it
        self._failures = []

    def takes(self):
        return next(self._tickets, None) is not None

    def look(self, page):
        tasks = page["TaskInstances"]
        self._pages.append(len(tasks))
        if len(tasks) != self._expected or (tasks and not (tasks[-1]["TaskInstanceId"] and tasks[-1]["Status"])):
            self.failed(f"a page of {len(tasks)} items, not {self._expected}")

    def failed(self, why):
        self._failures.append(str(why))

    @property
    def items(self):
        return sum(self._pages)

    @property
    def failures(self):
        return self._failures


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def max_rss_kib():
    # Not ru_maxrss, which begins with that of the process that started this one.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


class Stopwatch:
    def __init__(self):
        self._cpu, self._time = cpu_seconds(), time.monotonic()

    def tell(self, given, tally, **versions):
        cpu, seconds = cpu_seconds() - self._cpu, time.monotonic() - self._time
        if tally.failures:
            print("first error:", tally.failures[0], file=sys.stderr)
        print(json.dumps({
            "requests": given.requests, "errors": len(tally.failures), "items": tally.items, "seconds": seconds,
            "cpu_us_per_request": cpu * 1e6 / given.requests, "max_rss_kib": max_rss_kib(),
            "runtime": f"{platform.python_implementation()} {platform.python_version()}", **versions}))
