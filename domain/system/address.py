"""Which instance a command means: the options that make a command that is told one to be copied.

Sentences name commands as everybody types them, like `python run.py status`. Where they go out to
people, `Address.put` makes them those of the instance that they are about.
"""

from __future__ import annotations

import re
import shlex

from attrs import frozen

DEFAULT = "default"
"""Name of the world whose home is the data folder itself."""
_TYPED = re.compile(
    r"python run\.py"
    r"(?P<words>(?: (?:alerts|audit|ban|config|data|journal|paper|regime|rehearsal|secrets|shadow"
    r"|strategy) [a-z]+| [a-z]+(?:-[a-z]+)*)?)"
    r"(?P<given>(?: --(?:data-dir|log-dir|world) [^\s;`)]+)*)"
)
_OF_ALL_WORLDS = ("checklist", "config", "secrets", "selftest", "torture", "venue-check")
"""First words of the commands that mean no world."""
_LOGGED = (
    "",
    "alerts",
    "checklist",
    "doctor",
    "incident",
    "logs",
    "rehearsal",
    "rehearse",
    "status",
)
"""First words of the commands that read or write the log folder; "" is a start."""


@frozen(kw_only=True)
class Address:
    """Data folder, world and log folder, where they are not the usual ones; "" where they are."""

    data: str = ""
    world: str = ""
    log: str = ""

    @property
    def name(self) -> str:
        """Return what tells the instance apart in a log that several share."""
        return self.world or self.data or DEFAULT

    def put(self, text: str) -> str:
        """Return `text` with every command in it made one of this instance.

        Options that a command has already stand; one that names a data folder is left as it is.
        """
        if not (self.data or self.world or self.log) or "python run.py" not in text:
            return text
        return _TYPED.sub(self._typed, text)

    def _typed(self, found: re.Match[str]) -> str:
        words, given = found["words"], found["given"]
        if "--data-dir" in given:
            return found[0]
        first = words.split()[0] if words else ""
        options = {"--data-dir": self.data}
        if first not in _OF_ALL_WORLDS:
            options["--world"] = self.world
        if first in _LOGGED:
            options["--log-dir"] = self.log
        told = "".join(
            f" {flag} {shlex.quote(value)}"
            for flag, value in options.items()
            if value and flag not in given
        )
        return f"python run.py{words}{told}{given}"


HERE = Address()
"""The instance that a command means which says nothing of it."""
