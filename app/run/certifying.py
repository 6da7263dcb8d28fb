"""Certificates of this program and configuration: issued by a rehearsal, judged by a start.

A configuration that differs from the certified one by stricter values only starts under the same
certificate (CH1); each key says itself which way is stricter.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from adapters.control.certificates import FoundCertificate, certificates_in, write_certificate
from config.difference import Difference, Way, differences
from config.effective import PLACES, POLICY_FILES, Config, Plain, code_hash
from domain.model.instants import Nanos
from domain.model.money import Rate
from domain.model.wording import counted
from domain.system.certificate import (
    LIFE_NS,
    Certificate,
    CertifiedPlace,
    certificate_faults,
)

NAMED = 8
"""Differences that a sentence names."""
NONE = "there is none"


@frozen(kw_only=True)
class Rehearsed:
    """What a rehearsal has shown, and where: hash of its report, and the fees that it assumed.

    `issued_ns` is UTC wall time.
    """

    venue: str
    environment: str
    portfolio: str
    evidence: str
    maker: Rate
    taker: Rate
    issued_ns: Nanos


@frozen
class CertificateVerdict:
    """The certificate under which a start may trade, or why there is none.

    `tighter` are the values that are stricter now than what was certified.
    """

    certificate: Certificate | None
    fault: str = ""
    tighter: tuple[Difference, ...] = ()


def code_of(config: Config) -> str:
    """Return the hash of all that runs: the program, and strategies of the user's own."""
    return code_hash() + config.own_code


def policy_values(config: Config) -> Mapping[str, Plain]:
    """Return what a certificate is for: all values of policy, universe and strategies, by key."""
    return {
        entry.name: entry.value
        for entry in config.effective()
        if entry.path[0] in POLICY_FILES and entry.path not in PLACES
    }


def issue(folder: Path, config: Config, rehearsed: Rehearsed) -> Path:
    """Certify in the mode's `folder` what a rehearsal under `config` has shown; return the file.

    The only way to a certificate. The rehearsal answers for `rehearsed`.

    Raises:
        OSError: it can't be written.
        CertificateInvalid: it would not be believed.
    """
    certificate = Certificate(
        policy_hash=config.policy_hash,
        code=code_of(config),
        venue=rehearsed.venue,
        environment=rehearsed.environment,
        portfolio=rehearsed.portfolio,
        issued_ns=rehearsed.issued_ns,
        expires_ns=Nanos(rehearsed.issued_ns + LIFE_NS),
        evidence=rehearsed.evidence,
        maker=rehearsed.maker,
        taker=rehearsed.taker,
        values=policy_values(config),
    )
    return write_certificate(folder, certificate)


def certified(
    folder: Path, config: Config, place: CertifiedPlace, now_ns: int
) -> CertificateVerdict:
    """Return under which certificate of the mode's `folder` this start may trade.

    Of several good ones the newest counts; where none is good, what is wrong with the newest.
    """
    verdicts = [_judged(each, config, place, now_ns) for each in certificates_in(folder)]
    good = [each for each in verdicts if each.certificate is not None]
    if good:
        return max(good, key=_issued)
    if not verdicts:
        return CertificateVerdict(None, NONE)
    more = len(verdicts) - 1
    others = f" (and {counted(more, 'other')} that will not do either)" if more else ""
    return CertificateVerdict(None, verdicts[-1].fault + others)


def _issued(verdict: CertificateVerdict) -> int:
    return 0 if verdict.certificate is None else verdict.certificate.issued_ns


def _judged(
    found: FoundCertificate, config: Config, place: CertifiedPlace, now_ns: int
) -> CertificateVerdict:
    held, name = found.certificate, found.file.name
    if held is None:
        return CertificateVerdict(None, f"{name}: {found.fault}")
    faults = list(certificate_faults(held, place, now_ns))
    changed: tuple[Difference, ...] = ()
    if held.policy_hash != config.policy_hash:
        changed = differences(held.values, policy_values(config))
        wrong = [each for each in changed if each.way is not Way.TIGHTER]
        if wrong:
            faults.append(_looser(wrong, held.policy_hash, config.policy_hash))
        elif not changed and not faults:
            hashes = f"{held.policy_hash} -> {config.policy_hash}"
            faults.append(f"policy {hashes}, and nothing says why")
    if faults:
        return CertificateVerdict(None, f"{name}: {'; '.join(faults)}")
    return CertificateVerdict(held, tighter=changed)


def _looser(wrong: list[Difference], before: str, after: str) -> str:
    named = [f"{each} ({each.way})" for each in wrong[:NAMED]]
    more = [f"{len(wrong) - NAMED} more"] if len(wrong) > NAMED else []
    what = ", ".join(named + more)
    return f"policy {before} -> {after} is not only stricter than what was certified: {what}"
