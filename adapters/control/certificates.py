"""Certificates as files of the data folder: written by a rehearsal, believed only if unchanged.

Each is signed with a key of its folder (HMAC-SHA256), so that one which was edited, cut off or
copied from elsewhere is none. Whoever may write into the folder and read its key can sign, too:
what it keeps away are accidents and short cuts, not the owner of the machine.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Never

from attrs import frozen

from adapters.control.files import read_text, write_whole
from domain.model.errors import InvalidNumber, TradingError
from domain.model.instants import Nanos, iso, parse_iso
from domain.model.money import Rate, parse_decimal, plain
from domain.system.certificate import LIFE_NS, Certificate, JsonValue

FOLDER, KEY = "certificates", "key"
SCHEMA = 1
KEY_BYTES = 32
LARGEST = 1 << 20
"""Characters above which a file is no certificate."""
LONGEST_NAME, HIGHEST_RATE = 200, Decimal("0.1")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FORMS: Mapping[str, re.Pattern[str]] = {
    "policy_hash": re.compile(r"[0-9a-f]{16}"),
    "code": re.compile(r"[0-9a-f]{64}(?:[0-9a-f]{64})?"),
    "evidence": re.compile(r"[0-9a-f]{64}"),
    "signature": re.compile(r"[0-9a-f]{64}"),
}
_NAMES = ("venue", "environment", "portfolio")
_TEXTS = (*_FORMS, *_NAMES, "issued", "expires", "maker", "taker")
_FIELDS = frozenset({"schema", "values", *_TEXTS})


class CertificateInvalid(TradingError):
    """A file is no certificate, or none of this folder; the text says what is wrong with it."""


@frozen
class FoundCertificate:
    """A file that should be a certificate: what it certifies, or what is wrong with it."""

    file: Path
    certificate: Certificate | None
    fault: str = ""


def write_certificate(folder: Path, certificate: Certificate) -> Path:
    """Write a certificate into the mode's `folder`, sign it, read it back; return its file.

    Raises:
        OSError: it can't be written.
        CertificateInvalid: it would not be believed.
    """
    home = folder / FOLDER
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _made_key(home)
    document = _document(certificate)
    document["signature"] = _signature(document, key)
    when = iso(certificate.issued_ns)[:19].replace(":", "")
    file = home / f"{when}-{certificate.policy_hash}.json"
    write_whole(file, json.dumps(document, indent=1, sort_keys=True) + "\n", is_durable=True)
    if read_certificate(file, key) != certificate:
        raise CertificateInvalid(f"{file.name} does not say what was to be certified")
    return file


def certificates_in(folder: Path) -> tuple[FoundCertificate, ...]:
    """Return what lies in the certificates of a mode's `folder`, by name, the newest last."""
    home = folder / FOLDER
    try:
        files = sorted(each for each in home.iterdir() if each.suffix == ".json")
    except OSError:
        return ()
    found = []
    for file in files:
        try:
            found.append(FoundCertificate(file, read_certificate(file, _key(home))))
        except CertificateInvalid as error:
            found.append(FoundCertificate(file, None, str(error)))
    return tuple(found)


