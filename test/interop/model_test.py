"""The descriptions of the service's structures agree with its model, and JSON with botocore's serializer and parser.

    model_test.py MODEL_PROBE [INPUTS [SEED]]

The model is the one that botocore carries. Then, for each operation, random inputs and responses (100 of each, or
INPUTS) go through botocore and through the library; and of each constraint that AWS's tools check before they send, a
case that keeps it and one that breaks it. The seed is printed, so that a failure can be repeated.
"""

import copy
import datetime
import json
import random
import string
import subprocess
import sys

import botocore
import botocore.parsers
import botocore.serialize
import botocore.session
import botocore.validate
import dateutil.parser

MODEL = botocore.session.get_session().get_service_model("mwaa-serverless")
TEXT = string.ascii_letters + string.digits + " \"\\/\t\n\x01\xe9\u6771\U0001f600-_.:"
# What the library says otherwise than the model, and why.
ARN_PATTERNS = {"WorkflowArn", "TaggableResourceArn", "RoleARN"}  # widened to every partition and region
OPEN_TEXT = {"ValidationExceptionReason"}  # kept as text, since nothing depends on it


class Differences:
    def __init__(self):
        self.found = []

    def expect(self, where, ours, theirs):
        if ours != theirs:
            self.found.append(f"{where}: the library has {ours!r}, the model {theirs!r}")


def compare_shape(ours, shape, where, out):
    kind = shape.type_name
    is_document = getattr(shape, "is_document_type", False) or (
        kind == "map" and getattr(shape.value, "is_document_type", False))
    out.expect(where + " type", ours["type"], "document" if is_document else kind)
    out.expect(where + " sensitive", ours.get("sensitive", False), bool(shape.metadata.get("sensitive")))
    for limit in ("min", "max", "pattern"):
        if limit == "pattern" and shape.name in ARN_PATTERNS:
            continue
        out.expect(f"{where} {limit}", ours.get(limit), shape.metadata.get(limit))
    if is_document:
        return
    if kind == "string" and shape.name not in OPEN_TEXT:
        out.expect(where + " enum", ours.get("enum"), shape.metadata.get("enum"))
    elif kind == "structure":
        compare_structure(ours, shape, where, out)
    elif kind == "list":
        compare_shape(ours["member"], shape.member, where + "[]", out)
    elif kind == "map":
        compare_shape(ours["key"], shape.key, where + " keys", out)
        compare_shape(ours["value"], shape.value, where + " values", out)


def compare_structure(ours, shape, where, out):
    out.expect(where + " members, in order", list(ours["members"]), list(shape.members))
    out.expect(where + " required", sorted(ours["required"]), sorted(shape.required_members))
    out.expect(where + " union", ours.get("union", False), bool(getattr(shape, "is_tagged_union", False)))
    for name, member in shape.members.items():
        if name not in ours["members"]:
            continue
        token = bool(member.serialization.get("idempotencyToken") or member.metadata.get("idempotencyToken"))
        out.expect(f"{where}.{name} idempotencyToken", ours["members"][name].get("idempotencyToken", False), token)
        compare_shape(ours["members"][name], member, f"{where}.{name}", out)


def compare_model(ours):
    out = Differences()
    out.expect("operations", sorted(ours["operations"]), sorted(MODEL.operation_names))
    paginators = botocore.session.get_session().get_component("data_loader").load_service_model(
        "mwaa-serverless", "paginators-1")["pagination"]
    errors = {}
    for name in MODEL.operation_names:
        mine, theirs = ours["operations"].get(name), MODEL.operation_model(name)
        if mine is None:
            continue
        raw = MODEL._service_description["operations"][name]  # noqa: SLF001: traits have no accessor
        out.expect(name + " target", mine["target"], MODEL.metadata["targetPrefix"] + "." + name)
        out.expect(name + " readonly", mine["readonly"], raw.get("readonly", False))
        out.expect(name + " idempotent", mine["idempotent"], raw.get("idempotent", False))
        out.expect(name + " items", mine.get("items"), paginators.get(name, {}).get("result_key"))
        compare_structure(mine["input"], theirs.input_shape, name + " input", out)
        compare_structure(mine["output"], theirs.output_shape, name + " output", out)
        errors.update({shape.name: shape for shape in theirs.error_shapes})
    out.expect("errors", sorted(ours["errors"]), sorted(errors))
    for name, shape in errors.items():
        mine = ours["errors"].get(name)
        if mine is None:
            continue
        compare_structure(mine, shape, name, out)
    return out.found


