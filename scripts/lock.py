"""Write the lock files: every package with its exact version and the hashes of its files.

`requirements.lock` holds what trading needs and the build backend, `requirements-research.lock`
what sweeps need on top, `requirements-dev.lock` only what the checks need on top of both,
`requirements-mutants.lock` what tests of the tests need on top of all, and
`requirements-conformance.lock` the official SDK by itself. Versions already locked stay;
`--upgrade` moves all of them to the newest ones that setup.cfg allows. Needs network; runs in a
scratch environment of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Set as AbstractSet
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "requirements.lock"
RESEARCH = ROOT / "requirements-research.lock"
DEV = ROOT / "requirements-dev.lock"
MUTANTS = ROOT / "requirements-mutants.lock"
CONFORMANCE = ROOT / "requirements-conformance.lock"
CONFORMANCE_INPUT = "tests/conformance/requirements.in"
LAYERS = (("research", RESEARCH), ("dev", DEV), ("mutants", MUTANTS))
"""Extras of setup.cfg, each on top of those before, and the lock of what it adds."""
COMPILER = "pip-tools==7.6.2"
OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--no-header",
    "--no-annotate",
    # Where packages come from is the business of the machine that installs them.
    "--no-emit-index-url",
    "--no-emit-find-links",
)
HEADER = "# Written by scripts/lock.py from setup.cfg and pyproject.toml; do not edit.\n"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(text: str) -> dict[str, str]:
    """Return package name → exact version of a lock file's text."""
    return {found[1].lower(): found[2] for found in PIN.finditer(text)}


def blocks(text: str) -> list[str]:
    """Return the lock entries of `text`: a pin with the hash lines that belong to it."""
    starts = [found.start() for found in PIN.finditer(text)]
    return [text[a:b].rstrip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def locked_text(path: Path, but: AbstractSet[str] = frozenset()) -> str:
    """Return the lock entries of the file at `path` without those of the packages `but`."""
    if not path.exists():
        return ""
    kept = [
        each for each in blocks(path.read_text(encoding="utf-8")) if not pins(each).keys() & but
    ]
    return "\n".join([*kept, ""])


def compile_lock(
    python: Path, output: Path, arguments: list[str], source: str = "setup.cfg"
) -> str:
    """Resolve `source` with `arguments` into `output`, whose old pins are kept; return it."""
    command = [str(python), "-m", "piptools", "compile", *OPTIONS, *arguments]
    subprocess.run([*command, "--output-file", str(output), source], cwd=ROOT, check=True)
    return output.read_text(encoding="utf-8")


def more(whole: str, than: str) -> str:
    """Return the entries of the lock `whole` that the lock `than` has not."""
    known = pins(than).keys()
    return "\n".join(block for block in blocks(whole) if not known & pins(block).keys())


def main(arguments: list[str]) -> None:
    """Write all lock files; `--upgrade` is handed to the resolver."""
    unknown = [word for word in arguments if word != "--upgrade"]
    if unknown:
        raise SystemExit(f"lock.py knows only --upgrade, was given {' '.join(unknown)}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", COMPILER], check=True)
        runtime_file = folder / "runtime.txt"
        runtime_file.write_text(locked_text(RUNTIME), encoding="utf-8")
        # The build backend is locked too: the editable install then fetches nothing unpinned.
        build = ["--build-deps-for", "editable", *arguments]
        runtime = compile_lock(python, runtime_file, build)
        steps = [runtime]
        extras: list[str] = []
        for extra, lock in LAYERS:
            known = steps[-1]
            file = folder / f"{extra}.txt"
            # A package that only this layer needed until now may have become one of those below.
            file.write_text(known + locked_text(lock, pins(known).keys()), encoding="utf-8")
            extras += ["--extra", extra]
            steps.append(compile_lock(python, file, [*extras, *build]))
        apart_file = folder / "conformance.txt"
        apart_file.write_text(locked_text(CONFORMANCE), encoding="utf-8")
        apart = compile_lock(python, apart_file, arguments, CONFORMANCE_INPUT)
    moved = {
        name
        for fewer, all_ in pairwise(steps)
        for name, version in pins(fewer).items()
        if pins(all_).get(name) != version
    }
    if moved:
        raise SystemExit(f"the resolutions differ in {', '.join(sorted(moved))}: run again")
    RUNTIME.write_text(HEADER + "\n".join(blocks(runtime)) + "\n", encoding="utf-8")
    apart_header = HEADER.replace("setup.cfg and pyproject.toml", CONFORMANCE_INPUT)
    CONFORMANCE.write_text(apart_header + "\n".join(blocks(apart)) + "\n", encoding="utf-8")
    files = [RUNTIME, *(path for _, path in LAYERS)]
    for (below, path), (fewer, all_) in zip(pairwise(files), pairwise(steps), strict=True):
        path.write_text(f"{HEADER}-r {below.name}\n{more(all_, fewer)}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
