"""Builds programs that use AWS's SDKs for Go, Rust and Java, from their registries, in versions that their folders pin."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD_SECONDS = 1500


class Unavailable(Exception):
    """A program cannot be built here; `ours_to_install` when scripts/bootstrap should have seen to it."""

    def __init__(self, why, ours_to_install=True):
        super().__init__(why)
        self.ours_to_install = ours_to_install


def version_of(command, pattern, wanted, package):
    """What the toolchain says of itself; refuses one that is absent or older than `wanted`."""
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tempfile.gettempdir()).stdout
    except OSError:
        out = ""
    found = re.search(pattern, out)
    if not found or tuple(map(int, found.groups())) < wanted:
        what = f"{command[0]} is {'.'.join(found.groups())}" if found else f"there is no {command[0]}"
        raise Unavailable(f"{what}; the SDK needs {'.'.join(map(str, wanted))} ({package})",
                          ours_to_install=package.startswith("Debian: "))
    return found[0]


def build(command, folder, **environment):
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(command, check=True, cwd=folder, timeout=BUILD_SECONDS, stdout=sys.stderr,
                       env=os.environ | environment)
    except (subprocess.SubprocessError, OSError) as failure:
        raise Unavailable(str(failure))


def build_go(source: pathlib.Path, folder: pathlib.Path, name: str) -> list:
    """The command that starts the program `name`, built from `source` in `folder`."""
    version_of(["go", "version"], r"go(\d+)\.(\d+)", (1, 24), "Debian 12 has 1.19")
    program = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    build(["go", "build", "-o", str(program), "."], source)
    return [str(program)]


def build_rust(source: pathlib.Path, folder: pathlib.Path, name: str, release=False) -> list:
    version = version_of(["rustc", "--version"], r"rustc (\d+)\.(\d+)", (1, 95), "Debian 12 has 1.63")
    # A copy: cargo writes beside the manifest.
    (folder / "src").mkdir(parents=True, exist_ok=True)
    for file in ("Cargo.toml", "Cargo.lock", "src/main.rs"):
        if not (folder / file).exists() or (folder / file).read_bytes() != (source / file).read_bytes():
            shutil.copy(source / file, folder / file)
    build(["cargo", "build", "--quiet", "--locked", *(["--release"] if release else [])], folder,
          CARGO_TARGET_DIR=str(folder / "target"), RUSTC_VERSION=version)
    return [str(folder / "target" / ("release" if release else "debug") / name)]


def build_java(source: pathlib.Path, folder: pathlib.Path, name: str, *options: str) -> list:
    """`name` is that of the class; `options` are for the virtual machine."""
    version_of(["javac", "-version"], r"javac (\d+)", (17,), "Debian: openjdk-17-jdk-headless")
    version_of(["mvn", "--version"], r"Apache Maven (\d+)\.(\d+)", (3, 6), "Debian: maven")
    mark = folder / "complete"
    wanted = (source / "pom.xml").read_text()
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder / "lib", ignore_errors=True)  # what an older pom.xml asked for
        build(["mvn", "--batch-mode", "--quiet", "--file", str(source / "pom.xml"),
               f"-Dmaven.repo.local={folder / 'repository'}",
               "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
               f"-DoutputDirectory={folder / 'lib'}"], folder)
        mark.write_text(wanted)
    build(["javac", "-cp", f"{folder / 'lib'}/*", "-d", str(folder / "classes"), str(source / f"{name}.java")], folder)
    return ["java", *options, "-cp", f"{folder / 'lib'}/*:{folder / 'classes'}", name]
