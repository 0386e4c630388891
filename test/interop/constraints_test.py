"""Every constraint of the service's model has a case that the emulator takes and one that it refuses.

    constraints_test.py PROGRAM

Walks the model that botocore carries: for each required member, minimum, maximum, pattern and enum of each input, a
request that keeps it and one that breaks it, sent by botocore without its own checks.
"""

import copy
import os
import sys
from unittest import mock

import boto3
import botocore.exceptions
import botocore.session
from botocore.config import Config

from emulator_process import WORKFLOW_ARN, EmulatorProcess

MODEL = botocore.session.get_session().get_service_model("mwaa-serverless")


def role(length):
    """A role's ARN of that length, from 32 on: as many parts of a path as it takes."""
    arn = "arn:aws:iam::123456789012:role/"
    left = length - len(arn)
    while left > 64:
        part = min(513, left - 1) - 1
        arn += "p" * part + "/"
        left -= part + 1
    return arn + "r" * left


# A text of a shape: of a length, where the pattern leaves one to choose.
TEXTS = {
    "WorkflowArn": lambda length: WORKFLOW_ARN,
    "TaggableResourceArn": lambda length: WORKFLOW_ARN,
    "RoleARN": lambda length: role(max(length, 32)),
    "SecurityGroupString": lambda length: "sg-" + "0" * (length - 3),
    "SubnetString": lambda length: "subnet-" + "0" * (length - 7),
}
# Where the pattern does not.
FIXED_LENGTH = {"WorkflowArn", "TaggableResourceArn"}
# What breaks a pattern; by default a line end, which no pattern of the model takes.
WRONG = {"EnvironmentVariableKey": "1A", "WorkflowVersion": "A" * 32}


def text(shape, length):
    if "enum" in shape.metadata:
        return shape.metadata["enum"][-1]
    return TEXTS.get(shape.name, lambda size: "a" * size)(length)


def value(shape, size=None):
    kind = shape.type_name
    if kind == "string":
        usual = max(shape.metadata.get("min", 1), 8 if shape.name in TEXTS else 1)
        return text(shape, usual if size is None else size)
    if kind == "integer":
        return shape.metadata.get("min", 1)
    if kind == "boolean":
        return True
    if kind == "list":
        return [value(shape.member) for _ in range(shape.metadata.get("min", 1) if size is None else size)]
    if kind == "map":
        if getattr(shape.value, "is_document_type", False):
            return {"a": 1}
        count = 1 if size is None else size
        keys = [f"Key{i}" for i in range(count)]
        return {key: value(shape.value) for key in keys}
    return {name: value(shape.members[name]) for name in shape.required_members}


def cases(shape, build, path):
    """Yields (what, path that the service would name, the input, whether it is legal)."""
    kind, limits = shape.type_name, shape.metadata
    if getattr(shape, "is_document_type", False):
        return
    if kind == "string":
        yield from ((what, path, build(given), legal) for what, given, legal in texts(shape))
        return
    low, high = limits.get("min"), limits.get("max")
    if kind == "integer":
        if low is not None:
            yield "minimum", path, build(low), True
            yield "under the minimum", path, build(low - 1), False
        if high is not None:
            yield "maximum", path, build(high), True
            yield "over the maximum", path, build(high + 1), False
    elif kind in ("list", "map") and not getattr(getattr(shape, "value", None), "is_document_type", False):
        if low:
            yield "fewest", path, build(value(shape, low)), True
            yield "too few", path, build(value(shape, low - 1)), False
        if high is not None:
            yield "most", path, build(value(shape, high)), True
            yield "too many", path, build(value(shape, high + 1)), False
        if kind == "list":
            yield from cases(shape.member, lambda each: build([each]), path + "[0]")
        else:
            for what, given, legal in texts(shape.key):
                yield what + " (key)", path + "." + given[:20], build({given: value(shape.value)}), legal
            yield from cases(shape.value, lambda each: build({"Key1": each}), path + ".Key1")
    elif kind == "structure":
        for name, member in shape.members.items():
            inside = f"{path}.{name}" if path else name

            def with_member(each, name=name):
                base = value(shape)
                base[name] = each
                return build(base)

            if name in shape.required_members:
                base = value(shape)
                del base[name]
                yield "required and absent", inside, build(base), False
            yield from cases(member, with_member, inside)
        if getattr(shape, "is_tagged_union", False):
            yield "a union without a member", path, build({}), False


def texts(shape):
    limits = shape.metadata
    low, high, pattern = limits.get("min", 0), limits.get("max"), limits.get("pattern")
    free = shape.name not in FIXED_LENGTH
    yield "a value", value(shape), True
    if low and free and shape.name not in TEXTS:
        yield "shortest", value(shape, low), True
    if low:
        yield "too short", "a" * (low - 1), False
    if high is not None:
        if free:
            yield "longest", value(shape, high), True
        yield "too long", value(shape, high + 1) if free else "a" * (high + 1), False
    if pattern:
        wrong = WRONG.get(shape.name, "a\nb")
        yield "against the pattern", wrong + "a" * max(0, low - len(wrong)), False
    if "enum" in limits:
        yield "not in the enum", "OTHER", False


def names(problem, path):
    """Whether the service's error is that this member breaks a constraint: not that there is no such run."""
    if problem.get("Error", {}).get("Code") != "ValidationException":
        return False
    return any(field["Name"].startswith(path) and "failed to satisfy constraint" in field["Message"]
               for field in problem.get("FieldList", []))


def main():
    program = sys.argv[1]
    wrong, legal_count, refused_count = [], 0, 0
    with EmulatorProcess(program) as emulator, mock.patch.dict(os.environ, emulator.environment(), clear=True):
        config = Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 1})
        client = boto3.session.Session().client("mwaa-serverless", config=config)
        for operation in MODEL.operation_names:
            shape = MODEL.operation_model(operation).input_shape
            for what, path, given, legal in cases(shape, lambda each: each, ""):
                problem = {}
                try:
                    client._make_api_call(operation, copy.deepcopy(given))  # noqa: SLF001: any operation by its name
                except botocore.exceptions.ClientError as error:
                    problem = error.response
                legal_count += legal
                refused_count += not legal
                if names(problem, path) == legal:
                    told = f"{problem.get('Error')} {problem.get('FieldList')}"
                    wrong.append(f"{operation}: {path}: {what}: was {'refused' if legal else 'not refused'}: {told[:300]}")
    print(f"{legal_count} legal and {refused_count} illegal inputs, {len(wrong)} judged otherwise")
    print("\n".join(wrong[:40]))
    return 1 if wrong or min(legal_count, refused_count) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
