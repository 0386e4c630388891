"""boto3, as people install it, against the emulator program: boto3_test.py PROGRAM"""

import contextlib
import datetime
import json
import os
import sys
import unittest
import urllib.request
from unittest import mock

import boto3
import botocore.exceptions
from botocore.config import Config

from emulator_process import WORKFLOW_ARN, EmulatorProcess

PROGRAM = sys.argv.pop(1)

STATUSES = {"QUEUED", "FAILED", "SCHEDULED", "RUNNING", "SUCCESS", "UP_FOR_RESCHEDULE", "UP_FOR_RETRY",
            "UPSTREAM_FAILED", "REMOVED", "RESTARTING", "DEFERRED", "NONE", "CANCELLED", "TIMEOUT"}
FINISHED = {"SUCCESS", "FAILED", "CANCELLED", "TIMEOUT"}


@contextlib.contextmanager
def service(*arguments, tls=False, attempts=1, environment=None, **client_arguments):
    """An emulator and a boto3 client that is configured by environment variables alone."""
    with EmulatorProcess(PROGRAM, *arguments, tls=tls) as emulator:
        with mock.patch.dict(os.environ, emulator.environment(**(environment or {})), clear=True):
            config = Config(retries={"mode": "standard", "total_max_attempts": attempts})
            yield boto3.session.Session().client("mwaa-serverless", config=config, **client_arguments)


def run(name):
    return {"WorkflowArn": WORKFLOW_ARN, "RunId": name}


class Listing(unittest.TestCase):
    def check_finished_run(self, client, **pagination):
        paginator = client.get_paginator("list_task_instances")
        pages = list(paginator.paginate(**run("run-finished"), PaginationConfig=pagination))
        tasks = [task for page in pages for task in page["TaskInstances"]]
        self.assertEqual(len(tasks), 250)
        self.assertEqual(len({task["TaskInstanceId"] for task in tasks}), 250)
        self.assertEqual({task["Status"] for task in tasks}, STATUSES)
        for task in tasks:
            self.assertEqual(task["WorkflowArn"], WORKFLOW_ARN)
            self.assertEqual(task["RunId"], "run-finished")
            self.assertTrue(task["WorkflowVersion"])
            self.assertTrue(task["OperatorName"])
            self.assertEqual("DurationInSeconds" in task, task["Status"] in FINISHED, task)
        return pages

    def test_http(self):
        with service() as client:
            self.assertEqual(len(self.check_finished_run(client)), 13)  # 20 a page
            self.assertEqual(len(self.check_finished_run(client, PageSize=100)), 3)

    def test_https(self):
        with service(tls=True) as client:
            self.check_finished_run(client, PageSize=100)

    def test_https_needs_the_certificate(self):
        with service(tls=True, environment={"AWS_CA_BUNDLE": None}) as client:
            with self.assertRaises(botocore.exceptions.SSLError):
                client.list_task_instances(**run("run-finished"))

    def test_resumes_from_the_token_of_a_cut_listing(self):
        with service() as client:
            paginator = client.get_paginator("list_task_instances")
            first = paginator.paginate(**run("run-finished"), PaginationConfig={"MaxItems": 33}).build_full_result()
            rest = paginator.paginate(
                **run("run-finished"), PaginationConfig={"StartingToken": first["NextToken"]}).build_full_result()
            ids = [task["TaskInstanceId"] for part in (first, rest) for task in part["TaskInstances"]]
            self.assertEqual(len(first["TaskInstances"]), 33)
            self.assertEqual(len(ids), 250)
            self.assertEqual(len(set(ids)), 250)

    def test_empty_run(self):
        with service() as client:
            page = client.list_task_instances(**run("run-empty"))
            self.assertEqual(page["TaskInstances"], [])
            self.assertNotIn("NextToken", page)

    def test_session_token(self):
        with service("--session-token", "a token/of+sorts==",
                     environment={"AWS_SESSION_TOKEN": "a token/of+sorts=="}) as client:
            self.check_finished_run(client)

    def test_scenario_of_another_region(self):
        with service("--region", "us-gov-west-1", "--account", "210987654321",
                     environment={"AWS_DEFAULT_REGION": "us-gov-west-1"}) as client:
            arn = "arn:aws-us-gov:airflow-serverless:us-gov-west-1:210987654321:workflow/etl-nightly-Ab12Cd34Ef"
            self.assertEqual(len(client.list_task_instances(WorkflowArn=arn, RunId="run-failed")["TaskInstances"]), 12)


