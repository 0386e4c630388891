"""Sets up the virtual environment of the interop tests, and runs tests in it.

    in_venv.py VENV --setup          make it, or keep the one that is there
    in_venv.py VENV SCRIPT [ARG...]  run a test with its interpreter

Exit code 77 (a visible skip in CTest) when the packages cannot be had, such as without a network. With
MWAA_SERVERLESS_REQUIRE_ALL=1 in the environment that is a failure.
"""

import os
import pathlib
import subprocess
import sys

SKIPPED = 77


def unavailable(why: str) -> int:
    print(f"interop tests cannot run: {why}", file=sys.stderr)
    return 1 if os.environ.get("MWAA_SERVERLESS_REQUIRE_ALL") == "1" else SKIPPED


def is_complete(python: pathlib.Path) -> bool:
    if not python.exists():
        return False
    check = "import awscli, boto3; boto3.client('mwaa-serverless', region_name='us-east-1')"
    return subprocess.run([python, "-c", check], capture_output=True).returncode == 0


def set_up(venv: pathlib.Path, python: pathlib.Path) -> int:
    if is_complete(python):
        return 0
    requirements = pathlib.Path(__file__).with_name("requirements.txt")
    commands = [
        [sys.executable, "-m", "venv", "--clear", venv],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements],
    ]
    for command in commands:
        try:
            subprocess.run(command, check=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as failure:
            return unavailable(str(failure))
    return 0 if is_complete(python) else unavailable("the installed boto3 does not know mwaa-serverless")


def main() -> int:
    venv = pathlib.Path(sys.argv[1]).absolute()
    python = venv / "bin" / "python"
    if sys.argv[2] == "--setup":
        return set_up(venv, python)
    if not is_complete(python):
        return unavailable(f"no complete virtual environment in {venv}")
    return subprocess.run([python, *sys.argv[2:]]).returncode


if __name__ == "__main__":
    sys.exit(main())
