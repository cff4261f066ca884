"""The supporto being read by the validator: what the path that proves and the path that explains share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cbi.flows.model import Context, Flow
from cbi.flows.physical import Riga
from cbi.records.cornice import Testa
from cbi.validators.catalogue import OFF
from cbi.validators.diagnostics import Diagnostic
from cbi.validators.doubles import Doubles
from cbi.validators.rules import Conti, Ruleset, Valori
from cbi.validators.sospetti import CODES

_IDENTITY = slice(Testa.mittente.start - 1, Testa.nome_supporto.end)
_TIPO, _OF_ANOTHER = slice(1, 3), (b"CN", b"ER")


@dataclass(frozen=True, slots=True)
class Read:
    """A record of the group being read; `key` is None for a type that the flow does not know."""

    key: str | None
    tipo: str
    riga: Riga


@dataclass
class Reading:
    """A supporto half-way: where its automaton is, what it counts, the group that waits to be explained.

    `places` are the lines that a diagnostic may point at besides its own: the header ("testa"), the start of the
    group ("inizio"), the start of the order or account ("rapporto").
    """

    flow: Flow
    ruleset: Ruleset
    conti: Conti
    context: Context
    number: int
    state: str
    severities: Mapping[str, str]
    doubles: Doubles
    places: dict[str, int]
    group: list[Read] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    missing: list[tuple[str, Riga]] = field(default_factory=list)

    @cached_property
    def suspicious(self) -> bool:
        """Whether the profile asks for what breaks no rule: then nothing is passed over unread."""
        return any(self.severities[code] != OFF for code in CODES)

    def is_text(self, riga: Riga) -> bool:
        """Whether a line is part of a free text, whatever it looks like."""
        return self.state != "EF" and self.flow.is_text(riga.record)

    def accept(self, key: str, start: str, valori: Valori, lines: int, line: int) -> None:
        """Counts a group that begins with record `key`, of type `start`, at `line`: proved or explained."""
        self.conti.records += lines
        if start in self.flow.starts:
            self.begin(key, int(valori.get("numero_progressivo", self.conti.numero + 1)), line)
        self.conti.accept(start, valori)
        self.note(start, valori)

    def note(self, start: str, valori: Valori) -> None:
        """Notes what is told once, and what must not occur twice, of a group that begins with record `start`."""
        conti = self.conti
        if conti.on is not None:
            conti.told.update((name, valori[name]) for name in self.ruleset.days if name in valori)
        if start == self.ruleset.group and (double := conti.key(valori)) is not None:
            self.doubles.add(double_key(self.number, double))

    def begin(self, key: str, numero: int, line: int) -> None:
        """Counts an order that begins with record `key`, at `line`."""
        self.conti.orders += 1
        self.conti.numero = numero
        self.context.first_order = self.context.first_order or key
        self.places["rapporto"] = line


def double_key(supporto: int, key: bytes) -> bytes:
    """What must occur once in supporto number `supporto`."""
    return b"%d:%b" % (supporto, key)


def identity_key(header: bytes) -> bytes:
    """What must occur once in the file: sender, receiver, date and name. Of a receipt or a refusal also which of the
    two it is: both bear the name of the flow that they speak of."""
    return b"S" + (header[_TIPO] if header[_TIPO] in _OF_ANOTHER else b"") + header[_IDENTITY]