class ErrorChecks(unittest.TestCase):
    def error_of(self, client, expected, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            client.list_task_instances(**(arguments or run("run-finished")))
        response = caught.exception.response
        self.assertEqual(response["Error"]["Code"], expected)
        self.assertRegex(response["ResponseMetadata"]["RequestId"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        return caught.exception

    def status_of(self, error):
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


class Errors(ErrorChecks):
    def test_throttled(self):
        with service("--fault", "throttle=7") as client:
            error = self.error_of(client, "ThrottlingException")
            self.assertIsInstance(error, client.exceptions.ThrottlingException)
            self.assertEqual(self.status_of(error), 429)
            self.assertEqual(error.response["RetryAfterSeconds"], 7)
            self.assertTrue(error.response["ServiceCode"])
            self.assertTrue(error.response["QuotaCode"])
            self.assertEqual(error.response["Message"], error.response["Error"]["Message"])

    def test_request_quota(self):
        with service("--rate-limit", "0.001", "--burst", "2") as client:
            client.list_task_instances(**run("run-empty"))
            client.list_task_instances(**run("run-empty"))
            error = self.error_of(client, "ThrottlingException")
            self.assertGreater(error.response["RetryAfterSeconds"], 1)

    def test_modelled_errors(self):
        modelled = {500: "InternalServerException", 504: "OperationTimeoutException", 403: "AccessDeniedException"}
        for status, code in modelled.items():
            with self.subTest(status), service("--fault", f"status={status}") as client:
                error = self.error_of(client, code)
                self.assertIsInstance(error, getattr(client.exceptions, code))
                self.assertEqual(self.status_of(error), status)

    def test_an_error_with_members(self):
        with service("--fault", "status=404") as client:
            with self.assertRaises(client.exceptions.ResourceNotFoundException) as caught:
                client.get_workflow_run(**run("no-such-run"))
            self.assertEqual(caught.exception.response["ResourceId"], "emulated")
            self.assertEqual(caught.exception.response["ResourceType"], "AWS::MWAAServerless::Workflow")

    def test_a_conflict_of_the_airflow_ui(self):
        with service("--fault", "status=409") as client:
            with self.assertRaises(client.exceptions.ConflictException) as caught:
                client.create_airflow_ui_url()
            self.assertEqual(self.status_of(caught.exception), 409)
            self.assertEqual(caught.exception.response["ResourceType"], "AWS::MWAAServerless::Workflow")
            self.assertTrue(client.create_airflow_ui_url()["AuthorizedUrl"])

    def test_retried_faults(self):
        # Cut inside the status line: http.client takes a head that ends later for a whole one.
        for fault in ("close-before-headers", "status=503", "close-inside-headers=5", "throttle", "html=502"):
            with self.subTest(fault), service("--fault", fault, attempts=2) as client:
                page = client.list_task_instances(**run("run-failed"))
                self.assertEqual(len(page["TaskInstances"]), 12)
                self.assertEqual(page["ResponseMetadata"]["RetryAttempts"], 1)

    def test_validation(self):
        with service() as client:
            error = self.error_of(client, "ValidationException", WorkflowArn="arn:wrong", RunId="!", MaxResults=101)
            self.assertIsInstance(error, client.exceptions.ValidationException)
            self.assertEqual(self.status_of(error), 400)
            self.assertEqual(error.response["Reason"], "fieldValidationFailed")
            self.assertEqual([field["Name"] for field in error.response["FieldList"]],
                             ["WorkflowArn", "RunId", "MaxResults"])
            self.assertTrue(all(field["Message"] for field in error.response["FieldList"]))

    def test_unknown_run_and_workflow(self):
        with service() as client:
            for member, arguments in (("RunId", run("no-such-run")),
                                      ("WorkflowArn", run("run-empty") | {"WorkflowArn": WORKFLOW_ARN[:-1] + "X"})):
                error = self.error_of(client, "ValidationException", **arguments)
                self.assertEqual(error.response["Reason"], "other")
                self.assertEqual(error.response["FieldList"][0]["Name"], member)

    def test_page_tokens_are_bound_to_their_run(self):
        with service() as client:
            token = client.list_task_instances(**run("run-finished"))["NextToken"]
            altered = token[:-1] + ("0" if token[-1] != "0" else "1")
            for name, bad in (("run-live", token), ("run-finished", altered), ("run-finished", "made-up")):
                error = self.error_of(client, "ValidationException", **run(name), NextToken=bad)
                self.assertEqual(error.response["FieldList"][0]["Name"], "NextToken")


class Life(unittest.TestCase):
    def steer(self, client, path, **body):
        """Sets the scene through the emulator's administrative path."""
        request = urllib.request.Request(client.meta.endpoint_url + path, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def state(self, client, **arguments):
        return client.get_workflow_run(**arguments)["RunDetail"]["RunState"]

    def test_a_workflow_from_its_beginning_to_its_end(self):
        definition = {"DefinitionS3Location": {"Bucket": "bucket", "ObjectKey": "key"},
                      "RoleArn": "arn:aws:iam::123456789012:role/r"}
        with service("--stopping-time", "0", "--deletion-time", "0") as client:
            made = client.create_workflow(Name="sales", Tags={"team": "a"}, Environment={"Variables": {"A": "1"}},
                                          Code={"S3Location": {"Bucket": "code", "ObjectKey": "c"}}, **definition)
            arn = made["WorkflowArn"]
            self.assertEqual((made["WorkflowStatus"], made["IsLatestVersion"]), ("READY", True))
            self.assertLess(abs(made["CreatedAt"] - datetime.datetime.now(datetime.timezone.utc)),
                            datetime.timedelta(minutes=5))
            with self.assertRaises(client.exceptions.ConflictException):
                client.create_workflow(Name="sales", **definition)
            client.tag_resource(ResourceArn=arn, Tags={"cost": "low"})
            client.untag_resource(ResourceArn=arn, TagKeys=["team"])
            self.assertEqual(client.list_tags_for_resource(ResourceArn=arn)["Tags"], {"cost": "low"})

            started = client.start_workflow_run(WorkflowArn=arn, OverrideParameters={"day": [1, {"x": None}]})
            of_run = {"WorkflowArn": arn, "RunId": started["RunId"]}
            self.assertEqual(self.state(client, **of_run), "STARTING")
            self.steer(client, "/-/advance", workflow=arn, id=started["RunId"], seconds=10)
            self.assertEqual(self.state(client, **of_run), "RUNNING")
            self.steer(client, "/-/advance", workflow=arn, id=started["RunId"], seconds=60)
            run_shown = client.get_workflow_run(**of_run)
            self.assertEqual(run_shown["RunDetail"]["RunState"], "SUCCESS")
            self.assertEqual(run_shown["RunDetail"]["TaskInstances"], ["extract", "transform", "load"])
            self.assertEqual(run_shown["OverrideParameters"], {"day": [1, {"x": None}]})
            task = client.get_task_instance(TaskInstanceId="load", **of_run)
            self.assertEqual((task["Status"], task["DurationInSeconds"]), ("SUCCESS", 7))

            other = {"WorkflowArn": arn, "RunId": client.start_workflow_run(WorkflowArn=arn)["RunId"]}
            client.stop_workflow_run(**other)
            self.assertEqual(self.state(client, **other), "STOPPED")
            runs = client.get_paginator("list_workflow_runs").paginate(
                WorkflowArn=arn, PaginationConfig={"PageSize": 1}).build_full_result()["WorkflowRuns"]
            self.assertEqual([each["RunDetailSummary"]["Status"] for each in runs], ["SUCCESS", "STOPPED"])

            updated = client.update_workflow(WorkflowArn=arn, **definition)
            versions = client.get_paginator("list_workflow_versions").paginate(
                WorkflowArn=arn, PaginationConfig={"PageSize": 1}).build_full_result()["WorkflowVersions"]
            self.assertEqual([each["WorkflowVersion"] for each in versions],
                             [made["WorkflowVersion"], updated["WorkflowVersion"]])
            old = client.get_workflow(WorkflowArn=arn, WorkflowVersion=made["WorkflowVersion"])
            self.assertEqual(old["Environment"]["Variables"], {"A": "1"})
            self.assertEqual(old["Code"]["S3Location"]["Bucket"], "code")
            url = client.create_airflow_ui_url(ExpiresInSeconds=60)
            self.assertLess(url["UrlExpiresAt"], url["SessionExpiresAt"])

            client.delete_workflow(WorkflowArn=arn)
            with self.assertRaises(client.exceptions.ResourceNotFoundException) as caught:
                client.get_workflow(WorkflowArn=arn)
            self.assertEqual(caught.exception.response["ResourceId"], arn)
            names = [each["Name"] for page in client.get_paginator("list_workflows").paginate()
                     for each in page["Workflows"]]
            self.assertEqual(names, ["etl-nightly"])


class Signatures(ErrorChecks):
    def test_wrong_secret(self):
        with service(environment={"AWS_SECRET_ACCESS_KEY": "wrong"}) as client:
            error = self.error_of(client, "InvalidSignatureException")
            self.assertEqual(self.status_of(error), 400)
            self.assertIn("does not match", error.response["Error"]["Message"])

    def test_wrong_key(self):
        with service(environment={"AWS_ACCESS_KEY_ID": "AKIDWRONG"}) as client:
            self.error_of(client, "UnrecognizedClientException")

    def test_wrong_session_token(self):
        with service("--session-token", "right", environment={"AWS_SESSION_TOKEN": "wrong"}) as client:
            self.error_of(client, "UnrecognizedClientException")

    def test_wrong_region(self):
        with service(environment={"AWS_DEFAULT_REGION": "eu-west-1"}) as client:
            error = self.error_of(client, "InvalidSignatureException")
            self.assertIn("Credential should be scoped to a valid region", error.response["Error"]["Message"])

    def test_status_403(self):
        with service("--signature-error-status", "403", environment={"AWS_SECRET_ACCESS_KEY": "wrong"}) as client:
            self.assertEqual(self.status_of(self.error_of(client, "InvalidSignatureException")), 403)

    def test_wrong_clock(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        for shift, words in ((-6, "Signature expired"), (6, "Signature not yet current")):
            with self.subTest(shift), service() as client:
                wrong = now + datetime.timedelta(minutes=shift)
                with mock.patch("botocore.auth.get_current_datetime", return_value=wrong):
                    error = self.error_of(client, "InvalidSignatureException")
                self.assertIn(words, error.response["Error"]["Message"])
                self.assertIn("5 min.)", error.response["Error"]["Message"])

    def test_altered_body(self):
        def alter(request, **_):
            request.body = request.body.replace(b"run-finished", b"run-starting")
        with service() as client:
            client.meta.events.register("before-send.*", alter)
            self.error_of(client, "InvalidSignatureException")

    def test_unsigned(self):
        with service() as client:
            def strip(request, **_):
                del request.headers["Authorization"]
            client.meta.events.register("before-send.*", strip)
            self.error_of(client, "MissingAuthenticationTokenException")


class Program(unittest.TestCase):
    def test_prints_what_a_user_pastes(self):
        emulator = EmulatorProcess(PROGRAM, "--access-key-id", "AKID OTHER", tls=True)
        url, certificate = emulator.url, emulator.certificate_file
        emulator.stop()
        self.assertRegex(url, r"^https://127\.0\.0\.1:[1-9][0-9]*$")
        output = emulator.rest_of_output()
        self.assertIn(f"export AWS_ENDPOINT_URL_MWAA_SERVERLESS={url}\n", output)
        self.assertIn("export AWS_ACCESS_KEY_ID='AKID OTHER'\n", output)
        self.assertIn("export AWS_SECRET_ACCESS_KEY=emulator-secret-key\n", output)
        self.assertIn("export AWS_REGION=us-east-1\n", output)
        self.assertIn(f"export AWS_CA_BUNDLE={certificate}\n", output)


if __name__ == "__main__":
    unittest.main()
