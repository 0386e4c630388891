"""Writes the golden outputs beside this file with the AWS CLI v2's own formatters.

    /usr/bin/python3 make.py     (Debian 12, package awscli 2.9.19)

Each NAME.json.in is a response in the model's order; NAME.json, NAME.text and NAME.table are what `aws` prints for it.
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
}


def main():
    here = pathlib.Path(__file__).parent
    arguments = argparse.Namespace(query=None, color="off")
    for name, document in DOCUMENTS.items():
        (here / f"{name}.json.in").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        for output in ("json", "text", "table"):
            stream = io.StringIO()
            formatter.get_formatter(output, arguments)("ListTaskInstances", json.loads(json.dumps(document)), stream)
            (here / f"{name}.{output}").write_bytes(stream.getvalue().encode())


main()
