"""We and botocore read the same in shared configuration files, however they are written.

    grammar_test.py GRAMMAR_PROBE [FILES [SEED]]

Random files from all that is found in the wild: indented sections, comments anywhere, text behind a section, names in
quotes, with blanks and accents, `:` for `=`, nested settings, [DEFAULT], other line ends, and what is refused. Each is
compared section by section, and then what a profile of it means: region, keys and their source. Where we mean to differ,
DIFFERENCES says so. The seed is printed, so that a failure can be repeated.
"""

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from unittest import mock

import botocore.configloader
import botocore.exceptions
import botocore.session

DIFFERENCES = """
* A comment behind a value of one word (a key, a region) is no part of it, as for all SDKs but botocore, where such a value
  is of no use.
* A value of one word that has several lines, keys that are blank, and a setting that says who to be and is part of the
  value above it, because it is indented further, are errors. botocore goes on without, or with what cannot work.
* Names of settings with capital letters beyond ASCII (nobody has one) stay as they are.
"""

NAMES = ["default", "dev", "My Team", "José", "team/a.b-1", "it's", "DEFAULT", "a]b", "#x", "Größe 2", "dev "]
PLAIN = ["region", "output", "cli_pager", "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
         "aws_security_token", "cli_auto_prompt", "ünïcode", "x y", "sso_region", "duration_seconds"]
VALUES = ["eu-west-1", "us-east-1", "AKID", "a/b+c=", "v#1", "v;2", "json", "x=y", "k:v", "[a]", "two words", "é", "",
          "\"quoted\"", "%(x)s", "$HOME", "a\\b"]
BLANKS = [" ", "  ", "\t", "    ", "\u00a0", "\u3000", "\x0b", "\x1f"]
BEHIND = ["", "", "", "", " ", " # note", "; note", " /* note */", "x", " ] more", "\t[x]"]


def quoted(rng, name):
    plain = re.fullmatch(r"[^\s'\"\\]+", name)
    styles = ["'" + name.replace("'", "'\"'\"'") + "'", '"' + name + '"', re.sub(r"([\s'\"\\])", r"\\\1", name)]
    return name if plain and rng.random() < 0.6 else rng.choice(styles)


def ascii_upper(name):
    return "".join(c.upper() if c.isascii() else c for c in name)


class File:
    def __init__(self, rng, kind):
        self.rng, self.kind, self.lines = rng, kind, []
        for name in rng.sample(NAMES, rng.randrange(1, 5)):
            self.section(name)
        if rng.random() < 0.06:
            self.lines.insert(rng.randrange(len(self.lines) + 1), rng.choice(self.wrong()))

    def wrong(self):
        return ["word", "= x", ": x", "[", "[]", "[open", "[default]", "[profile dev]", "region = twice", " [x", "   y = z"]

    def header(self, name):
        rng = self.rng
        if self.kind == "credentials":
            return rng.choice([name, name, name, f"profile {name}", quoted(rng, name)])
        kinds = ["profile"] * 8 + ["sso-session", "services", "profiles", "preview", ""]
        if name == "default" and rng.random() < 0.6 or name == "DEFAULT":
            return name
        gap = rng.choice([" ", " ", " ", "  ", "\t"])
        edge = rng.choice([""] * 12 + [" "])
        return edge + rng.choice(kinds) + gap + quoted(rng, name) + rng.choice(["", "", " "])

    def section(self, name):
        rng = self.rng
        self.extra("")
        indent = rng.choice(["", "", "", "", "  "])
        self.lines.append(f"{indent}[{self.header(name)}]{rng.choice(BEHIND)}")
        base = rng.choice(["", "", "  ", "    ", "\t", "\u00a0"])
        keys = rng.sample(PLAIN, rng.randrange(0, 7))
        if rng.random() < 0.5:
            keys = list(dict.fromkeys(keys + ["aws_access_key_id", "aws_secret_access_key"]))
        if rng.random() < 0.05 and keys:
            keys.append(ascii_upper(keys[0]))
        for key in keys:
            self.extra(base)
            self.setting(key, base if rng.random() < 0.93 else base + rng.choice(BLANKS))

    def extra(self, base):
        rng = self.rng
        while rng.random() < 0.15:
            self.lines.append(rng.choice(["", "  ", "# one", "; two", base + "# three", base + "   ; four = x", "\t"]))

    def setting(self, key, base):
        rng = self.rng
        gap = rng.choice(["", " ", "  ", "\t"])
        delimiter = rng.choice(["=", "=", "=", ":"])
        key = key if rng.random() < 0.9 else ascii_upper(key)
        if rng.random() < 0.08:
            self.lines.append(f"{base}{rng.choice(['s3', 's3api', 'mwaa_serverless'])}{len(self.lines)} {delimiter}")
            deeper = base + rng.choice(["  ", "\t", "    "])
            for _ in range(rng.randrange(1, 4)):
                self.extra(deeper)
                name = rng.choice(["endpoint_url", "Max_Requests", "addressing_style", "", "a b"])
                self.lines.append(deeper + name + gap + rng.choice(["="] * 30 + [":", ""]) + gap + rng.choice(VALUES))
            return
        value = rng.choice(VALUES) + rng.choice([""] * 12 + [" # note", "\t; note", " #"])
        self.lines.append(f"{base}{key}{gap}{delimiter}{gap}{value}{rng.choice(['', '', ' '])}")
        if rng.random() < 0.04:
            self.lines.append(base + "  " + rng.choice(["-more", "[profile x]", "region = x", "aws_session_token = x", "# c"]))

    def bytes(self):
        rng = self.rng
        end = rng.choice(["\n"] * 6 + ["\r\n", "\r\n", "\r"])
        data = (end.join(self.lines) + rng.choice(["", end])).encode()
        if rng.random() < 0.02:
            at = rng.randrange(len(data) + 1)
            data = data[:at] + rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f"]) + data[at:]
        return data


