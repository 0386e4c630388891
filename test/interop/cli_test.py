"""Our program against the AWS CLI: cli_test.py EMULATOR PROGRAM

The same arguments go to the AWS CLI v2 and to our program, against the same emulator; standard output must agree byte
for byte, and so must the exit code. v2 is not on PyPI: Debian's package `awscli` is used, with the model of the service
that botocore carries. Without it these tests are skipped (exit code 77), or fail with MWAA_SERVERLESS_REQUIRE_ALL=1.
AWS CLI v1, from PyPI, is compared by its JSON; its exit codes are older.
"""

import concurrent.futures
import gzip
import http.server
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

import botocore

from emulator_process import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, WORKFLOW_ARN, EmulatorProcess

PROGRAM = pathlib.Path(sys.argv.pop(2))
EMULATOR = pathlib.Path(sys.argv.pop(1))
SKIPPED = 77
PATIENCE_SECONDS = 120

RUN = ["--workflow-arn", WORKFLOW_ARN, "--run-id"]

# What the emulator answers with success.
LISTINGS = [
    RUN + ["run-failed"],
    RUN + ["run-failed", "--output", "text"],
    RUN + ["run-failed", "--output", "table"],
    RUN + ["run-empty"],
    RUN + ["run-empty", "--output", "text"],
    RUN + ["run-empty", "--output", "table"],
    RUN + ["run-empty", "--no-paginate"],
    RUN + ["run-finished"],
    RUN + ["run-finished", "--output", "text"],
    RUN + ["run-finished", "--output", "table", "--page-size", "100"],
    RUN + ["run-failed", "--page-size", "5", "--output", "text"],
    RUN + ["run-failed", "--page-size", "100", "--output", "text", "--no-cli-pager"],
    RUN + ["run-failed", "--max-items", "3"],
    RUN + ["run-failed", "--max-items", "3", "--output", "text"],
    RUN + ["run-failed", "--max-items", "1", "--output", "table"],
    RUN + ["run-failed", "--max-items", "4", "--page-size", "2"],
    RUN + ["run-failed", "--max-items", "5", "--page-size", "2", "--output", "text"],
    RUN + ["run-failed", "--max-items", "12"],
    RUN + ["run-failed", "--max-items", "99", "--output", "text"],
    RUN + ["run-finished", "--no-paginate"],
    RUN + ["run-failed", "--max-results", "5"],
    RUN + ["run-failed", "--max-results", "5", "--output", "text"],
    RUN + ["run-failed", "--max-results", "5", "--output", "table"],
    ["--run-id=run-failed", f"--workflow-arn={WORKFLOW_ARN}", "--output=text", "--color=off"],
    RUN + ["run-empty", "--run-id", "run-failed", "--output", "text"],
    RUN + ["run-failed", "--max-items", "0"],
    RUN + ["run-failed", "--max-items", "0", "--output", "text"],
    RUN + ["run-failed", "--max-items", "0", "--output", "table"],
    RUN + ["run-empty", "--max-items", "0"],
    RUN + ["run-failed", "--max-items", "0", "--starting-token", "None___3"],
    RUN + ["run-failed", "--starting-token", "None"],
    RUN + ["run-failed", "--starting-token", "None", "--max-items", "2"],
    RUN + ["run-failed", "--starting-token", "None___3", "--output", "text"],
]

# What is refused, here or there, and the exit code that both give.
REFUSALS = [
    (252, []),
    (252, RUN),
    (252, ["--run-id", "run-failed"]),
    (252, RUN + [""]),
    (252, RUN + ["run-failed", "extra"]),
    (252, RUN + ["run-failed", "--foo", "bar"]),
    (252, RUN + ["run-failed", "--output", "xml"]),
    (252, RUN + ["run-failed", "--color", "blue"]),
    (252, RUN + ["run-failed", "--page-size", "0"]),
    (252, RUN + ["run-failed", "--page-size", "-1"]),
    (252, RUN + ["run-failed", "--page-size", "x"]),
    (252, RUN + ["run-failed", "--max-items", "1.5"]),
    (252, RUN + ["run-failed", "--max-results", "0"]),
    (252, RUN + ["run-failed", "--max-results", "5", "--max-items", "2"]),
    (252, RUN + ["run-failed", "--no-paginate", "--page-size", "2", "--starting-token", "x"]),
    (254, RUN + ["no-such-run"]),
    (254, ["--workflow-arn", "arn:wrong", "--run-id", "run-failed"]),
    (254, RUN + ["run-failed", "--page-size", "101"]),
    (254, RUN + ["run-failed", "--starting-token", "made-up"]),
    (254, RUN + ["run-failed", "--next-token", "made-up"]),
    (254, RUN + ["run-failed", "--starting-token", ""]),
    (254, RUN + ["run-failed", "--next-token", ""]),
    (252, RUN + ["file:///nonexistent"]),
    (252, RUN + ["fileb:///nonexistent"]),
    (252, RUN + ["file:///"]),
    (252, RUN + ["file://"]),
    (252, RUN + ["file:///no'apostrophe"]),
    (252, RUN + ["file://${NO_SUCH_VARIABLE}/x"]),
    (252, RUN + ["file://~no-such-user/x"]),
    (252, RUN + ["fileb:///dev/null"]),
    (252, RUN + ["run-failed", "--page-size", "file:///dev/null"]),
    (252, RUN + ["run-failed", "--next-token", "file:///nonexistent"]),
    (252, RUN + ["run-failed", "--starting-token", "file:///nonexistent"]),
    (255, RUN + ["run-failed", "--profile", "no-such-profile"]),
]


