"""Why a bank refused a flow: the codes of its ER flow, and what our own checks say of the flow that was sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from cbi.flows.model import TO_BANK
from cbi.flows.reader import read_supporti
from cbi.flows.registry import DECLARED
from cbi.validators.catalogue import ERROR, Regola, rules
from cbi.validators.lint import lint
from cbi.validators.tables import er_unforeseen
from reconcile.codici_er import meaning, places

if TYPE_CHECKING:
    from cbi import Supporto
    from cbi.validators.diagnostics import Diagnostic

ER = "ER"
_SENT = frozenset(flow.name for flow in DECLARED if flow.direction == TO_BANK)


@dataclass(frozen=True)
class Causa:
    """A code of a refusal: on which line of the ER flow, its words, the rules of ours that mean the same.

    `difetti` are what those rules find in the flow that was sent; `why` and `hint`, Italian and English, are for the
    codes that no rule foresees.
    """

    codice: str
    line: int
    it: str
    en: str
    regole: Sequence[Regola]
    difetti: Sequence[Diagnostic] = ()
    why: tuple[str, str] = ("", "")
    hint: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Scarto:
    """A refused flow: its name, why, and the errors of the flow sent that no code of the bank speaks of.

    `sent` is the name of the flow that was looked at, None where there was none to look at.
    """

    er: Supporto
    cause: Sequence[Causa]
    sent: str | None = None
    altri: Sequence[Diagnostic] = ()

    @property
    def body(self) -> list[str]:
        """The records between header and trailer of the refusal, as they came."""
        return [record.raw.decode("latin-1").rstrip() for ordine in self.er.ordini for record in ordine.records]

    @property
    def errors(self) -> bool:
        """Whether the flow that was sent has errors."""
        return any(defect.severity == ERROR for causa in self.cause for defect in causa.difetti) or bool(self.altri)


def refusals(supporti: Iterable[Supporto]) -> list[Supporto]:
    """The refusals (ER) among the supporti of a file."""
    return [supporto for supporto in supporti if supporto.flow == ER]


def explain(er: Supporto, sent: bytes | None = None, name: str = "-") -> Scarto:
    """Why a flow was refused; `sent` is the file that was sent and `name` what to call it."""
    codes = places((record.line, record.raw) for ordine in er.ordini for record in ordine.records)
    about = [] if sent is None else _about(er, list(read_supporti(BytesIO(sent))))
    flows = {supporto.flow for supporto in about} or _SENT
    numbers = {supporto.numero for supporto in about} | {None}
    found = [] if sent is None else [d for d in lint(BytesIO(sent), name) if d.distinta in numbers]
    cause = [_causa(code, line, flows, found) for code, line in codes.items()]
    told = {id(defect) for causa in cause for defect in causa.difetti}
    others = [defect for defect in found if defect.severity == ERROR and id(defect) not in told]
    return Scarto(er, cause, None if sent is None else name, others)


def _causa(code: str, line: int, flows: Set[str], found: Sequence[Diagnostic]) -> Causa:
    it, en = meaning(code)
    same = [rule for rule in rules().values() if rule.er == code]
    regole = [rule for rule in same if not rule.flows or not flows.isdisjoint(rule.flows)]
    codes = {rule.code for rule in same}
    words = er_unforeseen().get(code, {})
    return Causa(
        code,
        line,
        it,
        en,
        regole,
        [defect for defect in found if defect.code in codes],
        (words.get("why_it", ""), words.get("why_en", "")),
        (words.get("hint_it", ""), words.get("hint_en", "")),
    )


def _about(er: Supporto, sent: list[Supporto]) -> list[Supporto]:
    """The supporti that a refusal is of: those it names, in its header or in its body; all of them if it names none."""
    words = {er.identita[3].encode(), *(word for ordine in er.ordini for word in ordine.raw.split())}
    return [supporto for supporto in sent if _named(supporto, words)] or sent


def _named(supporto: Supporto, words: set[bytes]) -> bool:
    return any(supporto.identita[3].encode() in word for word in words if supporto.identita[3])
