"""Files that a reader sees either whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.model.secrets import redacted

MAX_BYTES = 16 << 20
"""Size above which a file is none of the small ones that are read here."""


def write_whole(path: Path, text: str, *, is_durable: bool = False) -> None:
    """Replace `path` by `text`, less any secret, in one step.

    With `is_durable` it also survives power loss.

    Raises:
        OSError: nothing was replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    except OSError as error:  # people know the file, and not the name that it has for a moment
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(redacted(text))
            if is_durable:
                stream.flush()
                os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if is_durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: Mapping[str, Any], *, is_durable: bool = False) -> None:
    """Replace `path` by `value` as JSON in one step.

    Raises:
        OSError: nothing was replaced.
    """
    write_whole(path, json.dumps(value, ensure_ascii=False) + "\n", is_durable=is_durable)


def read_text(path: Path, *, errors: str = "strict") -> str:
    """Return the text of a small file; anybody may have put anything in its place.

    Raises:
        OSError: it can't be read, is no ordinary file (which could keep us waiting), or is larger
            than `MAX_BYTES`.
        UnicodeDecodeError: it is no UTF-8, and `errors` does not replace that.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "no ordinary file", str(path))
        if found.st_size > MAX_BYTES:
            raise OSError(errno.EFBIG, f"larger than {MAX_BYTES >> 20} MiB", str(path))
        return file.read(MAX_BYTES).decode("utf-8", errors=errors)


def parse_json(text: str) -> dict[str, Any] | None:
    """Return the JSON object written in `text`, None if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in `path`, or None where there is none that can be read."""
    try:
        return parse_json(read_text(path))
    except (OSError, ValueError):
        return None