def find_v2():
    for candidate in ("/usr/bin/aws", shutil.which("aws")):
        if candidate is None or not os.access(candidate, os.X_OK):
            continue
        version = subprocess.run([candidate, "--version"], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        if version.stdout.startswith("aws-cli/2"):
            return candidate
    return None


def copy_model(into: pathlib.Path):
    """The service's model out of botocore, unpacked: the older v2 wants plain JSON."""
    source = pathlib.Path(botocore.__file__).parent / "data" / "mwaa-serverless"
    for file in source.rglob("*.json*"):
        target = into / "mwaa-serverless" / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".gz":
            target.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        else:
            shutil.copyfile(file, target)


def execute(command, environment):
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE_SECONDS)
    return done.returncode, done.stdout, done.stderr


def ours(emulator, arguments, **changes):
    return execute([PROGRAM, "list-task-instances", *arguments], emulator.environment(**changes))


class Comparison(unittest.TestCase):
    """The two programs side by side; several pairs at a time, for Python takes a second to start."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="mwaa-serverless-model-")
        copy_model(pathlib.Path(cls.directory.name))

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def theirs(self, emulator, arguments, **changes):
        environment = emulator.environment(AWS_DATA_PATH=self.directory.name, **changes)
        endpoint = environment.get("AWS_ENDPOINT_URL_MWAA_SERVERLESS")  # Debian's v2 is older than the variable
        command = [V2, "mwaa-serverless", "list-task-instances"]
        return execute(command + (["--endpoint-url", endpoint] if endpoint else []) + arguments, environment)

    def compare(self, emulator, cases, **changes):
        def both(arguments):
            return arguments, self.theirs(emulator, arguments, **changes), ours(emulator, arguments, **changes)

        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for arguments, (code, out, err), (our_code, our_out, our_err) in pool.map(both, cases):
                with self.subTest(" ".join(arguments)):
                    self.assertEqual(our_code, code, (our_err, err))
                    self.assertEqual(our_out.decode(), out.decode())
                    yield arguments, our_code, our_out, our_err, err


class AgainstV2(Comparison):
    def test_listings(self):
        with EmulatorProcess(EMULATOR) as emulator:
            printed = 0
            for arguments, code, out, err, _ in self.compare(emulator, LISTINGS):
                self.assertEqual((code, err), (0, b""), arguments)
                printed += len(out)
            self.assertGreater(printed, 100_000)

    def test_refusals(self):
        with EmulatorProcess(EMULATOR) as emulator:
            expected = {tuple(arguments): code for code, arguments in REFUSALS}
            for arguments, code, out, err, their_err in self.compare(emulator, [a for _, a in REFUSALS]):
                self.assertEqual(code, expected[tuple(arguments)], (err, their_err))
                self.assertEqual(out, b"")
                self.assertIn(b"mwaa-serverless: [ERROR]: ", err)
                # The sentence itself; the older v2 has no prefix and no details.
                if code == 254 or b"Unable to load paramfile" in their_err:
                    self.assertIn(their_err.strip(), err)

    def test_parameters_in_files(self):
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-files-") as directory:
            files = pathlib.Path(directory)
            (files / "run").write_text("run-failed")
            (files / "lines").write_text("run-failed\r\n")
            (files / "arn").write_text(WORKFLOW_ARN)
            (files / "five").write_text("5\n")
            (files / "binary").write_bytes(b"\xff")
            cases = [RUN + ["file://~/run"], RUN + [f"file://{directory}/run"], RUN + ["file://$HOME/run"],
                     RUN + ["file://~/../" + files.name + "/${FILE_NAME}"], RUN + ["file://~/lines"],
                     RUN + ["file://~/binary"], ["--workflow-arn", "file://~/arn", "--run-id", "run-failed"],
                     RUN + ["run-failed", "--max-results", "file://~/five"],
                     RUN + ["run-failed", "--max-results", "fileb://~/five"]]
            with EmulatorProcess(EMULATOR) as emulator:
                codes = [code for _, code, _, _, _ in
                         self.compare(emulator, cases, HOME=directory, FILE_NAME="run", LC_ALL="C.UTF-8")]
                self.assertEqual(codes, [0, 0, 0, 0, 254, 252, 0, 0, 0])

    def test_output_of_the_profile(self):
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-home-") as directory:
            config = pathlib.Path(directory) / "config"
            config.write_text("[default]\noutput = text\n[profile t]\noutput = table\n[profile x]\noutput = xml\n"
                              "[profile n]\nregion = us-east-1\n")
            with EmulatorProcess(EMULATOR) as emulator:
                for code, changes in [(0, {}), (0, {"AWS_PROFILE": "t"}), (255, {"AWS_PROFILE": "x"}),
                                      (0, {"AWS_PROFILE": "n"}), (0, {"AWS_DEFAULT_OUTPUT": "json"}),
                                      (0, {"AWS_PROFILE": "x", "AWS_DEFAULT_OUTPUT": "json"})]:
                    changes = {"AWS_CONFIG_FILE": str(config), **changes}
                    for _, our_code, _, err, their_err in self.compare(emulator, [RUN + ["run-failed"]], **changes):
                        self.assertEqual(our_code, code, (err, their_err))
                        self.assertIn(their_err.strip(), err)

    def test_resuming_each_other(self):
        """A token of one program goes on in the other."""
        with EmulatorProcess(EMULATOR) as emulator:
            for size in ("2", "20"):
                page = ["--page-size", size]
                _, cut, _ = ours(emulator, RUN + ["run-failed", "--max-items", "5", *page])
                token = json.loads(cut)["NextToken"]
                rest = [RUN + ["run-failed", "--starting-token", token, *page],
                        RUN + ["run-failed", "--starting-token", token, "--max-items", "4", "--output", "text", *page]]
                for _, code, out, _, _ in self.compare(emulator, rest):
                    self.assertEqual(code, 0)
                    self.assertGreater(len(out), 0)

    def test_configuration(self):
        with EmulatorProcess(EMULATOR) as emulator:
            listing = [RUN + ["run-empty"]]
            for code, changes in [
                (253, {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}),
                (253, {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}),
                (255, {"AWS_SECRET_ACCESS_KEY": None}),
                (254, {"AWS_SECRET_ACCESS_KEY": "wrong"}),
                (255, {"AWS_MAX_ATTEMPTS": "x"}),
                (255, {"AWS_DEFAULT_OUTPUT": "xml"}),
                (0, {"AWS_DEFAULT_OUTPUT": "table"}),
                (255, {"AWS_ENDPOINT_URL_MWAA_SERVERLESS": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}),
            ]:
                for _, our_code, _, err, their_err in self.compare(emulator, listing, **changes):
                    self.assertEqual(our_code, code, (err, their_err))

    def test_faults(self):
        for code, faults in [(254, ["throttle=1"]), (254, ["status=500"]), (254, ["html=502"]), (254, ["status=403"]),
                             (255, ["close-before-headers"])]:
            faults = [argument for fault in faults for argument in ("--fault", fault + "*2")]
            with EmulatorProcess(EMULATOR, *faults) as emulator:
                for _, our_code, _, err, their_err in self.compare(emulator, [RUN + ["run-empty"]],
                                                                   AWS_MAX_ATTEMPTS="1"):
                    self.assertEqual(our_code, code, (err, their_err))

    def test_time_out(self):
        with EmulatorProcess(EMULATOR, "--fault", "never-answer*2") as emulator:
            arguments = RUN + ["run-empty", "--cli-read-timeout", "1"]
            for _, code, _, err, their_err in self.compare(emulator, [arguments], AWS_MAX_ATTEMPTS="1"):
                self.assertEqual(code, 255)
                self.assertIn(b"Read timeout on endpoint URL: ", err)
                self.assertIn(their_err.strip(), err)

    def test_https(self):
        with EmulatorProcess(EMULATOR, tls=True) as emulator:
            listing = [RUN + ["run-failed", "--output", "text"]]
            for _, code, _, _, _ in self.compare(emulator, listing):
                self.assertEqual(code, 0)
            for _, code, _, err, _ in self.compare(emulator, listing, AWS_CA_BUNDLE=None, AWS_MAX_ATTEMPTS="1"):
                self.assertEqual(code, 255)
                self.assertIn(b"SSL validation failed for ", err)
            flags = [listing[0] + ["--ca-bundle", emulator.certificate_file], listing[0] + ["--no-verify-ssl"]]
            for _, code, out, _, _ in self.compare(emulator, flags, AWS_CA_BUNDLE=None):
                self.assertEqual(code, 0)
                self.assertEqual(out.count(b"\n"), 12)


class Configuration(unittest.TestCase):
    """`configure list`, byte for byte; there is no network in it."""

    FILE = ("[default]\nregion = eu-west-1\naws_access_key_id = AKIDFILE1234\naws_secret_access_key = abcd5678\n"
            "[profile process]\ncredential_process = sh -c 'cat {keys}'\n"
            "[profile broken]\ncredential_process = sh -c 'exit 1'\n[profile empty]\nregion = us-west-2\n")

    def test_configure_list(self):
        keys = {"AWS_ACCESS_KEY_ID": "AKIDENVIRON9", "AWS_SECRET_ACCESS_KEY": "environment-key"}
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-home-") as directory:
            home = pathlib.Path(directory)
            (home / "keys.json").write_text(json.dumps({"Version": 1, "AccessKeyId": "AKIDPROCESS7",
                                                        "SecretAccessKey": "process-key"}))
            (home / "elsewhere").write_text("[default]\nregion = ap-southeast-2\n")
            (home / ".aws").mkdir()
            (home / ".aws" / "config").write_text(self.FILE.format(keys=home / "keys.json"))
            (home / ".aws" / "credentials").write_text("[shared]\naws_access_key_id = AKIDSHARED55\n"
                                                       "aws_secret_access_key = shared-key\n")
            printed = set()
            for arguments, changes in [
                ([], {}),
                ([], keys),
                ([], {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-2"}),
                ([], {"AWS_DEFAULT_REGION": "us-east-2"}),
                ([], {"AWS_PROFILE": "empty"}),
                ([], {"AWS_PROFILE": "shared", "AWS_DEFAULT_PROFILE": "empty"}),
                ([], {"AWS_PROFILE": "process"}),
                ([], {"AWS_CONFIG_FILE": str(home / "elsewhere")}),
                (["--profile", "process"], keys),
                (["--profile", "default"], {}),
                (["--region", "us-east-1"], {}),
            ]:
                environment = {"HOME": directory, "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true",
                               **sanitizer_options(), **changes}
                with self.subTest(arguments=arguments, changes=changes):
                    code, out, err = execute([V2, "configure", "list", *arguments], environment)
                    our_code, our_out, our_err = execute([PROGRAM, "configure", "list", *arguments], environment)
                    self.assertEqual((our_code, our_out.decode()), (code, out.decode()), (our_err, err))
                    self.assertEqual(code, 0)
                    printed.add(our_out)
            self.assertGreater(len(printed), 8)
            for profile in ("broken", "nowhere"):
                environment = {"HOME": directory, "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true",
                               **sanitizer_options(), "AWS_PROFILE": profile}
                code, _, _ = execute([V2, "configure", "list"], environment)
                self.assertEqual(execute([PROGRAM, "configure", "list"], environment)[0], code)


def sanitizer_options():
    return {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}


class AgainstV1(unittest.TestCase):
    def test_json(self):
        if importlib.util.find_spec("awscli") is None:
            self.skipTest("no awscli in the virtual environment")
        with EmulatorProcess(EMULATOR) as emulator:
            for arguments in [RUN + ["run-finished"], RUN + ["run-failed", "--max-items", "3"], RUN + ["run-empty"],
                              RUN + ["run-failed", "--max-results", "5"]]:
                with self.subTest(" ".join(arguments)):
                    v1 = [sys.executable, "-m", "awscli", "mwaa-serverless", "list-task-instances", *arguments]
                    code, out, err = execute(v1, emulator.environment())
                    self.assertEqual(code, 0, err)
                    self.assertEqual(ours(emulator, arguments)[1].decode(), out.decode())


class Alone(unittest.TestCase):
    """What only a real process shows."""

    def test_interrupt(self):
        with EmulatorProcess(EMULATOR, "--fault", "never-answer") as emulator:
            command = [PROGRAM, "list-task-instances", *RUN, "run-empty", "--debug"]
            process = subprocess.Popen(command, env=emulator.environment(), stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            self.assertIn(b"endpoint", process.stderr.readline())  # from here on it waits for Ctrl-C
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
            self.assertEqual((process.returncode, out), (130, b"\n"))

    def test_reader_that_leaves(self):
        with EmulatorProcess(EMULATOR) as emulator:
            for output in ("json", "text", "table"):
                read_end, write_end = os.pipe()
                os.close(read_end)
                command = [PROGRAM, "list-task-instances", *RUN, "run-finished", "--output", output]
                done = subprocess.run(command, env=emulator.environment(), stdout=write_end, stderr=subprocess.PIPE,
                                      timeout=PATIENCE_SECONDS)
                os.close(write_end)
                self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_full_disk(self):
        with EmulatorProcess(EMULATOR) as emulator, open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "list-task-instances", *RUN, "run-failed"], env=emulator.environment(),
                                  stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS)
            self.assertEqual(done.returncode, 255)
            self.assertIn(b"No space left on device", done.stderr)

    def test_details_of_a_throttled_request(self):
        with EmulatorProcess(EMULATOR, "--fault", "throttle=7*2") as emulator:
            code, out, err = ours(emulator, RUN + ["run-empty"], AWS_MAX_ATTEMPTS="1")
            self.assertEqual((code, out), (254, b""))
            self.assertRegex(err.decode(), r"\A\nmwaa-serverless: \[ERROR\]: An error occurred \(ThrottlingException\) "
                             r"when calling the ListTaskInstances operation \(reached max retries: 0\): .+\n\n"
                             r"Additional error details:\nServiceCode: .+\nQuotaCode: .+\nRetryAfterSeconds: 7\n\Z")
            code, _, err = ours(emulator, RUN + ["run-empty"], AWS_MAX_ATTEMPTS="1", AWS_CLI_ERROR_FORMAT="json")
            self.assertEqual(code, 254)
            self.assertEqual(list(json.loads(err)),
                             ["Message", "Code", "ServiceCode", "QuotaCode", "RetryAfterSeconds"])


ARN = ["--workflow-arn", WORKFLOW_ARN]
TIME = 1763380800.123
VERSION = "0123456789abcdef0123456789abcdef"
RUN_DETAIL = {"WorkflowArn": WORKFLOW_ARN, "WorkflowVersion": VERSION, "RunId": "r-1", "RunType": "ON_DEMAND",
              "StartedOn": TIME, "CreatedAt": 1763380800, "Duration": 12, "ErrorMessage": "it's: broken #1",
              "TaskInstances": ["t1", "t2"], "RunState": "FAILED"}

# What the service answers to each operation, and a command line for it. Maps are in the order of their keys, in which we
# print them; the AWS CLI prints them as they came.
OPERATIONS = {
    "CreateAirflowUiUrl": (["--expires-in-seconds", "60"], {"AuthorizedUrl": "https://ui.example/?t=a&b=c",
                                                            "SessionId": VERSION}),
    "CreateWorkflow": (["--name", "etl", "--definition-s3-location", "Bucket=b,ObjectKey=k", "--role-arn", "r"],
                       {"WorkflowArn": WORKFLOW_ARN, "CreatedAt": TIME, "RevisionId": "1", "WorkflowStatus": "READY",
                        "WorkflowVersion": VERSION, "IsLatestVersion": True, "Warnings": ["one", "two: 2"]}),
    "DeleteWorkflow": (ARN + ["--workflow-version", VERSION], {"WorkflowArn": WORKFLOW_ARN, "WorkflowVersion": VERSION}),
    "GetTaskInstance": (ARN + ["--run-id", "r-1", "--task-instance-id", "t1"],
                        {"WorkflowArn": WORKFLOW_ARN, "RunId": "r-1", "TaskInstanceId": "t1", "Status": "SUCCESS",
                         "DurationInSeconds": 3, "OperatorName": "S3ListOperator", "ModifiedAt": TIME,
                         "AttemptNumber": 1, "LogStream": "a/b", "Xcom": {"n": "1", "return_value": "x"}}),
    "GetWorkflow": (ARN, {"WorkflowArn": WORKFLOW_ARN, "WorkflowVersion": VERSION, "Name": "etl", "CreatedAt": TIME,
                          "EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KEY", "KmsKeyId": "k"},
                          "EngineVersion": 1, "WorkflowStatus": "READY",
                          "DefinitionS3Location": {"Bucket": "b", "ObjectKey": "k"},
                          "Code": {"S3Location": {"Bucket": "bkt", "ObjectKey": "z"}}, "CodeSnapshottedAt": TIME,
                          "ScheduleConfiguration": {"CronExpression": "0 0 * * *"},
                          "NetworkConfiguration": {"SecurityGroupIds": ["sg-1", "sg-2"], "SubnetIds": []},
                          "Environment": {"Variables": {"A": "b", "EMPTY": "", "NO": "no"}},
                          "WorkflowDefinition": "etl:\n  tasks:\n    - a: 'b'\n"}),
    "GetWorkflowRun": (ARN + ["--run-id", "r-1"],
                       {"WorkflowArn": WORKFLOW_ARN, "RunId": "r-1", "OverrideParameters":
                        {"day": "2026-11-30", "n": 1, "deep": {"list": [1, 2], "of": [{"a": "b"}], "none": None}},
                        "RunDetail": RUN_DETAIL}),
    "ListTagsForResource": (["--resource-arn", WORKFLOW_ARN], {"Tags": {"a b": "c,d", "team": "data", "true": "no"}}),
    "ListTaskInstances": (ARN + ["--run-id", "r-1"], {"TaskInstances": [
        {"WorkflowArn": WORKFLOW_ARN, "RunId": "r-1", "TaskInstanceId": "t1", "Status": "SUCCESS"}]}),
    "ListWorkflowRuns": (ARN, {"WorkflowRuns": [
        {"RunId": "r-1", "WorkflowArn": WORKFLOW_ARN, "RunType": "SCHEDULED",
         "RunDetailSummary": {"Status": "SUCCESS", "CreatedOn": TIME, "StartedAt": TIME}},
        {"RunId": "r-2", "WorkflowArn": WORKFLOW_ARN, "RunDetailSummary": {"Status": "RUNNING"}}]}),
    "ListWorkflowVersions": (ARN, {"WorkflowVersions": [
        {"WorkflowVersion": VERSION, "WorkflowArn": WORKFLOW_ARN, "IsLatestVersion": True, "CreatedAt": TIME,
         "DefinitionS3Location": {"Bucket": "b", "ObjectKey": "k"}}]}),
    "ListWorkflows": ([], {"Workflows": [{"WorkflowArn": WORKFLOW_ARN, "Name": "etl", "CreatedAt": TIME,
                                          "Description": "long " * 30 + "text"}], "NextToken": None}),
    "StartWorkflowRun": (ARN + ["--override-parameters", '{"day": "2026-11-30", "n": [1, null, {"x": 2.5}]}'],
                         {"RunId": "r-1", "Status": "STARTING", "StartedAt": TIME}),
    "StopWorkflowRun": (ARN + ["--run-id", "r-1"], {"WorkflowArn": WORKFLOW_ARN, "RunId": "r-1", "Status": "STOPPING"}),
    "TagResource": (["--resource-arn", WORKFLOW_ARN, "--tags", "a=b,c=d e"], {}),
    "UntagResource": (["--resource-arn", WORKFLOW_ARN, "--tag-keys", "a", "b"], {}),
    "UpdateWorkflow": (ARN + ["--definition-s3-location", "Bucket=b,ObjectKey=k", "--role-arn", "r"],
                       {"WorkflowArn": WORKFLOW_ARN, "ModifiedAt": TIME, "WorkflowVersion": VERSION, "Warnings": []}),
}

CREATE = OPERATIONS["CreateWorkflow"][0]
START = ["start-workflow-run", *ARN]
TAG = ["tag-resource", "--resource-arn", WORKFLOW_ARN]
UNTAG = ["untag-resource", "--resource-arn", WORKFLOW_ARN]
# Parameters of every kind: whole command lines. In {folder} are files.
PARAMETERS = [
    ["create-workflow", *CREATE, "--code", "S3Location={Bucket=bkt,ObjectKey=k}", "--environment",
     "Variables={A=b,C='d,e'}", "--network-configuration", "SecurityGroupIds=sg-1,sg-2,SubnetIds=subnet-1", "--tags",
     "Key1=v1,Key2=v2", "--engine-version", "1", "--encryption-configuration", "Type=AWS_MANAGED_KEY"],
    ["create-workflow", *CREATE, "--code", '{"S3Location": {"Bucket": "bkt", "ObjectKey": "k"}}', "--tags", "{}",
     "--client-token", "t", "--description", "two  words"],
    ["create-workflow", "--cli-input-json", "file://{folder}/request.json"],
    ["create-workflow", "--cli-input-json", "file://{folder}/request.json", "--name", "other", "--tags", "a=b"],
    [*TAG, "--tags", "file://{folder}/tags.json"],
    [*TAG, "--tags", "file://{folder}/tags.txt"],
    [*UNTAG, "--tag-keys", "a", "list-workflows", "b=c"],
    [*UNTAG, "--tag-keys", '["a", "b"]'],
    [*UNTAG, "--tag-keys", "file://{folder}/list.json"],
    [*START, "--override-parameters", "file://{folder}/tags.json"],
    [*START, "--override-parameters", "{}"],
]
# What both refuse, with the same words, and nothing sent.
PARAMETER_REFUSALS = [
    ["create-workflow", *CREATE, "--tags", "a"],
    ["create-workflow", *CREATE, "--tags", "a=b,a=c"],
    ["create-workflow", *CREATE, "--code", "S3Location={Bucket=b"],
    ["create-workflow", *CREATE, "--code", "{}"],
    ["create-workflow", *CREATE, "--code", "S3Location={Bucket=b}"],
    ["create-workflow", *CREATE, "--network-configuration", "SubnetIds=[],Other=1"],
    ["create-workflow", *CREATE, "--tags", "[1]"],
    ["create-workflow", "--cli-input-json", "{"],
    ["create-workflow", "--cli-input-json", "[]"],
    ["create-workflow", "--cli-input-json", '{"Name": 1, "Nane": 2}'],
    ["create-workflow", "--name", "etl"],
    [*START, "--override-parameters", "a=1"],
    [*START, "--override-parameters", "[1]"],
    [*UNTAG, "--tag-keys"],
    [*TAG, "--tags", "file:///nonexistent"],
    ["create-workflow", "--generate-cli-skeleton", "xml"],
    ["get-workflow-run", *ARN, "--generate-cli-skeleton", "output"],
    ["get-workflow-run", *ARN, "--run-id", "", "--generate-cli-skeleton", "output"],
]


class CannedService:
    """Answers each operation from OPERATIONS, and keeps what was asked."""

    def __init__(self):
        self.requests = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.requests.append((operation, body))
                answer = json.dumps(OPERATIONS[operation][1]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("x-amzn-RequestId", "canned")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def environment(self, **changes):
        out = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8",
               **sanitizer_options(), "AWS_ENDPOINT_URL_MWAA_SERVERLESS": self.url, "AWS_REGION": REGION,
               "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
               "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY, "AWS_CONFIG_FILE": os.devnull,
               "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
               "PYTHONDONTWRITEBYTECODE": "1", **changes}
        return out

    def taken_requests(self):
        """What was asked since the last time; tokens that a client makes are alike."""
        out, self.requests = self.requests, []
        for _, body in out:
            if len(body.get("ClientToken", "")) == 36:
                body["ClientToken"] = "made"
        return out

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()


class EveryOperation(unittest.TestCase):
    """All commands, one after the other, against canned responses: what is sent and what is printed."""

    @classmethod
    def setUpClass(cls):
        cls.model = tempfile.TemporaryDirectory(prefix="mwaa-serverless-model-")
        copy_model(pathlib.Path(cls.model.name))
        cls.folder = tempfile.TemporaryDirectory(prefix="mwaa-serverless-files-")
        files = pathlib.Path(cls.folder.name)
        (files / "request.json").write_text(json.dumps({
            "Name": "etl", "RoleArn": "r", "DefinitionS3Location": {"Bucket": "b", "ObjectKey": "k"},
            "Tags": {"x": "y"}, "EngineVersion": 1}))
        (files / "tags.json").write_text('{"a": "b"}\n')
        (files / "tags.txt").write_text("a=b,c=d\n")
        (files / "list.json").write_text('["a", "b"]')

    @classmethod
    def tearDownClass(cls):
        cls.model.cleanup()
        cls.folder.cleanup()

    def compare(self, their_program, arguments, code):
        arguments = [argument.replace("{folder}", self.folder.name) for argument in arguments]
        with CannedService() as service, self.subTest(" ".join(arguments)):
            environment = service.environment()
            theirs = execute([*their_program, "mwaa-serverless", "--endpoint-url", service.url, *arguments],
                             {**environment, "AWS_DATA_PATH": self.model.name})
            their_requests = service.taken_requests()
            ours = execute([PROGRAM, *arguments], environment)
            self.assertEqual((ours[0], ours[1].decode()), (theirs[0], theirs[1].decode()), (ours[2], theirs[2]))
            self.assertEqual(service.taken_requests(), their_requests)
            self.assertEqual(theirs[0], code)
            return theirs, ours, their_requests

    def all_of(self, cases):
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(lambda case: self.compare(*case), cases))


class EveryOperationAgainstV2(EveryOperation):
    def test_output(self):
        cases = []
        for name, (arguments, response) in OPERATIONS.items():
            nested = any(isinstance(value, (dict, list)) for value in response.values())
            for output in ("json", "yaml", "text", "table") if nested else ("json", "yaml"):
                cases.append(([V2], [command_name(name), *arguments, "--output", output], 0))
        self.all_of(cases)

    def test_parameters(self):
        for outcome in self.all_of([([V2], arguments, 0) for arguments in PARAMETERS]):
            if outcome is not None:
                self.assertEqual(len(outcome[2]), 1)

    def test_refusals(self):
        for outcome in self.all_of([([V2], arguments, 252) for arguments in PARAMETER_REFUSALS]):
            if outcome is None:
                continue
            (_, _, their_err), (_, _, err), requests = outcome
            self.assertEqual(requests, [])
            # We do not repeat what may be secret.
            if b"usage: " not in their_err and b"--override-parameters" not in their_err:
                self.assertIn(their_err.strip().removeprefix(b"aws: error: "), err)

    def test_skeletons(self):
        for name in ("DeleteWorkflow", "GetWorkflowRun", "ListWorkflowRuns", "UntagResource", "StartWorkflowRun"):
            self.compare([V2], [command_name(name), "--generate-cli-skeleton"], 0)
        for name in ("ListWorkflowRuns", "TagResource"):
            self.compare([V2], [command_name(name), *OPERATIONS[name][0], "--generate-cli-skeleton", "output"], 0)


class EveryOperationAgainstV1(EveryOperation):
    def test_json(self):
        """Version 1 prints times as numbers or text as they came, so the operations without them."""
        if importlib.util.find_spec("awscli") is None:
            self.skipTest("no awscli in the virtual environment")
        v1 = [sys.executable, "-m", "awscli"]
        self.all_of([(v1, [command_name(name), *OPERATIONS[name][0]], 0) for name in
                     ("CreateAirflowUiUrl", "DeleteWorkflow", "ListTagsForResource", "ListTaskInstances", "StopWorkflowRun",
                      "TagResource", "UntagResource")])
        for outcome in self.all_of([(v1, arguments, 0) for arguments in PARAMETERS[4:9]]):
            if outcome is not None:
                self.assertEqual(len(outcome[2]), 1)


class Life(Comparison):
    """A workflow's life, played by both programs on one emulator: what one has done, both print alike."""

    def setUp(self):
        self.emulator = EmulatorProcess(EMULATOR, "--stopping-time", "0", "--deletion-time", "0")
        self.addCleanup(self.emulator.stop)

    def theirs(self, *arguments):
        environment = self.emulator.environment(AWS_DATA_PATH=self.directory.name)
        return execute([V2, "mwaa-serverless", "--endpoint-url", self.emulator.url, *arguments], environment)

    def ours(self, *arguments):
        return execute([PROGRAM, *arguments], self.emulator.environment())

    def acts(self, program, *arguments):
        code, out, err = program(*arguments)
        self.assertEqual((code, err), (0, b""), arguments)
        return json.loads(out) if out else None

    def both_act(self, *arguments):
        """For what may be done twice: the same members are printed."""
        ours, theirs = self.acts(self.ours, *arguments), self.acts(self.theirs, *arguments)
        self.assertEqual(ours if ours is None else list(ours), theirs if theirs is None else list(theirs), arguments)
        return ours

    def both_print(self, *arguments, outputs=("json",), code=0):
        for output in outputs:
            ours, theirs = self.ours(*arguments, "--output", output), self.theirs(*arguments, "--output", output)
            self.assertEqual((ours[0], ours[1].decode()), (theirs[0], theirs[1].decode()), arguments)
            self.assertEqual(ours[0], code, ours[2])
        self.assertIn(theirs[2].strip(), ours[2])
        return ours[1]

    def advance(self, workflow, run, seconds):
        body = json.dumps({"workflow": workflow, "id": run, "seconds": seconds}).encode()
        urllib.request.urlopen(urllib.request.Request(self.emulator.url + "/-/advance", body, method="POST")).close()

    def test_life(self):
        all_outputs = ("json", "yaml", "text", "table")
        definition = ["--definition-s3-location", "Bucket=bucket,ObjectKey=key", "--role-arn",
                      "arn:aws:iam::123456789012:role/r"]
        made = self.acts(self.ours, "create-workflow", "--name", "sales", *definition, "--tags", "team=a", "--environment",
                         "Variables={A=1}", "--code", "S3Location={Bucket=code,ObjectKey=c}")
        theirs = self.acts(self.theirs, "create-workflow", "--name", "stock", *definition)
        self.assertEqual(list(made), list(theirs))
        workflow, resource = ["--workflow-arn", made["WorkflowArn"]], ["--resource-arn", made["WorkflowArn"]]
        self.both_print("create-workflow", "--name", "sales", *definition, code=254)
        self.both_print("get-workflow", *workflow, outputs=all_outputs)
        self.both_act("tag-resource", *resource, "--tags", "cost=low,owner='a,b'")
        self.both_act("untag-resource", *resource, "--tag-keys", "team", "nothing")
        self.both_print("list-tags-for-resource", *resource, outputs=all_outputs)

        started = self.acts(self.ours, "start-workflow-run", *workflow, "--override-parameters", '{"day": [1, {"x": null}]}')
        run = ["--run-id", started["RunId"]]
        self.advance(made["WorkflowArn"], started["RunId"], 600)
        self.both_print("get-workflow-run", *workflow, *run)
        self.assertEqual(self.ours("wait", "run-finished", *workflow, *run), (0, b"", b""))
        self.both_print("get-task-instance", *workflow, *run, "--task-instance-id", "load", outputs=all_outputs)
        stopped = ["--run-id", self.acts(self.theirs, "start-workflow-run", *workflow)["RunId"]]
        self.both_act("stop-workflow-run", *workflow, *stopped)
        code, out, err = self.ours("wait", "run-finished", *workflow, *stopped, "--timeout", "60")
        self.assertEqual((code, out), (255, b""))
        self.assertIn(b"Waiter RunFinished failed: the run has ended in state STOPPED", err)
        self.both_print("list-workflow-runs", *workflow, "--page-size", "1", outputs=all_outputs)

        self.both_act("update-workflow", *workflow, *definition)
        self.both_print("list-workflow-versions", *workflow, "--max-items", "2", outputs=all_outputs)
        self.both_print("get-workflow", *workflow, "--workflow-version", made["WorkflowVersion"])
        self.both_act("create-airflow-ui-url", "--expires-in-seconds", "60")
        self.both_print("list-workflows", "--page-size", "2", outputs=all_outputs)
        self.acts(self.ours, "delete-workflow", *workflow)
        self.acts(self.theirs, "delete-workflow", "--workflow-arn", theirs["WorkflowArn"])
        self.both_print("get-workflow", *workflow, code=254)
        self.both_print("list-workflows")


def command_name(operation):
    return botocore.xform_name(operation, "-")


V2 = find_v2()

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    if V2 is None:
        if os.environ.get("MWAA_SERVERLESS_REQUIRE_ALL") == "1":
            sys.exit("no AWS CLI v2 on this machine (Debian: apt-get install awscli)")
        del AgainstV2, Comparison, EveryOperationAgainstV2, Life
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    if V2 is None:
        print("skipped in part: no AWS CLI v2 on this machine (Debian: apt-get install awscli)", file=sys.stderr)
        sys.exit(SKIPPED)
