"""What our program makes of parameters and documents, against the AWS CLI's own code: parameter_test.py PROBE

Shorthand, JSON and lists go to awscli's argument classes and to ours, requests to botocore's validator and to ours,
skeletons to botocore's generator and to ours. YAML goes to ruamel.yaml, which the AWS CLI v2 writes it with, when a
Python of this machine has it (Debian's awscli brings it).
"""

import collections
import datetime
import itertools
import json
import random
import subprocess
import sys
import unittest

import botocore.session
from awscli.argprocess import ParamError, ParamShorthandParser, unpack_cli_arg
from awscli.arguments import CLIArgument, ListArgument
from botocore import xform_name
from botocore.utils import ArgumentGenerator
from botocore.validate import ParamValidator

PROBE = sys.argv.pop(1)
SEED = 20261130

SERVICE = botocore.session.get_session().get_service_model("mwaa-serverless")
SENSITIVE = {"Environment", "OverrideParameters"}


class Probe:
    def __init__(self):
        self._process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def theirs(operation, member, words):
    """What awscli makes of the words: ("value", VALUE) or ("error", MESSAGE)."""
    model = SERVICE.operation_model(operation)
    shape = model.input_shape.members[member]
    kind = ListArgument if shape.type_name == "list" else CLIArgument
    argument = kind(xform_name(member, "-"), shape, model, None)
    value = words if shape.type_name == "list" else words[-1]
    try:
        found = ParamShorthandParser()(argument, value, "process-cli-arg.mwaa-serverless." + xform_name(operation, "-"))
        return "value", unpack_cli_arg(argument, value) if found is None else found
    except ParamError as problem:
        return "error", str(problem)
    except IndexError:  # an empty JSON text: a crash of the AWS CLI
        return "error", f"Error parsing parameter '--{xform_name(member, '-')}': Invalid JSON:\n"


# Of each kind of parameter some inputs of everyday, and some that trip a parser.
VALUES = {
    ("CreateWorkflow", "Name"): ["etl", "", "a=b", "{", "[1]", " x ", "é漢😀"],
    ("CreateWorkflow", "EngineVersion"): ["1", "+2", " 3 "],
    ("CreateWorkflow", "Tags"): [
        "Key1=v1,Key2=v2", "a=b", "a=", "a= b ,c = d", "a='x,y'", 'a="x y"', r'a="x\"y"', r"a='it\'s'", r"a=x\,y",
        "a=b,a=c", "a", "", "=", "a=b,", "a=b,c", "a=b,c,d=e", "a=[b,c]", "a={b=c}", "a='open", 'a="open', "a=x'y'",
        "aws:tag=x", "a/b=c", "é=1", "a=é", "a=😀", "a=b=c", "a=b\n,c=d", "a=b,\n\nc==d", '{"a": "b"}', ' {"a": 1}',
        "{", "[", "[]", '["a"]', "{}", "a=x,'b,c'=d", "a=x,\"b\"", "a@=b", "a@=b,c=d", "a=]", "a=x]y", "a=x}y", r"a=\\",
        r"a='\\'", "a=x   ", "a=\u00a0x\u00a0", "a=x\t,b=y", "a==", "a=,b=c", "a=b c,d=e f", "-x=1", "a.b=1", "#a=1"],
    ("CreateWorkflow", "DefinitionS3Location"): [
        "Bucket=b,ObjectKey=k", "Bucket=b,ObjectKey=a/b.yaml,VersionId=1", "Bucket=b,Other=k", "bucket=b",
        '{"Bucket": "b", "ObjectKey": "k"}', "b"],
    ("CreateWorkflow", "Code"): [
        "S3Location={Bucket=b,ObjectKey=k}", "S3Location={Bucket=b, ObjectKey=k }", "S3Location={Bucket='a,b'}",
        "S3Location={}", "S3Location=", "S3Location=x", "S3Location={Bucket=b", "S3Location={Bucket=b,,}",
        "S3Location={Bucket=b}x", "S3Location={Bucket=b},S3Location={Bucket=c}", "S3Location=[a,b]",
        '{"S3Location": {"Bucket": "b", "ObjectKey": "k"}}', "S3Location={Bucket=b}}", "S3Location={Bucket@=b}",
        "S3Location={a=[b,{c=d}]}", "S3Location={a=[b"],
    ("CreateWorkflow", "NetworkConfiguration"): [
        "SecurityGroupIds=sg-1,sg-2,SubnetIds=subnet-1", "SubnetIds=subnet-1", "SubnetIds=[subnet-1,subnet-2]",
        "SubnetIds=[]", "SubnetIds=", "SecurityGroupIds='sg-1',\"sg-2\"", "SubnetIds=a,b,c", "SubnetIds=[a,b",
        "SubnetIds=[a b]", "SubnetIds=[ a , b ]", "SubnetIds=a,,b", "SubnetIds={a=b}", '{"SubnetIds": ["a"]}'],
    ("CreateWorkflow", "EncryptionConfiguration"): ["Type=AWS_MANAGED_KEY", "Type=CUSTOMER_MANAGED_KEY,KmsKeyId=k"],
    ("CreateWorkflow", "Environment"): [
        "Variables={A=b,C=d}", "Variables={A=b", "Variables={A='x=y,z'}", "Variables=A", '{"Variables": {"A": "b"}}',
        "Variables={A=1,A=2}", "{"],
    ("StartWorkflowRun", "OverrideParameters"): [
        '{"a": 1}', '{"a": {"b": [1, 2.5, null, true, "x"]}}', " {} ", "a=1", "", "[1]", "{", '{"a": "é"}'],
}
LISTS = [["a"], ["a", "b", "c"], ['["a", "b"]'], [' ["a"] '], ["a", '["b"]'], ["a,b"], ["x=y"], [""], ["é"], [], ["{"],
         ['[1, {"a": 2}]']]


