"""The likely matches that a company takes without a person, as `[[esiti.SIA]]` of `regole.toml` tells them: by kind,
bank, amount, points. The first rule that fits takes one that waits; a person may undo it, and no rule takes it
again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import Row

from ledger import abbinamenti, outcomes
from ledger.home import Home
from ledger.varco import Lavoro
from reconcile.a_mano import admits, matched
from reconcile.abbinamento import CUMULO, Classe
from reconcile.regole import Applicata, Euro, Sia, Testo, cents, load
from reconcile.somiglianza import SOGLIA

TABELLA = "esiti"
Abi = Annotated[str, Field(pattern=r"^[0-9]{5}$")]
Punti = Annotated[int, Field(ge=SOGLIA)]


class Regola(BaseModel):
    """A rule: its name; what a likely match must be, all of it: of an outcome of one of some flows, of one of some
    banks, of no more than an amount, with at least so many points. One of several orders together has no points."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    nome: Testo
    flussi: list[Testo] = Field(default_factory=list)
    banche: list[Abi] = Field(default_factory=list)
    massimo: Euro | None = None
    punti: Punti | None = None

    def fits(self, esito: Row[Any], prove: Mapping[str, Any]) -> bool:
        """Whether a likely match of an esito, with its evidence, is one of those."""
        return (
            (not self.flussi or esito.flusso in self.flussi)
            and (not self.banche or esito.abi in self.banche)
            and (self.massimo is None or esito.importo <= cents(self.massimo))
            and (self.punti is None or prove.get("punti", 0) >= self.punti)
        )


_REGOLE: TypeAdapter[dict[Sia, list[Regola]]] = TypeAdapter(dict[Sia, list[Regola]])


def read(home: Home) -> Mapping[str, Sequence[Regola]]:
    """The rules of every company, by SIA, in the order in which they are tried. Raises Refused as `load` does."""
    return load(home, TABELLA, _REGOLE)


def apply(lavoro: Lavoro, rules: Sequence[Regola]) -> list[Applicata]:
    """Try the rules on every likely match of the company at work that waits, and take those that one fits, if the state
    of the orders allows what the esito says; what each did, in their order. Doing it again does nothing."""
    done = [Applicata(rule.nome) for rule in rules]
    for row in outcomes.eccezioni(lavoro.conn, lavoro.azienda_id) if rules else ():
        if row.classe != Classe.PROBABILE or row.id is None:  # none: a match that was undone
            continue
        prove = json.loads(row.prove)
        n = next((n for n, rule in enumerate(rules) if rule.fits(row, prove)), None)
        esito, ordini = abbinamenti.esito(lavoro.conn, row.esito), _proposed(row, prove)
        if n is None or abbinamenti.touched(lavoro.conn, esito) or not admits(lavoro, esito, ordini):
            continue
        matched(lavoro, esito, ordini, f"regola {rules[n].nome}")
        done[n].took(row.esito, row.importo, "disposizione:" + ",".join(map(str, ordini)))
    return done


def _proposed(row: Row[Any], prove: Mapping[str, Any]) -> list[int]:
    """The orders of a likely match: those that add up, or the one most alike."""
    if prove.get("regola") == CUMULO:
        return list(prove["insieme"])
    return [json.loads(row.dati)["candidate"][0]["disposizione"]]