class Probe:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def grammar_of(kind, path):
    try:
        if kind == "credentials":
            return {"profiles": botocore.configloader.raw_config_parse(str(path)), "sso_sessions": {}, "services": {}}
        loaded = botocore.configloader.load_config(str(path))
        return {name: loaded[name] for name in ("profiles", "sso_sessions", "services")}
    except botocore.exceptions.ConfigParseError:
        return None


# As a value of one word is read by us: DIFFERENCES.
def word(value):
    if not isinstance(value, str):
        return value
    return re.sub(r"(?s)(.)[ \t]+[#;].*", r"\1", value)


def identity_of(config, credentials, profile):
    environment = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
                   "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    with mock.patch.dict(os.environ, environment, clear=True):
        session = botocore.session.Session(profile=profile)
        try:
            session.get_scoped_config()
            region = word(session.get_config_variable("region") or "")
            keys = session.get_credentials()
        except botocore.exceptions.ProfileNotFound:
            return "missing"
        except botocore.exceptions.PartialCredentialsError:
            return "refused"
        frozen = keys and keys.get_frozen_credentials()
        parts = [word(region)] + [word(part or "") for part in (frozen or ())[:3]]
        if any(not isinstance(part, str) or re.search(r"[\x00-\x1f\x7f]", part) for part in parts):
            return "refused"
        if frozen and (not parts[1] or not parts[2] or not re.fullmatch("[!-~]*", parts[1] + parts[3])):
            return "refused"
        out = {"region": parts[0]}
        if frozen:
            out.update(source=keys.method, keys=parts[1:])
        return out


def agree(theirs, ours):
    if "error" in ours:
        if theirs == "missing":
            return ours["missing"]
        # What was swallowed by the setting above, and half a pair: DIFFERENCES.
        told = "is indented further" in ours["error"] or "half a key pair" in ours["error"]
        return theirs == "refused" or told
    return theirs == ours


def main(program, files=2000, seed=None):
    seed = random.randrange(2**32) if seed is None else int(seed)
    print(f"seed {seed}; intended differences:{DIFFERENCES}")
    rng = random.Random(seed)
    probe = Probe(program)
    failures = refused = profiles = with_keys = told = missing = 0
    with tempfile.TemporaryDirectory(prefix="mwaa-serverless-grammar-") as directory:
        paths = {kind: pathlib.Path(directory) / kind for kind in ("config", "credentials")}
        for number in range(0, int(files), 2):
            known = {}
            wrong = []
            for kind, path in paths.items():
                path.write_bytes(File(rng, kind).bytes())
                known[kind] = theirs = grammar_of(kind, path)
                others = [*theirs["sso_sessions"], *theirs["services"]] if theirs else []
                ours = probe.ask(kind, str(path), others)
                if theirs is None:
                    refused += 1
                    if not re.match(re.escape(str(path)) + r", line \d+, column \d+: ", ours.get("error", "")):
                        wrong.append((kind, "refused", ours))
                elif ours != theirs:
                    wrong.append((kind, theirs, ours))
            if all(known.values()):
                names = sorted({*known["config"]["profiles"], *known["credentials"]["profiles"]} - {""}) + ["nobody"]
                for name in rng.sample(names, min(3, len(names))):
                    theirs = identity_of(paths["config"], paths["credentials"], name)
                    ours = probe.ask(str(paths["config"]), str(paths["credentials"]), name)
                    profiles += 1
                    with_keys += "keys" in theirs
                    missing += theirs == "missing"
                    told += "error" in ours and theirs != "missing"
                    if not agree(theirs, ours):
                        wrong.append((name, theirs, ours))
            if wrong:
                failures += 1
                for what, theirs, ours in wrong:
                    print(f"file {number}, {what}:\n  botocore {theirs}\n  ours     {ours}")
                for kind, path in paths.items():
                    print(f"--- {kind}: {path.read_bytes()!r}")
    probe.process.stdin.close()
    assert probe.process.wait() == 0
    print(f"{files} files: {failures} differ, {refused} refused by both; {profiles} profiles: {with_keys} with keys, "
          f"{missing} missing, {told} refused by us")
    assert failures == 0
    assert 0 < refused < int(files) // 2 and with_keys > profiles // 5 and missing > 0, "the files are not what they should be"


if __name__ == "__main__":
    main(*sys.argv[1:])
