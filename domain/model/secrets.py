"""Key material in texts: found, and cut out before a text is written anywhere.

What counts is how keys look, not where they come from: a person pastes one into the wrong place, a
plug-in puts one into an error. Recognised are private keys as PEM (whole, cut off, with escaped
line ends, without its first line, or in base64 once more), the base64 of an Ed25519 key as Coinbase
hands it out, values beside names like `privateKey`, and the tokens that are signed with a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from attrs import frozen

REMOVED = "[secret removed]"

_LETTERS = "A-Za-z0-9+/"
_BREAK = rf"\\+[nr]|\s|\\*[\"'],\s*\\*[\"'](?=[{_LETTERS}]{{12,}}={{0,2}}\\*[\"'][,\]])"
"""What may stand between the lines of a key: line ends, also escaped; the next text of a list."""
_PEM = re.compile(
    rf"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?:-----)?(?:{_BREAK}|[{_LETTERS}=]){{16,}}"
    r"(?:-{1,5}(?:END (?:[A-Z0-9]+ )*PRIVATE KEY(?:-----)?)?)?"
)
_BODY = re.compile(
    rf"(?:MHcCAQEE|MIGHAgEAMBMG|MC4CAQAwBQYDK2Vw)(?:{_BREAK}|[{_LETTERS}]){{24,}}={{0,2}}"
)
_PEM_IN_BASE64 = re.compile(rf"LS0tLS1CRUdJTi[{_LETTERS}]{{20,}}={{0,2}}")
_ED25519 = re.compile(
    rf"(?:(?<![{_LETTERS}_-])|(?<=\\[nrt]))"
    rf"(?<![{_LETTERS}]{{20}}\n)(?<![{_LETTERS}]{{20}}\r\n)(?P<key>[{_LETTERS}]{{86}}=|[{_LETTERS}]{{43}})=(?![{_LETTERS}=])"
)
_LONG_BEFORE_EQUALS = re.compile(rf"=(?<=[{_LETTERS}]{{43}}=)")
"""Looked for from its end: where there is no long word before `=`, the rest is saved."""
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?")
_VALUE = re.compile(
    r"(?i)(?P<name>(?:private_?key|api_?(?:key_)?secret|key_?secret)\\*[\"']?\s*[:=]\s*\\*[\"']?)"
    r"(?!-----)[^\"'\\\s,;}\]\[]{8,}"
)


_SIGN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\"?privateKey\"?\s*:")
_RUN = re.compile(rf"[{_LETTERS}]{{32}}")


def _all(found: re.Match[str]) -> str:
    return REMOVED


def _all_but_the_name(found: re.Match[str]) -> str:
    return found["name"] + REMOVED


def _if_it_is_random(found: re.Match[str]) -> str:
    """A long word before `=` may be a name: one of a key has letters of both cases and digits."""
    kinds = (str.islower, str.isupper, str.isdigit)
    is_key = all(any(map(kind, found["key"])) for kind in kinds)
    return REMOVED if is_key else found[0]


@frozen
class _Form:
    """How key material looks, what a text has to hold for a closer look, and what replaces it."""

    hints: tuple[str, ...]
    looks: re.Pattern[str]
    replacement: Callable[[re.Match[str]], str] = _all
    near: re.Pattern[str] | None = None

    def is_near(self, text: str) -> bool:
        is_hinted = any(hint in text for hint in self.hints)
        return is_hinted and (self.near is None or self.near.search(text) is not None)


_KEYS = (
    _Form(("PRIVATE KEY",), _PEM),
    _Form(("LS0tLS1CRUdJTi",), _PEM_IN_BASE64),
    _Form(("MHcCAQEE", "MIGHAgEA", "MC4CAQAw"), _BODY),
    _Form(("=",), _ED25519, _if_it_is_random, _LONG_BEFORE_EQUALS),
)
_FORMS = (
    *_KEYS,
    _Form(("eyJ",), _TOKEN),
    _Form(("rivate", "RIVATE", "ecret", "ECRET"), _VALUE, _all_but_the_name),
)


def redacted(text: str) -> str:
    """Return `text` without key material; a text of JSON stays one."""
    for form in _FORMS:
        if form.is_near(text):
            text = form.looks.sub(form.replacement, text)
    return text


def line_of_key(text: str) -> int | None:
    """Return the number of the first line with a private key, from 1; None: there is none.

    A name like `privateKey` with something beside it is none yet: code is full of them. Nor is the
    form of a key with words in it, as examples have it.
    """
    return _first_line(text, _keys_in(text))


def line_of_sign(text: str) -> int | None:
    """Return the first line with a key or a sign of one, from 1; None: there is none.

    For texts in which neither has any business, like a configuration: there a key that is cut off
    or still an example is one too many.
    """
    signs = (each.start() for form in (_SIGN, _VALUE) for each in form.finditer(text))
    return _first_line(text, chain(_keys_in(text), signs))


def _first_line(text: str, starts: Iterable[int]) -> int | None:
    first = min(starts, default=None)
    return None if first is None else text.count("\n", 0, first) + 1


def _keys_in(text: str) -> Iterator[int]:
    for form in _KEYS:
        if form.is_near(text):
            yield from (each.start() for each in form.looks.finditer(text) if _is_real(form, each))


def _is_real(form: _Form, found: re.Match[str]) -> bool:
    return form.replacement(found) != found[0] and _RUN.search(found[0]) is not None
