"""We and botocore read the same keys, region, endpoint, retry mode and attempts from environment and files.

    settings_test.py SETTINGS_PROBE [CASES [SEED]]

Random environments and files, without the sources that need a network. Where we mean to differ, DIFFERENCES says so and
why. The seed is printed, so that a failure can be repeated.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from unittest import mock

import botocore.exceptions
import botocore.session

DIFFERENCES = """
* AWS_REGION counts before AWS_DEFAULT_REGION, as in all SDKs but botocore, which does not know it.
* AWS_PROFILE counts before AWS_DEFAULT_PROFILE, as in the AWS CLI v2 and the SDKs that know the latter; botocore has it
  the other way round.
* Without a setting the retry mode is standard, not botocore's own legacy, with 3 attempts instead of 5.
"""

PROFILES = ["default", "dev", "Prod", "team/a.b-1"]
REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2", "us-gov-west-1"]
MISSING = "no such profile"
NO_SERVICES = "no such section of services"


def maybe(rng, chance, make):
    return make() if rng.random() < chance else None


class Case:
    def __init__(self, rng, directory):
        self.rng = rng
        self.directory = directory
        self.wanted = maybe(rng, 0.3, lambda: rng.choice(PROFILES))
        self.environment = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(directory)}
        self.files()
        self.variables()

    def name(self):
        return "".join(self.rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))

    def keys(self, style):
        found = {style("aws_access_key_id"): "AKID" + self.name(),
                 style("aws_secret_access_key"): self.name() + self.rng.choice(["", "/+=", "#x", ";y"])}
        if self.rng.random() < 0.4:
            found[style("aws_session_token")] = self.name() + "=="
        return found

    def section(self, with_keys):
        rng = self.rng
        out = self.keys(lambda name: name) if with_keys else {}
        for name, chance, make in [
                ("region", 0.6, lambda: rng.choice(REGIONS)),
                ("endpoint_url", 0.3, lambda: f"http://profile{rng.randrange(9)}:80{rng.randrange(10, 99)}"),
                ("ignore_configured_endpoint_urls", 0.1, lambda: rng.choice(["true", "false", "True"])),
                ("services", 0.3, lambda: rng.choice(["one", "two", "none"])),
                ("credential_process", 0.2, self.process),
                ("retry_mode", 0.3, lambda: rng.choice(["standard", "adaptive"])),
                ("max_attempts", 0.3, lambda: str(rng.randrange(1, 20)))]:
            value = maybe(rng, chance, make)
            if value is not None:
                out[name] = value
        return out

    def process(self):
        name = self.name()
        document = {"Version": 1, "AccessKeyId": "AKID" + name, "SecretAccessKey": self.name()}
        if self.rng.random() < 0.5:
            document.update(SessionToken=self.name(), Expiration="2100-01-01T00:00:00Z")
        path = self.directory / f"{name} keys.json"
        path.write_text(json.dumps(document))
        return self.rng.choice(["cat '{}'", 'cat "{}"', "sh -c 'cat < \"{}\"'"]).format(path)

    def line(self, name, value):
        rng = self.rng
        gap = rng.choice(["", " ", "  ", "\t"])
        return f"{name}{gap}={gap}{value}{rng.choice(['', '', ' '])}\n"

    def text(self, title, settings):
        rng = self.rng
        lines = [f"[{title}]\n"]
        for name, value in settings.items():
            if rng.random() < 0.1:
                lines.append(rng.choice(["# a comment\n", "; another\n", "\n"]))
            lines.append(self.line(name, value))
        return "".join(lines)

    def files(self):
        rng = self.rng
        config, credentials = [], []
        for profile in PROFILES:
            if rng.random() < 0.8:
                title = "default" if profile == "default" else f"profile {profile}"
                config.append(self.text(title, self.section(rng.random() < 0.4)))
            if rng.random() < 0.5:
                credentials.append(self.text(profile, self.keys(lambda name: name)))
        for services in ("one", "two"):
            config.append(f"[services {services}]\ns3 =\n  endpoint_url = http://s3:1\n"
                          f"mwaa_serverless =\n  endpoint_url = http://{services}:2\n")
        rng.shuffle(config)
        for name, variable, parts in (("config", "AWS_CONFIG_FILE", config),
                                      ("credentials", "AWS_SHARED_CREDENTIALS_FILE", credentials)):
            if rng.random() < 0.1:
                parts = None  # no such file
            if rng.random() < 0.5:
                path = self.directory / ".aws" / name
            else:
                path = self.directory / f"my-{name}"
                self.environment[variable] = rng.choice([str(path), f"~/my-{name}"])
            if parts is not None:
                path.parent.mkdir(exist_ok=True)
                path.write_text("".join(parts))

    def variables(self):
        rng = self.rng
        if rng.random() < 0.3:
            self.environment.update(self.keys(str.upper))
        elif rng.random() < 0.2:
            self.environment.update(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
        for name, chance, make in [
                ("AWS_PROFILE", 0.3, lambda: rng.choice(PROFILES)),
                ("AWS_DEFAULT_PROFILE", 0.15, lambda: rng.choice(PROFILES)),
                ("AWS_REGION", 0.2, lambda: rng.choice(REGIONS)),
                ("AWS_DEFAULT_REGION", 0.4, lambda: rng.choice(REGIONS)),
                ("AWS_ENDPOINT_URL", 0.2, lambda: "http://everything:3"),
                ("AWS_ENDPOINT_URL_MWAA_SERVERLESS", 0.2, lambda: "http://this:4"),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", 0.15, lambda: rng.choice(["true", "false"])),
                ("AWS_RETRY_MODE", 0.2, lambda: rng.choice(["standard", "adaptive"])),
                ("AWS_MAX_ATTEMPTS", 0.2, lambda: str(rng.randrange(1, 20)))]:
            value = maybe(rng, chance, make)
            if value is not None:
                self.environment[name] = value

    def theirs(self):
        # botocore takes the region from AWS_DEFAULT_REGION only: DIFFERENCES.
        environment = dict(self.environment)
        if "AWS_REGION" in environment:
            environment["AWS_DEFAULT_REGION"] = environment["AWS_REGION"]
        if environment.get("AWS_PROFILE"):
            environment["AWS_DEFAULT_PROFILE"] = environment["AWS_PROFILE"]
        with mock.patch.dict(os.environ, environment, clear=True):
            session = botocore.session.Session(profile=self.wanted)
            try:
                region = session.get_config_variable("region") or ""
                keys = session.get_credentials()
                client = session.create_client("mwaa-serverless", region_name=region or "us-east-1")
            except botocore.exceptions.ProfileNotFound:
                return MISSING
            except botocore.exceptions.InvalidConfigError as error:
                assert "services configuration does not exist" in str(error), error
                return NO_SERVICES
            # As told to botocore: nothing set is its legacy mode.
            mode = session.get_config_variable("retry_mode")
            attempts = session.get_config_variable("max_attempts")
            out = {"region": region, "mode": "standard" if mode == "legacy" else mode,
                   "attempts": 3 if attempts is None else attempts,
                   "endpoint": "" if ".amazonaws." in client.meta.endpoint_url else client.meta.endpoint_url}
            if keys is not None:
                frozen = keys.get_frozen_credentials()
                out.update(access_key=frozen.access_key, secret_key=frozen.secret_key, token=frozen.token or "",
                           source=keys.method)
            return out

    def ours(self, probe):
        command = [probe] + ([self.wanted] if self.wanted else [])
        done = subprocess.run(command, env={**self.environment, **sanitizer_options()}, capture_output=True, text=True,
                              timeout=60)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        out = json.loads(done.stdout)
        if "could not be found" in out.get("error", ""):
            return MISSING
        if "no section [services]" in out.get("error", ""):
            return NO_SERVICES
        return out


def sanitizer_options():
    return {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}


def main(probe, cases=200, seed=None):
    seed = random.randrange(2**32) if seed is None else int(seed)
    print(f"seed {seed}; intended differences:{DIFFERENCES}")
    rng = random.Random(seed)
    failures = missing = with_keys = 0
    for number in range(int(cases)):
        with tempfile.TemporaryDirectory(prefix="mwaa-serverless-settings-") as directory:
            case = Case(rng, pathlib.Path(directory))
            theirs, ours = case.theirs(), case.ours(probe)
            missing += theirs == MISSING
            with_keys += theirs != MISSING and "access_key" in theirs
            if theirs != ours:
                failures += 1
                print(f"case {number}: profile {case.wanted}, {case.environment}\n  botocore {theirs}\n  ours     {ours}")
                for file in sorted(pathlib.Path(directory).rglob("*")):
                    if file.is_file():
                        print(f"--- {file.name}\n{file.read_text()}")
    print(f"{cases} cases: {failures} differ, {missing} without their profile, {with_keys} with keys")
    assert failures == 0
    assert missing > 0 and with_keys > int(cases) // 4, "the cases are not what they should be"


if __name__ == "__main__":
    main(*sys.argv[1:])
