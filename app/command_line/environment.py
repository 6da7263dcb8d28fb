"""Errors of the environment in words: what failed, why, and what a person does about it."""

from __future__ import annotations

import errno
import os
import pwd
import tempfile
from pathlib import Path

from domain.model.errors import TradingError
from domain.system.shortage import is_shortage

_ROOM = "make room on that disk (`df -h` shows it), then try again"
_DISK = "look at the disk (`dmesg`), or name another folder"
_FILES = "raise the number of open files (`ulimit -n`), or end other programs"
_MENDS = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`)",
    errno.EROFS: "make that disk writable, or name another folder",
    errno.ENOENT: "put it back, or name another folder",
    errno.ENOTDIR: "a file is where a folder should be: move it away, or name another folder",
    errno.EISDIR: "a folder is where a file should be: move it away",
    errno.ELOOP: "its links lead in a circle: mend them",
    errno.ENAMETOOLONG: "name a folder with a shorter path",
    errno.EIO: _DISK,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOMEM: "end other programs, or give this one more memory",
    errno.EAGAIN: "end other programs, or allow more processes (`ulimit -u`)",
}
_FORBIDDEN = (errno.EACCES, errno.EPERM)


class FolderUnusable(TradingError):
    """A folder can't be used for what was asked, and nothing has started."""

    exit_code = 2


def is_of_environment(error: BaseException) -> bool:
    """Tell whether the machine is to blame for `error`, and not this program."""
    return isinstance(error, OSError) or is_shortage(error)


def in_words(error: BaseException) -> str:
    """Return cause and mend of an error of the environment in one sentence."""
    if not isinstance(error, OSError):
        return "the machine has run out of memory or threads: end other programs, then try again"
    name = error.filename if error.filename2 is None else error.filename2
    what = os.fsdecode(name) if isinstance(name, str | bytes) else ""
    cause = error.strerror or str(error) or type(error).__name__
    told = f"{what}: {cause}" if what else cause
    is_forbidden = error.errno in _FORBIDDEN and what
    mend = _rights(what) if is_forbidden else _MENDS.get(error.errno or 0)
    return told if mend is None else f"{told}: {mend}"


def _rights(what: str) -> str:
    """Return whose it is that may not be touched; the nearest folder that can be looked at."""
    here = Path(what)
    me = _name_of(os.geteuid())
    for place in (here, *here.parents):
        try:
            owner = _name_of(place.stat().st_uid)
        except OSError:
            continue
        if owner != me:
            return f"{place} belongs to {owner} and this is {me}: run it as {owner}"
        return f"give {me} the rights to {place} (`chmod u+rwX`)"
    return f"give {me} the rights to it"


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def require_writable(folder: Path, flag: str) -> None:
    """Make `folder` if it is missing, and prove that there is room to write in it.

    Raises:
        FolderUnusable: there is not; `flag` is the option that names another.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".room.") as probe:
            probe.write(bytes(4096))
            probe.flush()
    except OSError as error:
        where = _at(error, folder)
        raise FolderUnusable(f"{flag}: {in_words(where)}; nothing was started") from error


def require_file(file: Path, flag: str) -> None:
    """Prove that `file` can be written at its end; it is made if it is missing.

    Raises:
        FolderUnusable: it can't.
    """
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600))
    except OSError as error:
        raise FolderUnusable(f"{flag}: {in_words(error)}; nothing was started") from error


def _at(error: OSError, place: Path) -> OSError:
    """Return `error` as one of `place`, where the system did not say of what."""
    return OSError(error.errno, error.strerror or str(error), str(place))