class Parameters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.probe = Probe()

    @classmethod
    def tearDownClass(cls):
        cls.probe.close()

    def compare(self, operation, member, words):
        kind, expected = theirs(operation, member, words)
        ours = self.probe.ask("parameter", operation, "--" + xform_name(member, "-"), words)
        if kind == "value":
            self.assertEqual(ours, {"value": json.loads(json.dumps(expected))}, words)
            return True
        self.assertIn("error", ours, (words, expected))
        # Of JSON that is wrong the parser tells what; secrets are not repeated.
        expected, found = [text.partition("Invalid JSON: ")[0] for text in (expected, ours["error"])]
        if member in SENSITIVE:
            expected = expected.partition(" for input:\n")[0].partition("Invalid JSON:\n")[0]
            self.assertTrue(found.startswith(expected), (words, expected, found))
            self.assertNotIn(words[-1] or "never", found)
        else:
            self.assertEqual(found, expected, words)
        return False

    def test_chosen_inputs(self):
        good = bad = 0
        for (operation, member), values in VALUES.items():
            for value in values:
                with self.subTest(member=member, value=value):
                    if self.compare(operation, member, [value]):
                        good += 1
                    else:
                        bad += 1
        for words in LISTS:
            with self.subTest(words=words):
                self.compare("UntagResource", "TagKeys", words)
        self.assertGreater(good, 60)
        self.assertGreater(bad, 25)

    def test_random_shorthand(self):
        """Pieces of shorthand in any order."""
        choose = random.Random(SEED)
        pieces = ["a", "Bucket", "SubnetIds", "Variables", "=", "=", "=", ",", ",", "{", "}", "[", "]", "'", '"', "\\", " ",
                  "\n", "@", "x y", "é", "\\,", "\\'", '\\"', "😀", "-", "~", "^", "|", "!", "\x1c", "\u2003", "k=v", "k=v,",
                  "={", "=["]
        targets = [("CreateWorkflow", "Tags"), ("CreateWorkflow", "Code"), ("CreateWorkflow", "NetworkConfiguration")]
        outcomes = collections.Counter()
        for _ in range(3000):
            value = "k=" * choose.randrange(2) + "".join(choose.choices(pieces, k=choose.randrange(1, 9)))
            outcomes[self.compare(*choose.choice(targets), [value])] += 1
        self.assertGreater(min(outcomes[True], outcomes[False]), 300)

    def test_files(self):
        """`@=` reads files in shorthand; fileb:// has no place in text."""
        import tempfile
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("line\nvalue, with = all\n")
            file.flush()
            for value in [f"a@=file://{file.name}", f"a@=file://{file.name},b=c", f"a=file://{file.name}",
                          f"a@='file://{file.name}'"]:
                self.assertTrue(self.compare("CreateWorkflow", "Tags", [value]))
            whole = self.probe.ask("parameter", "CreateWorkflow", "--tags", [f"file://{file.name}"])
            self.assertIn("error", whole)
        missing = self.probe.ask("parameter", "CreateWorkflow", "--tags", ["a@=file:///nonexistent"])
        self.assertIn("Unable to load paramfile file:///nonexistent: [Errno 2]", missing["error"])


