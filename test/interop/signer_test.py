"""Our signer and botocore's own give the same Authorization, byte for byte.

    signer_test.py SIGNER_PROBE [REQUESTS [SEED]]

Random requests of the whole range that Signature Version 4 covers, and then requests as ListTaskInstances sends them.
The seed is printed, so that a failure can be repeated.
"""

import datetime
import json
import random
import string
import subprocess
import sys
from unittest import mock

import botocore
import botocore.auth
import botocore.credentials
from botocore.awsrequest import AWSRequest

REGIONS = ["us-east-1", "eu-central-2", "ap-southeast-7", "cn-northwest-1", "us-gov-west-1", "us-isob-east-1"]
SERVICES = ["airflow-serverless", "service", "execute-api"]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
# Signed or not is botocore's to decide: some of these are on its list of headers that proxies change.
NAMES = ["X-Custom", "x-custom-b", "X-Amz-Target", "Content-Type", "Accept", "User-Agent", "Connection", "Expect",
         "X-Amzn-Trace-Id", "amz-sdk-invocation-id", "amz-sdk-request", "X-amz-Meta", "Zeta", "a-first"]
VISIBLE = string.ascii_letters + string.digits + string.punctuation
PATH = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@%\xe9\u6771\U0001f600 "
TEXT = VISIBLE + " \t\n\xe9\u6771\U0001f600"


class Case:
    """A request, and the Authorization that botocore gives it."""

    def __init__(self, rng, as_list_task_instances):
        self.rng = rng
        self.region = rng.choice(REGIONS)
        self.service = rng.choice(SERVICES)
        self.when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=rng.randrange(2**32))
        self.access_key = "AKID" + self.some(string.ascii_uppercase + string.digits, 16)
        self.secret_key = self.some(VISIBLE, rng.choice([1, 40, 59, 60, 61, 200]))
        token = self.some(string.ascii_letters + string.digits + "+/=", rng.choice([1, 100, 1500]))
        self.token = token if rng.random() < 0.5 else None
        if as_list_task_instances:
            self.like_list_task_instances()
        else:
            self.anything()

    def some(self, alphabet, length):
        return "".join(self.rng.choice(alphabet) for _ in range(length))

    def odd_spacing(self, value):
        blanks = [" ", "  ", "\t", " \t ", "     "]
        inside = self.rng.choice(blanks).join(value.split())
        return self.rng.choice(["", *blanks]) + inside + self.rng.choice(["", *blanks])

    def like_list_task_instances(self):
        self.service = "airflow-serverless"
        self.method, self.path, self.query = "POST", "/", ""
        port = self.rng.choice(["", ":8080", ":443"])
        self.host = f"airflow-serverless.{self.region}.api.aws{port}"
        self.body = json.dumps({"WorkflowArn": "arn:" + self.some(VISIBLE, 60), "RunId": self.some(VISIBLE, 20),
                                "MaxResults": self.rng.randrange(1, 101), "NextToken": self.some(TEXT, 40)})
        self.headers = [
            ("Host", self.host),
            ("Content-Type", "application/x-amz-json-1.0"),
            ("X-Amz-Target", "AmazonMWAAServerless.ListTaskInstances"),
            ("amz-sdk-invocation-id", self.some("0123456789abcdef-", 36)),
            ("amz-sdk-request", f"attempt={self.rng.randrange(1, 12)}; max=11"),
            ("User-Agent", "mwaa-serverless-cpp/0.1.0"),
        ]

    def anything(self):
        rng = self.rng
        self.method = rng.choice(METHODS)
        segments = [rng.choice(["", ".", "..", self.some(PATH, rng.randrange(1, 12))]) for _ in range(rng.randrange(6))]
        self.path = "/" + "/".join(segments)
        quoted = string.ascii_letters + string.digits + "-._~"
        parameters = []
        for _ in range(rng.choice([0, 0, 1, 2, 5])):
            name = self.some(quoted, rng.randrange(4)) + rng.choice(["", "%20", "%2F", "%C3%A9"])
            parameters.append(name + rng.choice(["", "=", "=" + self.some(quoted, 3), "=a=b"]))
        self.query = "&".join(parameters)
        self.host = rng.choice(["example.com", "example.com:8443", "[::1]:9000", "127.0.0.1:80"])
        self.body = self.some(TEXT, rng.choice([0, 1, 55, 56, 64, 300, 5000]))
        self.headers = [("Host", self.host)]
        for _ in range(rng.randrange(8)):
            value = self.some(VISIBLE + " ", rng.randrange(30))
            self.headers.append((rng.choice(NAMES), self.odd_spacing(value)))

    def signed_by_botocore(self):
        url = f"https://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")
        request = AWSRequest(method=self.method, url=url, data=self.body.encode())
        for name, value in self.headers:
            request.headers.add_header(name, value)
        keys = botocore.credentials.Credentials(self.access_key, self.secret_key, self.token)
        signer = botocore.auth.SigV4Auth(keys, self.service, self.region)
        with mock.patch.object(botocore.auth, "get_current_datetime", return_value=self.when):
            signer.add_auth(request)
        authorization = request.headers["Authorization"]
        # The headers that botocore signed, in the order and the spacing in which they stand in the request.
        names = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
        return authorization, [pair for pair in request.headers.items() if pair[0].lower() in names]

    def for_probe(self, signed):
        return json.dumps({
            "method": self.method, "path": self.path, "query": self.query, "body": self.body, "headers": signed,
            "region": self.region, "service": self.service, "access_key": self.access_key,
            "secret_key": self.secret_key, "date": self.when.strftime("%Y%m%dT%H%M%SZ"),
        })


def main():
    probe = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20240726
    print(f"botocore {botocore.__version__}, {count} requests, seed {seed}")
    rng = random.Random(seed)
    lines, expected = [], []
    for number in range(count):
        case = Case(rng, as_list_task_instances=number % 2 == 1)
        authorization, signed = case.signed_by_botocore()
        expected.append(authorization)
        lines.append(case.for_probe(signed))
    finished = subprocess.run([probe], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120)
    if finished.returncode != 0:
        sys.exit(f"the probe failed: {finished.stderr}")
    got = finished.stdout.splitlines()
    if len(got) != count:
        sys.exit(f"{len(got)} signatures for {count} requests")
    wrong = [number for number in range(count) if got[number] != expected[number]]
    for number in wrong[:3]:
        print(f"request {number}: {lines[number]}\n  botocore {expected[number]}\n  ours     {got[number]}")
    if wrong:
        sys.exit(f"{len(wrong)} of {count} signatures differ")
    print("all signatures are the same")


if __name__ == "__main__":
    main()
