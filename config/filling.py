"""What a mapping of a file must hold: fields of a class, all flaws at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import attrs
from cattrs import Converter

from domain.model.bounds import Flaw, Invalid, shown


def wrong(expected: str, value: object, *hints: str) -> Invalid:
    """Return the flaw of a value that is not what was expected."""
    return Invalid(Flaw((), f"expected {expected}, was {shown(value)}", hints))


def require_mapping(value: Any) -> None:
    """Return if `value` has keys.

    Raises:
        Invalid: it is anything else.
    """
    if not isinstance(value, dict):
        raise wrong("a mapping (key: value)", value)


def nearest(word: Any, known: Iterable[str]) -> tuple[str, ...]:
    """Return the hint that names what was probably meant, or all that is known."""
    names = list(known)
    return meant(word, names) or (f"known here: {', '.join(sorted(names)) or 'nothing'}",)


def meant(word: Any, known: Iterable[str]) -> tuple[str, ...]:
    """Return the hint that names the nearest of `known`, if any is near."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5) if isinstance(word, str) else []
    return tuple(f"did you mean {name}?" for name in close)


def unknown(name: str, known: Iterable[str]) -> Flaw:
    """Return the flaw of a key that the schema does not have."""
    hints = nearest(name, known)
    if not name.isascii():
        hints = (f"the key has letters that only look like ASCII: {name!a}", *hints)
    return Flaw((name,), "unknown key", hints)


def built(kind: type, made: Mapping[str, Any]) -> Any:
    """Return an instance of `kind`.

    Raises:
        Invalid: the class refuses its fields together.
    """
    try:
        return kind(**made)
    except Invalid:
        raise
    except (ValueError, TypeError) as error:
        raise Invalid(Flaw((), str(error))) from error


def fill(
    converter: Converter, attributes: Iterable[Any], value: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Flaw]]:
    """Structure and check the fields that `value` gives; report mandatory ones that it does not."""
    made: dict[str, Any] = {}
    flaws: list[Flaw] = []
    for attribute in attributes:
        name = attribute.name
        try:
            if name in value:
                made[name] = converter.structure(value[name], attribute.type)
                if attribute.validator is not None:
                    attribute.validator(None, attribute, made[name])
            elif attribute.metadata.get("section"):
                made[name] = converter.structure({}, attribute.type)
            elif attribute.metadata.get("mandatory") or attribute.default is attrs.NOTHING:
                raise Invalid(Flaw((), "is missing and mandatory", _shipped(attribute)))
        except Invalid as error:
            flaws += [flaw.below(name) for flaw in error.flaws]
        except (ValueError, TypeError) as error:
            flaws.append(Flaw((name,), str(error)))
    return made, flaws


def _shipped(attribute: Any) -> tuple[str, ...]:
    default: object = attribute.default
    if isinstance(default, int | Decimal):
        return (f"shipped with {shown(Decimal(default))}",)
    return ()
