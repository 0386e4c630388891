"""mwaa-serverless-bench, built with optimisation."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def built():
    """Where the program is, after it was built; ends this one with the compiler's output when it cannot be."""
    for command in (
        [ROOT / "scripts" / "bootstrap", "--build-only"],
        ["cmake", "--preset", "bench"],
        ["cmake", "--build", "--preset", "bench", "--target", "mwaa-serverless-bench"],
    ):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stdout)
    return ROOT / "build" / "bench" / "bench" / "mwaa-serverless-bench"
