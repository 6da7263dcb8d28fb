"""Putting the files of an earlier start back in place of the present ones, all four or none."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from app.configuration.history import NAMES
from config.effective import Config
from config.loading import load
from config.nodes import MAX_BYTES
from domain.model.secrets import redacted

BACKUPS = "config-backups"
"""Folder in the data folder: what a restore has replaced, one folder a time."""


@frozen
class Present:
    """The files of a configuration folder as they are: None for one that is not there."""

    folder: Path
    contents: Mapping[str, bytes | None]

    @classmethod
    def of(cls, folder: Path) -> Present:
        """Return what is in `folder`.

        Raises:
            OSError: a file can't be read.
        """
        return cls(folder, {name: _content(folder / name) for name in NAMES})

    def equals(self, texts: Mapping[str, str]) -> bool:
        """Tell whether the files hold these texts already."""
        return all(self.contents[name] == texts[name].encode() for name in NAMES)


def loaded(texts: Mapping[str, str], sets: Sequence[str] = ()) -> Config:
    """Return the configuration that these texts say, none of them written into its place.

    `sets` are overrides, as `--set` takes them.

    Raises:
        ConfigError: they do not fit this version of the program.
    """
    with tempfile.TemporaryDirectory(prefix="bulkhead-config-") as folder:
        for name in NAMES:
            (Path(folder) / name).write_text(texts[name], encoding="utf-8")
        return load(folder, sets)


def back_up(present: Present, data: Path, stamp: str) -> Path:
    """Copy the present files, less any key, into a folder of their own below `data`; return it.

    Raises:
        OSError: they could not be copied.
    """
    parent = data / BACKUPS
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{stamp}-", dir=parent))
    for name, content in present.contents.items():
        if content is not None:  # whatever a person has put there
            text = redacted(content.decode(errors="surrogateescape"))
            (place / name).write_bytes(text.encode(errors="surrogateescape"))
    return place


def replace(present: Present, texts: Mapping[str, str]) -> None:
    """Put `texts` in place of the present files: each in one step, and all of them or none.

    Raises:
        OSError: nothing has changed, or what had was put back.
    """
    wanted = {name: texts[name].encode() for name in NAMES}
    staged: dict[Path, Path] = {}
    try:
        for name in NAMES:
            path = (present.folder / name).resolve()  # a link stays one
            staged[path] = _staged(path, wanted[name])
        _move(staged, present)
    finally:
        for path in staged.values():
            path.unlink(missing_ok=True)


def _move(staged: Mapping[Path, Path], present: Present) -> None:
    done: list[Path] = []
    try:
        for path, new in staged.items():
            new.replace(path)
            done.append(path)
    except OSError:
        for path in done:
            content = present.contents[path.name]
            if content is None:
                path.unlink()
            else:
                _staged(path, content).replace(path)
        raise


def _staged(path: Path, content: bytes) -> Path:
    """Write `content` durably beside `path`, with the rights of the file there, and return it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _content(path: Path) -> bytes | None:
    """Return what is in a file, None where there is none.

    Raises:
        OSError: it can't be read, keeps nothing that can be, or is larger than a configuration is.
    """
    if not path.exists():
        return None
    if not path.is_file():  # reading it might wait for ever
        raise OSError(errno.EINVAL, "is no file that can be read", str(path))
    if path.stat().st_size > MAX_BYTES:
        raise OSError(errno.EFBIG, f"is larger than {MAX_BYTES >> 10} KiB", str(path))
    return path.read_bytes()