def mutations(choose, value):
    """`value` with one thing in it changed for something that may be wrong."""
    other = choose.choice([None, 1, -1, 1.5, True, "", "x", [], ["x", 1], {}, {"a": None}, [None]])
    if isinstance(value, dict) and value and choose.random() < 0.8:
        key = choose.choice(list(value))
        out = dict(value)
        how = choose.random()
        if how < 0.2:
            del out[key]
        elif how < 0.4:
            out[choose.choice(["Unknown", "", "é'"])] = other
        else:
            out[key] = mutations(choose, value[key])
        return out
    if isinstance(value, list) and value and choose.random() < 0.7:
        return [mutations(choose, value[0])] + value[1:]
    return other


class Checks(unittest.TestCase):
    def test_random_requests(self):
        probe = Probe()
        choose = random.Random(SEED)
        wrong = 0
        for name in SERVICE.operation_names:
            shape = SERVICE.operation_model(name).input_shape
            skeleton = json.loads(json.dumps(ArgumentGenerator(use_member_names=True).generate_skeleton(shape)))
            for _ in range(60):
                request = skeleton
                for _ in range(choose.randrange(1, 4)):
                    request = mutations(choose, request)
                if not isinstance(request, dict):
                    continue
                expected = ParamValidator().validate(request, shape).generate_report().split("\n")
                found = probe.ask("check", name, request).split("\n")
                if any(member in line for member in SENSITIVE for line in expected):
                    # A document's own types are the service's to judge, and a secret is not shown.
                    expected = [line.partition(", value: ")[0] for line in expected if "OverrideParameters." not in line]
                    found = [line.partition(", value: ")[0] for line in found]
                expected = expected or [""]
                self.assertEqual(found, expected, (name, request))
                wrong += found != [""]
        probe.close()
        self.assertGreater(wrong, 400)

    def test_secrets_are_not_shown(self):
        probe = Probe()
        for request in [{"Environment": "secret"}, {"Environment": {"Variables": "secret"}},
                        {"Environment": {"Variables": {"A": ["secret"]}}}]:
            self.assertNotIn("secret", probe.ask("check", "CreateWorkflow", request))
        self.assertNotIn("secret", probe.ask("check", "StartWorkflowRun", {"OverrideParameters": "secret"}))
        for flag, word in [("--environment", "Variables={A=secret"), ("--environment", '{"Variables": "secret'),
                           ("--environment", "[secret"), ("--environment", "Variables={A=secret},Variables=secret")]:
            self.assertNotIn("secret", probe.ask("parameter", "CreateWorkflow", flag, [word])["error"])
        for word in ["secret", '{"a": "secret', "[secret"]:
            self.assertNotIn("secret", probe.ask("parameter", "StartWorkflowRun", "--override-parameters", [word])["error"])
        probe.close()


