"""Our own bugs: the traceback goes into a file, the user gets an id and one sentence."""

from __future__ import annotations

import platform
import secrets
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from domain.model.secrets import redacted

FOLDER = "incidents"


@frozen
class Incident:
    """One bug that was met: its id and where its details are, if they could be written."""

    id: str
    summary: str
    file: Path | None

    def __str__(self) -> str:
        where = (
            f"details are in {self.file}; please report that file"
            if self.file is not None
            else "its details could not be written: check that the log folder is writable"
        )
        return f"internal error, incident {self.id}: {self.summary}\n{where}"


def record_incident(error: BaseException, log_dir: Path) -> Incident:
    """Write the traceback of `error` below `log_dir` and return what to tell the user."""
    now = datetime.now(UTC)
    identity = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    file = log_dir / FOLDER / f"{identity}.txt"
    text = "".join(
        (
            f"incident {identity}\npython {platform.python_version()} on {platform.platform()}\n",
            f"arguments {sys.argv[1:]}\n\n",
            *traceback.format_exception(error),
        )
    )
    summary = type(error).__name__
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(redacted(text), encoding="utf-8")
        file.chmod(0o600)
    except OSError:
        return Incident(identity, summary, None)
    return Incident(identity, summary, file)