class Maker:
    """Random values that the model allows, but for patterns."""

    def __init__(self, rng):
        self.rng = rng

    def text(self, shape):
        least = max(shape.metadata.get("min", 0), 0)
        most = min(shape.metadata.get("max", 60), max(60, least))
        # One character of the model's is one byte here: AWS's tools count characters.
        return "".join(self.rng.choice(TEXT) for _ in range(self.rng.randint(least, most)))

    def document(self, depth=0):
        what = self.rng.randrange(7 if depth < 3 else 5)
        if what == 0:
            return None
        if what == 1:
            return self.rng.random() < 0.5
        if what == 2:
            return self.rng.randint(-(2**53), 2**53)
        if what == 3:
            return self.rng.uniform(-1e6, 1e6)
        if what == 4:
            return "".join(self.rng.choice(TEXT) for _ in range(8))
        if what == 5:
            return [self.document(depth + 1) for _ in range(self.rng.randrange(3))]
        return {f"k{i}": self.document(depth + 1) for i in range(self.rng.randrange(3))}

    def value(self, shape, response):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return self.document()
        if kind == "string":
            return self.rng.choice(shape.metadata["enum"]) if "enum" in shape.metadata else self.text(shape)
        if kind == "integer":
            return self.rng.randint(shape.metadata.get("min", 0), shape.metadata.get("max", 2**31 - 1))
        if kind == "boolean":
            return self.rng.random() < 0.5
        if kind == "timestamp":
            return self.time()
        if kind == "list":
            most = min(shape.metadata.get("max", 4), 4)
            return [self.value(shape.member, response)
                    for _ in range(self.rng.randint(max(1, shape.metadata.get("min", 0)), most))]
        if kind == "map":
            return {(self.text(shape.key) or "k"): self.value(shape.value, response)
                    for _ in range(self.rng.randint(1, 4))}
        return self.structure(shape, response)

    def time(self):
        seconds = self.rng.randrange(2**32)
        form = self.rng.randrange(4)
        if form == 0:
            return seconds
        if form == 1:
            return seconds + self.rng.randrange(1000) / 1000
        when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        return when.isoformat() + (".%03d" % self.rng.randrange(1000) if form == 2 else "") + "Z"

    def structure(self, shape, response):
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = [self.rng.choice(names)]
        # A response, too, may lack what is required of it; the order is the sender's own.
        chosen = [n for n in names
                  if n in shape.required_members or getattr(shape, "is_tagged_union", False) or self.rng.random() < 0.6]
        if response:
            self.rng.shuffle(chosen)
        return {n: self.value(shape.members[n], response) for n in chosen}


def ask(probe, what, cases):
    lines = "".join(f"{name}\t{json.dumps(value)}\n" for name, value in cases)
    out = subprocess.run([probe, what], input=lines, capture_output=True, text=True, check=True, timeout=250)
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    assert len(answers) == len(cases), (len(answers), len(cases))
    return answers