class Skeletons(unittest.TestCase):
    def same(self, found, expected, shape):
        if shape.type_name == "structure":
            self.assertEqual(list(found), list(expected))
            for name, member in shape.members.items():
                self.same(found[name], expected[name], member)
        elif shape.type_name == "list":
            self.assertEqual(len(found), 1)
            # botocore names the elements of a list by their shape.
            if shape.member.type_name != "string":
                self.same(found[0], expected[0], shape.member)
        elif getattr(shape, "enum", None) and expected in shape.enum:
            self.assertEqual(found, shape.enum[0])  # botocore takes any
        else:
            self.assertEqual(found, expected)

    def test_all_operations(self):
        probe = Probe()
        for name in SERVICE.operation_names:
            model = SERVICE.operation_model(name)
            for what, shape in [("request", model.input_shape), ("response", model.output_shape)]:
                generator = ArgumentGenerator(use_member_names=what == "response")
                expected = generator.generate_skeleton(shape)
                text = json.dumps(expected, default=lambda time: time.isoformat())
                with self.subTest(name=name, what=what):
                    self.same(probe.ask("skeleton", name, what), json.loads(text), shape)
        probe.close()

    def test_flags(self):
        probe = Probe()
        for name in SERVICE.operation_names:
            shape = SERVICE.operation_model(name).input_shape
            expected = {"--" + xform_name(member, "-"): member in shape.required_members for member in shape.members}
            self.assertEqual(list(probe.ask("flags", name).items()), list(expected.items()))
        probe.close()


RUAMEL = """
import io, json, sys
from ruamel.yaml import YAML
yaml = YAML(typ='safe')
yaml.encoding = None
yaml.representer.default_flow_style = False
for line in sys.stdin:
    stream = io.StringIO()
    yaml.dump(json.loads(line), stream)
    print(json.dumps(stream.getvalue()), flush=True)
"""


def python_with_ruamel():
    for python in ("/usr/bin/python3", sys.executable):
        try:
            if subprocess.run([python, "-c", "import _ruamel_yaml, ruamel.yaml"], capture_output=True).returncode == 0:
                return python
        except OSError:
            pass
    return None


def random_text(choose):
    pieces = ["word", "a", " ", "  ", "\n", "\n\n", ": ", ":", " #", "#", "-", "- ", "'", '"', "\\", "é", "漢", "😀", "\t", "\x07",
              "true", "null", "1", "0x1f", "1.5", "e3", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "%", "@", "`", "?",
              "? ", "=", "~", "2025-11-17", "T12:00:00", "+00:00", ".123", "\x85", "\u2028", "\ufeff", "...", "---",
              "a long piece of words that go on and on until the line is full"]
    return "".join(choose.choices(pieces, k=choose.choice([0, 1, 1, 2, 3, 5, 9])))


def random_document(choose, depth=0):
    kind = choose.random()
    if depth < 4 and (kind < 0.25 or depth == 0):
        keys = [random_text(choose) if choose.random() < 0.3 else f"Key{i}" for i in range(choose.randrange(depth == 0, 4))]
        return {key: random_document(choose, depth + 1) for key in keys}
    if depth < 4 and kind < 0.4:
        return [random_document(choose, depth + 1) for _ in range(choose.randrange(4))]
    if kind < 0.5:
        return choose.choice([True, False, None, 0, -7, 1234567890123])
    return random_text(choose)


class Yaml(unittest.TestCase):
    def test_random_documents(self):
        python = python_with_ruamel()
        if python is None:
            self.skipTest("no ruamel.yaml")
        probe = Probe()
        writer = subprocess.Popen([python, "-c", RUAMEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        choose = random.Random(SEED)
        for _ in range(4000):
            document = random_document(choose)
            writer.stdin.write(json.dumps(document) + "\n")
            writer.stdin.flush()
            self.assertEqual(probe.ask("yaml", document), json.loads(writer.stdout.readline()), document)
        writer.stdin.close()
        writer.wait()
        writer.stdout.close()
        probe.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
