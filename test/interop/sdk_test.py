"""An AWS SDK that we did not write, as people install it, against the emulator: sdk_test.py LANGUAGE EMULATOR FOLDER

LANGUAGE is go, rust or java; its judge lies in the folder of that name and is built in FOLDER. The judge reads lines
`OPERATION SECRET ATTEMPTS ARGUMENT...` and prints, separated by tabs, what its SDK made of the answers: `page COUNT`,
`item FIELD...`, `member NAME VALUE`, `error CODE STATUS REQUEST_ID`, or `failed WHY` when it is no error of the service.

The operations are 15 of the 16: none of the three SDKs has CreateAirflowUiUrl, in the newest version that the
registries carry. The SDK for JavaScript is not among them: the npm registry has no @aws-sdk/client-mwaa-serverless here.

Exit code 77 (a visible skip in CTest) when the judge cannot be built. With MWAA_SERVERLESS_REQUIRE_ALL=1 in the
environment that is a failure, but for a toolchain that Debian 12 does not have (Go, Rust): scripts/bootstrap could not
install it.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from emulator_process import SECRET_ACCESS_KEY, WORKFLOW_ARN, EmulatorProcess
from sdk_builds import Unavailable, build_go, build_java, build_rust

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent

STATUSES = ("SUCCESS", "FAILED", "QUEUED", "RUNNING", "UP_FOR_RETRY", "UPSTREAM_FAILED", "CANCELLED", "NONE")
OPERATORS = ("PythonOperator", "Größen \"A\" \\ 数", "S3KeySensor")


# Each gives the command that starts its judge.
JUDGES = {
    "go": lambda folder: build_go(HERE / "go", folder, "judge"),
    "rust": lambda folder: build_rust(HERE / "rust", folder, "judge"),
    "java": lambda folder: build_java(HERE / "java", folder, "Judge", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
}


class Answer:
    """What the judge printed for one line."""

    def __init__(self, lines):
        self.pages = [int(fields[1]) for fields in lines if fields[0] == "page"]
        self.items = [tuple(fields[1:]) for fields in lines if fields[0] == "item"]
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
            cls.emulator = EmulatorProcess(EMULATOR, "--scenario", file.name, "--stopping-time", "0",
                                           "--deletion-time", "0")
        cls.addClassCleanup(cls.emulator.stop)
        cls.judge = subprocess.Popen(JUDGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                                     env=cls.emulator.environment())
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

    def ask(self, operation, *arguments, secret=SECRET_ACCESS_KEY, attempts=1):
        print(operation, secret, attempts, *arguments, file=self.judge.stdin, flush=True)
        lines = []
        for line in self.judge.stdout:
            lines.append(line.rstrip("\n").split("\t"))
            if lines[-1] == ["done"]:
                answer = Answer(lines)
                self.assertEqual(answer.failures, [])
                return answer
        self.fail(f"the judge ended: {self.judge.wait(60)}")

    def list(self, run, page_size=100, **how):
        return self.ask("list", WORKFLOW_ARN, run, page_size, **how)

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
                answer = self.list("many", size, attempts=3)
                self.assertEqual(answer.errors, [])
                self.assertEqual(answer.pages, pages)
                self.assertEqual(answer.items, expected)
        answer = self.list("none")
        self.assertEqual((answer.pages, answer.errors), ([0], []))

    def test_throttled(self):
        self.steer("POST", "/-/faults", {"faults": ["throttle=7"]})
        answer = self.list("many")
        self.error_of(answer, "ThrottlingException", 429)
        members = dict(answer.members)
        self.assertEqual(members["RetryAfterSeconds"], "7")
        self.assertEqual(members["ServiceCode"], "airflow-serverless")
        self.assertTrue(members["QuotaCode"])
        self.assertEqual(answer.pages, [])

    def test_tries_again(self):
        self.steer("POST", "/-/faults", {"faults": ["throttle", "close-before-headers"]})
        answer = self.list("many", attempts=3)
        self.assertEqual((answer.errors, answer.pages), ([], [100, 100, 50]))
        requests = self.steer("GET", "/-/requests")["requests"]
        self.assertEqual([r["fault"] for r in requests], ["throttle", "close-before-headers", "", "", ""])
        self.assertEqual([r["run"] for r in requests], ["many"] * 5)
        self.assertEqual([re.search(r"attempt=(\d)", r["attempt"])[1] for r in requests], ["1", "2", "3", "1", "1"])
        self.assertEqual(len({r["invocation"] for r in requests[:3]}), 1)

    def test_fails_on_a_later_page(self):
        self.steer("POST", "/-/faults", {"faults": ["delay=0", "status=504"]})
        answer = self.list("many")
        self.error_of(answer, "OperationTimeoutException", 504)
        self.assertEqual(answer.pages, [100])

    def test_unknown_run(self):
        answer = self.list("no-such-run")
        self.error_of(answer, "ValidationException", 400)  # the model has no ResourceNotFoundException here
        self.assertEqual(answer.members, [("Reason", "other"), ("Field", "RunId")])
        self.steer("POST", "/-/faults", {"faults": ["status=404"]})
        answer = self.ask("get-run", WORKFLOW_ARN, "no-such-run")
        self.error_of(answer, "ResourceNotFoundException", 404)
        self.assertEqual(answer.members, [("ResourceId", "emulated"),
                                          ("ResourceType", "AWS::MWAAServerless::Workflow")])

    def members_of(self, operation, *arguments, **how):
        answer = self.ask(operation, *arguments, **how)
        self.assertEqual(answer.errors, [])
        return dict(answer.members)

    def items_of(self, operation, *arguments):
        """Of a listing a page of one item each, so that every item but the last needs a token."""
        answer = self.ask(operation, *arguments, 1)
        self.assertEqual(answer.errors, [])
        self.assertEqual(answer.pages, [1] * len(answer.items))
        return answer.items

    def test_a_workflow_from_its_beginning_to_its_end(self):
        made = self.members_of("create", "sales", "one-token")
        arn = made["WorkflowArn"]
        self.assertEqual((made["WorkflowStatus"], made["IsLatestVersion"].lower()), ("READY", "true"))
        self.assertLess(abs(int(made["CreatedAt"]) - time.time()), 300)
        self.assertEqual(self.members_of("create", "sales", "one-token"), made)
        answer = self.ask("create", "sales", "-")  # with a token of the SDK's own making
        self.error_of(answer, "ConflictException", 409)
        self.assertEqual(dict(answer.members)["ResourceType"], "AWS::MWAAServerless::Workflow")

        self.members_of("tag", arn, "cost", "low")
        self.assertEqual(sorted(self.ask("tags", arn).items), [("cost", "low"), ("team", "a")])
        self.members_of("untag", arn, "team")
        self.assertEqual(self.ask("tags", arn).items, [("cost", "low")])

        # The first answer is lost. The second attempt has the same client token: there is one run.
        self.steer("POST", "/-/faults", {"faults": ["close-inside-headers=5"]})
        started = self.members_of("start", arn, attempts=3)
        run = started["RunId"]
        self.assertEqual(started["Status"], "STARTING")
        requests = self.steer("GET", "/-/requests")["requests"]
        self.assertEqual([r["operation"] for r in requests[-2:]], ["StartWorkflowRun"] * 2)
        self.assertEqual(self.items_of("runs", arn), [(run, "STARTING")])
        states = []
        for seconds in (0, 10, 60):
            self.steer("POST", "/-/advance", {"workflow": arn, "id": run, "seconds": seconds})
            shown = self.members_of("get-run", arn, run)
            states.append(shown["RunState"])
        self.assertEqual(states, ["STARTING", "RUNNING", "SUCCESS"])
        self.assertEqual(shown["TaskInstances"], "extract,transform,load")
        self.assertEqual(json.loads(shown["day"]), [1, {"x": None}])
        self.assertEqual(self.members_of("get-task", arn, run, "load"), {"Status": "SUCCESS", "DurationInSeconds": "7"})
        tasks = self.items_of("list", arn, run)
        self.assertEqual([task[:2] for task in tasks],
                         [("extract", "SUCCESS"), ("transform", "SUCCESS"), ("load", "SUCCESS")])
        self.assertEqual({task[4:] for task in tasks}, {(made["WorkflowVersion"], run, arn)})

        other = self.members_of("start", arn)["RunId"]
        self.members_of("stop", arn, other)
        self.assertEqual(self.members_of("get-run", arn, other)["RunState"], "STOPPED")
        self.assertEqual(self.items_of("runs", arn), [(run, "SUCCESS"), (other, "STOPPED")])

        updated = self.members_of("update", arn)
        versions = [(version, latest.lower()) for version, latest in self.items_of("versions", arn)]
        self.assertEqual(versions, [(made["WorkflowVersion"], "false"), (updated["WorkflowVersion"], "true")])
        old = self.members_of("get-workflow", arn, made["WorkflowVersion"])
        self.assertEqual((old["Name"], old["Description"], old["ObjectKey"]), ("sales", "Größe \"A\"", "first.yaml"))
        if LANGUAGE == "rust":  # the others' versions do not know the member
            self.assertEqual(old["CodeBucket"], "code")
        new = self.members_of("get-workflow", arn, updated["WorkflowVersion"])
        self.assertEqual((new["ObjectKey"], new["RoleArn"]), ("second.yaml", "arn:aws:iam::123456789012:role/s"))

        self.assertEqual(self.items_of("workflows"), [("etl-nightly", "READY"), ("sales", "READY")])
        self.assertEqual(self.members_of("delete", arn), {"WorkflowArn": arn})
        answer = self.ask("get-workflow", arn, updated["WorkflowVersion"])
        self.error_of(answer, "ResourceNotFoundException", 404)
        self.assertEqual(dict(answer.members)["ResourceId"], arn)
        self.assertEqual(self.items_of("workflows"), [("etl-nightly", "READY")])

    def test_wrong_signature(self):
        answer = self.list("many", secret="wrong")
        self.error_of(answer, "InvalidSignatureException", 400)
        self.assertEqual(answer.items, [])
        self.error_of(self.ask("get-run", WORKFLOW_ARN, "no-such-run"), "ResourceNotFoundException", 404)  # signed well


if __name__ == "__main__":
    _, LANGUAGE, EMULATOR, FOLDER = sys.argv[:4]
    started = time.monotonic()
    try:
        JUDGE = JUDGES[LANGUAGE](pathlib.Path(FOLDER).absolute())
    except Unavailable as missing:
        print(f"the judge in {LANGUAGE} cannot run: {missing}", file=sys.stderr)
        sys.exit(1 if missing.ours_to_install and os.environ.get("MWAA_SERVERLESS_REQUIRE_ALL") == "1" else SKIPPED)
    print(f"built in {time.monotonic() - started:.1f} s", file=sys.stderr)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
