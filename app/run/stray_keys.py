"""Keys that lie where they do not belong: in the config, among strategies, in the checkout.

A key there ends up in a backup, in a picture of the screen, in a public repository. So nothing is
started before it is gone; the sentence names the place, never anything of the key.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from domain.model.secrets import line_of_key
from domain.model.wording import counted

LARGEST_BYTES = 1 << 20
"""A key, and what somebody pastes one into, is smaller."""
EMBEDDED = "world.json"
"""Lies in the folder of an embedded venue, the keys of which open nothing else."""
_NOT_OURS = frozenset({".git", ".venv", "venv", "env", "node_modules", "__pycache__"})
_TOLD = 5
_MEND = "move it into a file of mode 0600 elsewhere, and revoke it if others could read it"


def stray_keys(
    places: Iterable[Path], sets: Iterable[str], left_out: Collection[Path]
) -> tuple[str, ...]:
    """Return a sentence for each place with key material, the first few by name.

    `places` are searched with all their folders, but for `left_out` and what installs itself;
    `sets` are values of the command line.
    """
    found = [
        f"--set #{number}" for number, text in enumerate(sets, 1) if line_of_key(text) is not None
    ]
    skipped = {path.resolve() for path in left_out}
    files = dict.fromkeys(file for place in places for file in _files(place, skipped))
    for file in files:
        line = line_of_key(_text(file))
        if line is not None:
            found.append(f"{file}:{line}")
    sentences = [f"secrets: {each} holds a private key; {_MEND}" for each in found[:_TOLD]]
    if len(found) > _TOLD:
        sentences.append(f"secrets: {counted(len(found) - _TOLD, 'more place')} like these")
    return tuple(sentences)


def _files(place: Path, skipped: Collection[Path]) -> Iterator[Path]:
    for folder, names, files in os.walk(place.resolve()):
        here = Path(folder)
        if "pyvenv.cfg" in files:  # libraries of others, with keys as examples
            names.clear()
            continue
        left_out = _NOT_OURS | ({"keys"} if EMBEDDED in files else set())
        names[:] = sorted(
            each
            for each in names
            if each not in left_out and not each.endswith("_cache") and here / each not in skipped
        )
        yield from (here / each for each in sorted(files))


def _text(file: Path) -> str:
    """Return what a small file says, in whichever encoding; "" where it can't be read."""
    try:
        if not file.is_file() or file.stat().st_size > LARGEST_BYTES:
            return ""
        raw = file.read_bytes()
    except OSError:
        return ""  # what this user can't read, this program can't give away
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return raw.decode(encoding, "replace").replace("\0", "")
