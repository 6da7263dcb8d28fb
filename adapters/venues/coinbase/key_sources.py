"""Where the key of the real venue comes from: the environment, or a file of its own; nowhere else.

Both at once leave open which one is meant, and a key in the checkout ends up in a repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from adapters.venues.coinbase.auth import ApiKey, KeyInvalid, Secret, load_key_file, private_key
from domain.model.instants import Nanos

FILE, NAME, SECRET = "CB_API_SECRET_FILE", "COINBASE_API_KEY", "COINBASE_API_SECRET"
ENVIRONMENT = "the environment"
NO_KEY = (
    f"there is no key: name the file that Coinbase handed out in {FILE} (outside of the checkout, "
    f"chmod 600), or set {NAME} and {SECRET}"
)


@frozen
class FoundKey:
    """A key that can sign, and where it was found; `file`: None where that is the environment."""

    key: ApiKey
    source: str
    algorithm: str
    file: Path | None = None

    @property
    def created_ns(self) -> Nanos | None:
        """When it was made, if its file says so."""
        return self.key.created_ns


def is_configured(environment: Mapping[str, str]) -> bool:
    """Tell whether anybody has named a key at all."""
    return any(name in environment for name in (FILE, NAME, SECRET))


def find_key(environment: Mapping[str, str], checkout: Path) -> FoundKey:
    """Return the one key that `environment` names.

    Raises:
        KeyInvalid: none, more than one, or one that can't or mustn't be used; with the mend.
    """
    present = [name for name in (FILE, NAME, SECRET) if name in environment]
    if not present:
        raise KeyInvalid(NO_KEY)
    for name in present:
        if not environment[name].strip():
            raise KeyInvalid(f"{name} is empty; set it, or unset it: unset {name}")
    if FILE in present and len(present) > 1:
        others = " and ".join(present[1:])
        raise KeyInvalid(f"two sources of the key, {FILE} and {others}: unset one of them")
    if FILE in present:
        return _of_file(environment[FILE], checkout)
    for name in (NAME, SECRET):
        if name not in present:
            raise KeyInvalid(f"{present[0]} is set and {name} is not; a key has both")
    secret = Secret(environment[SECRET].replace("\\n", "\n"))
    return _usable(ApiKey(environment[NAME].strip(), secret), ENVIRONMENT)


def _of_file(text: str, checkout: Path) -> FoundKey:
    path = Path(text.strip()).expanduser()
    try:
        real, home = path.resolve(), checkout.resolve()
    except (OSError, RuntimeError) as error:
        raise KeyInvalid(f"{FILE}: {path} can't be followed: {error}") from None
    if any(each.is_relative_to(home) for each in (real, path.absolute())):
        raise KeyInvalid(
            f"{FILE}: {path} lies in the checkout ({home}); move it elsewhere, and revoke the key "
            "if others could read it"
        )
    return _usable(load_key_file(real), f"{FILE}={path}", real)


def _usable(key: ApiKey, source: str, file: Path | None = None) -> FoundKey:
    _, algorithm = private_key(key)
    return FoundKey(key, source, algorithm, file)