def plain(value):
    """botocore's times as ours print: what the wire can tell apart."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def with_times(value, shape):
    if getattr(shape, "is_document_type", False):
        return value
    if shape.type_name == "timestamp":
        return dateutil.parser.isoparse(value).astimezone(datetime.timezone.utc)
    if shape.type_name == "structure":
        return {k: with_times(v, shape.members[k]) for k, v in value.items()}
    if shape.type_name == "list":
        return [with_times(v, shape.member) for v in value]
    if shape.type_name == "map":
        return {k: with_times(v, shape.value) for k, v in value.items()}
    return value


def check_requests(probe, maker, count):
    serializer = botocore.serialize.create_serializer(MODEL.metadata["protocol"])
    cases = [(name, maker.structure(MODEL.operation_model(name).input_shape, False))
             for name in MODEL.operation_names for _ in range(count)]
    wrong = []
    for (name, value), ours in zip(cases, ask(probe, "request", cases)):
        body = serializer.serialize_to_request(copy.deepcopy(value), MODEL.operation_model(name))["body"]
        if ours != json.loads(body):
            wrong.append(f"{name} of {json.dumps(value)}:\n  ours   {json.dumps(ours)}\n  botocore {body.decode()}")
    return len(cases), wrong


def check_responses(probe, maker, count):
    parser = botocore.parsers.create_parser(MODEL.metadata["protocol"])
    cases = [(name, maker.structure(MODEL.operation_model(name).output_shape, True))
             for name in MODEL.operation_names for _ in range(count)]
    wrong = []
    for (name, value), ours in zip(cases, ask(probe, "response", cases)):
        shape = MODEL.operation_model(name).output_shape
        theirs = parser.parse({"status_code": 200, "headers": {}, "body": json.dumps(value).encode()}, shape)
        theirs.pop("ResponseMetadata")
        if "refused" in ours or with_times(ours, shape) != plain(theirs):
            wrong.append(f"{name} of {json.dumps(value)}:\n  ours   {json.dumps(ours)}\n  botocore {theirs}")
    return len(cases), wrong


def places(shape, path=()):
    """The path to each shape with a minimum, as AWS's tools check it."""
    if shape.metadata.get("min", 0) > 0 and shape.type_name != "structure":
        yield path, shape
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, member in shape.members.items():
            yield from places(member, (*path, name))
    elif shape.type_name == "list":
        yield from places(shape.member, (*path, "[]"))
    elif shape.type_name == "map" and not getattr(shape.value, "is_document_type", False):
        yield from places(shape.key, (*path, "{key}"))
        yield from places(shape.value, (*path, "{}"))


def built(shape, path, value, maker):
    """A value of `shape` that has `value` at `path`."""
    if not path:
        return value
    if path[0] == "[]":
        return [built(shape.member, path[1:], value, maker)]
    if path[0] == "{}":
        return {"Key1": built(shape.value, path[1:], value, maker)}
    if path[0] == "{key}":
        return {value: maker.value(shape.value, False)}
    base = {n: maker.value(shape.members[n], False) for n in shape.required_members}
    base[path[0]] = built(shape.members[path[0]], path[1:], value, maker)
    return base


def check_minima(probe, maker):
    cases, names = [], []
    for name in MODEL.operation_names:
        for path, shape in places(MODEL.operation_model(name).input_shape):
            least = shape.metadata["min"]
            for size in (least, least - 1):
                value = size if shape.type_name == "integer" else (
                    "x" * size if shape.type_name == "string" else
                    [maker.value(shape.member, False) for _ in range(size)])
                cases.append((name, built(MODEL.operation_model(name).input_shape, path, value, maker)))
                names.append(f"{name}.{'.'.join(path)} of {size}, at least {least}")
    validator = botocore.validate.ParamValidator()
    wrong = []
    refused = 0
    for (name, value), what, ours in zip(cases, names, ask(probe, "request", cases)):
        theirs = validator.validate(value, MODEL.operation_model(name).input_shape)
        refused += theirs.has_errors()
        if theirs.has_errors() != ("refused" in ours):
            wrong.append(f"{what}: ours {json.dumps(ours)}, botocore {theirs.generate_report()}")
    if not 0 < refused < len(cases):
        wrong.append(f"{refused} of {len(cases)} cases were refused by botocore: the cases are no good")
    return len(cases), wrong


def main():
    probe = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(2**32)
    print(f"botocore {botocore.__version__}, seed {seed}")
    model = json.loads(subprocess.run([probe, "model"], capture_output=True, text=True, check=True, timeout=60).stdout)
    wrong = compare_model(model)
    maker = Maker(random.Random(seed))
    for what, (cases, found) in {"requests": check_requests(probe, maker, count),
                                 "responses": check_responses(probe, maker, count),
                                 "minima": check_minima(probe, maker)}.items():
        print(f"{what}: {cases} cases, {len(found)} differ")
        wrong += found[:5]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