def read_certificate(file: Path, key: bytes) -> Certificate:
    """Return the certificate in `file` that was signed with `key`.

    Raises:
        CertificateInvalid: it is none.
    """
    try:
        return _read(file, key)
    except OSError as error:
        raise CertificateInvalid(f"it can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CertificateInvalid("it is no text") from None
    except RecursionError:
        raise CertificateInvalid("it is nested too deeply") from None


def _read(file: Path, key: bytes) -> Certificate:
    document = _parsed(read_text(file))
    if document.get("schema") != SCHEMA or isinstance(document.get("schema"), bool):
        raise CertificateInvalid(f"its schema is not {SCHEMA}, the only one known here")
    absent, unknown = _FIELDS - document.keys(), document.keys() - _FIELDS
    if absent or unknown:
        raise CertificateInvalid(_listed("it lacks", absent) or _listed("it also has", unknown))
    for name in _TEXTS:
        _check_text(name, document[name])
    if not isinstance(document["values"], dict) or not _is_plain(document["values"]):
        raise CertificateInvalid("its values are none of a configuration")
    if not hmac.compare_digest(document["signature"], _signature(document, key)):
        raise CertificateInvalid(
            "it was changed since it was signed, or signed for another data folder"
        )
    return _certificate(document)


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise CertificateInvalid(f"it is larger than {LARGEST >> 10} KiB")
    try:
        found = json.loads(
            text, object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse
        )
    except CertificateInvalid:
        raise
    except ValueError:
        raise CertificateInvalid("it is no JSON; is it cut off?") from None
    if not isinstance(found, dict):
        raise CertificateInvalid("it is no JSON object")
    return found


def _refuse(text: str) -> Never:
    raise CertificateInvalid(f"it holds {text[:20]}, where numbers are whole or texts")


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise CertificateInvalid(_listed("it says twice", {name}))
        found[name] = value
    return found


def _check_text(name: str, value: object) -> None:
    form = _FORMS.get(name)
    is_well = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()
    if not is_well or (form is not None and not form.fullmatch(str(value))):
        raise CertificateInvalid(f"its {name} is of no form that a certificate has")


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_plain, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, str):
        return value.isprintable()  # people are shown it where it differs
    return value is None or isinstance(value, int)


def _certificate(document: Mapping[str, Any]) -> Certificate:
    values: Mapping[str, JsonValue] = document["values"]
    issued_ns, expires_ns = _moment(document, "issued"), _moment(document, "expires")
    if not issued_ns < expires_ns <= issued_ns + LIFE_NS:
        raise CertificateInvalid("it runs out before it is issued, or is good for too long")
    return Certificate(
        **{name: document[name] for name in ("policy_hash", "code", "evidence", *_NAMES)},
        issued_ns=issued_ns,
        expires_ns=expires_ns,
        maker=_rate(document, "maker"),
        taker=_rate(document, "taker"),
        values=values,
    )


def _moment(document: Mapping[str, Any], name: str) -> Nanos:
    try:
        return parse_iso(document[name])
    except (InvalidNumber, OverflowError):
        raise CertificateInvalid(f"its time {name} is none") from None


def _rate(document: Mapping[str, Any], name: str) -> Rate:
    try:
        rate = parse_decimal(document[name])
    except InvalidNumber:
        rate = Decimal(-1)
    if not 0 <= rate <= HIGHEST_RATE:
        raise CertificateInvalid(f"its {name} rate is none from 0 to {HIGHEST_RATE}")
    return Rate(rate)


def _document(certificate: Certificate) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        **{
            name: getattr(certificate, name)
            for name in ("policy_hash", "code", "evidence", *_NAMES)
        },
        "issued": iso(certificate.issued_ns),
        "expires": iso(certificate.expires_ns),
        "maker": plain(certificate.maker),
        "taker": plain(certificate.taker),
        "values": dict(certificate.values),
    }


def _signature(document: Mapping[str, Any], key: bytes) -> str:
    signed = {name: value for name, value in document.items() if name != "signature"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode("ascii"), hashlib.sha256).hexdigest()


# The key of the folder.


def _made_key(home: Path) -> bytes:
    """Return the key of the folder, a new one if there is none.

    Raises:
        CertificateInvalid: the one that is there can't be used.
        OSError: none can be made.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        handle = os.open(home / KEY, flags, 0o600)
    except FileExistsError:
        return _key(home)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(KEY_BYTES) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return _key(home)


def _key(home: Path) -> bytes:
    path = home / KEY
    try:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "it is a link")
        mode, text = path.stat().st_mode, read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CertificateInvalid(f"the key it is signed with can't be read: {why}") from None
    if mode & _OTHERS:
        raise CertificateInvalid(f"others may read the key it is signed with: chmod 600 {path}")
    if not re.fullmatch(rf"[0-9a-f]{{{2 * KEY_BYTES}}}\n?", text):
        raise CertificateInvalid("the key it is signed with is damaged")
    return bytes.fromhex(text.strip())


def _listed(what: str, names: Iterable[str]) -> str:
    """Return a sentence that names what a stranger may have written; "" where there is nothing."""
    shown = [ascii(each)[1:-1][:40] for each in sorted(names)[:5]]
    return f"{what} {', '.join(shown)}" if shown else ""
