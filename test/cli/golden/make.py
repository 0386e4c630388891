"""Writes the golden outputs beside this file with the AWS CLI v2's own formatters.

    /usr/bin/python3 make.py     (Debian 12, package awscli 2.9.19)

Each NAME.json.in is a response in the model's order; NAME.json, NAME.text, NAME.table and NAME.yaml are what `aws`
prints for it.
"""

import argparse
import io
import json
import pathlib

from awscli import formatter

ARN = "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef"


def task(number, **changes):
    out = {"WorkflowArn": ARN, "WorkflowVersion": "v1", "RunId": "r-1", "TaskInstanceId": f"t{number}",
           "Status": "SUCCESS", "DurationInSeconds": 10 * number, "OperatorName": "PythonOperator"}
    out.update(changes)
    return {name: value for name, value in out.items() if value is not None}


DOCUMENTS = {
    "several": {"TaskInstances": [task(0), task(1, Status="RUNNING", DurationInSeconds=None),
                                  task(2, OperatorName=None)]},
    "cut": {"TaskInstances": [task(0, OperatorName=None), task(1, OperatorName=None)],
            "NextToken": "eyJOZXh0VG9rZW4iOiAidDIiLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAxfQ=="},
    "one": {"TaskInstances": [task(7)]},
    "narrow": {"TaskInstances": [{"TaskInstanceId": "a"}, {"TaskInstanceId": "b"}], "NextToken": "t"},
    "empty": {"TaskInstances": []},
    "without_members": {"TaskInstances": [{}]},
    "odd_text": {"TaskInstances": [{"TaskInstanceId": "é漢字😀α", "OperatorName": "tab\there \"quoted\" back\\slash /"},
                                   {"TaskInstanceId": "\u0001\u001f\u007f\b\f\r", "OperatorName": ""}]},
    # Shapes of the service's other responses: members with parts of their own.
    "nested": {"WorkflowArn": ARN, "RunId": "r-1", "RunDetailSummary": {"Status": "FAILED", "CreatedOn": "2025-11-17"},
               "TaskInstances": ["t1", "t2"], "IsLatestVersion": True,
               "Errors": [{"Code": "1", "Where": {"Line": 3}}, {"Code": "2", "Where": {"Line": 4}}]},
    "workflow": {"WorkflowArn": ARN, "Name": "etl-nightly", "Description": "loads, and checks: everything #1 "
                 "that the warehouse has had since the day before, in the order in which it came in",
                 "CreatedAt": "2025-11-17T12:00:00.123000+00:00",
                 "EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KEY", "KmsKeyId": "1234"}, "EngineVersion": 1,
                 "DefinitionS3Location": {"Bucket": "b", "ObjectKey": "k.yaml"},
                 "Code": {"S3Location": {"Bucket": "c", "ObjectKey": "d"}},
                 "NetworkConfiguration": {"SecurityGroupIds": ["sg-1", "sg-2"], "SubnetIds": []},
                 "Environment": {"Variables": {"A": "b", "EMPTY": "", "NUMBER": "1"}},
                 "WorkflowDefinition": "etl:\n  dag_id: etl\n  tasks:\n    - a: 'b'\n\n  end: true\n"},
    "run": {"WorkflowArn": ARN, "RunId": "r-1", "RunType": "ON_DEMAND",
            "OverrideParameters": {"day": "2026-11-30", "deep": {"list": [1, 2.5, None, True], "objects": [{"x": []}], "none": {}}},
            "RunDetail": {"RunState": "FAILED", "Duration": 12, "ErrorMessage": "boom", "TaskInstances": ["t1", "t2"],
                          "CreatedAt": "2025-11-17T12:00:00+00:00"}},
    "tags": {"Tags": {"team": "data", "a b": "c,d", "true": "no"}},
}


def main():
    here = pathlib.Path(__file__).parent
    arguments = argparse.Namespace(query=None, color="off", output=None)
    for name, document in DOCUMENTS.items():
        (here / f"{name}.json.in").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        for output in ("json", "text", "table", "yaml"):
            stream = io.StringIO()
            formatter.get_formatter(output, arguments)("ListTaskInstances", json.loads(json.dumps(document)), stream)
            (here / f"{name}.{output}").write_bytes(stream.getvalue().encode())


main()
