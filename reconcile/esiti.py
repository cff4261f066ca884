"""Outcomes against orders: every esito received is applied, already applied, or an exception with its
reason."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from cbi import Supporto
from cbi.flows.disposizione import Promemoria
from ledger import abbinamenti, aziende, distinte, outcomes
from ledger.abbinamenti import Dove
from ledger.aziende import ABBINA_PROBABILI, SI
from ledger.canonico import canonical
from ledger.distinte import Distinta
from ledger.outcomes import APPLICATO, ECCEZIONE_, GIA_APPLICATO, Candidata
from ledger.ports import Ports
from ledger.stati import Evento, Stato, di_disposizione, di_distinta, vita
from reconcile.abbinamento import (
    EVENTO,
    SEARCHED,
    STRANGER,
    TOGETHER,
    Classe,
    Scelta,
    add_up,
    choose,
    liken,
    recalls,
    stranger,
    told,
)
from reconcile.conto import Arrivo, Conto
from reconcile.risposte import Esito, chiave, detto, parla_di
from reconcile.somiglianza import VICINO, Detto, Grado, compare, due_on

BATCH = 1000  # esiti whose orders are asked for together
SHOWN = 10  # orders that an eccezione keeps as evidence
PARZIALE, DIVERSO, NOT_ADMITTED = "parziale", "importo_diverso", "stato_non_ammette"


@dataclass(frozen=True)
class Fate:
    """What becomes of an esito: the verdict, why it is an eccezione, the orders and how they were found; `dette` are
    the ids of the orders where they are not chosen, but told."""

    verdetto: str
    motivo: str
    scelta: Scelta
    dette: tuple[int, ...] = ()

    @property
    def ordini(self) -> tuple[int, ...]:
        """The ids of the orders that the esito is kept with."""
        taken = not self.motivo or self.motivo in (NOT_ADMITTED, PARZIALE)
        return self.dette or (tuple(each.id for each in self.scelta.ordini) if taken else ())


@dataclass(frozen=True, slots=True)
class Passo:
    """What the iter tells of an order that an esito moved: the order, how it was found."""

    disposizione_id: int
    classe: str = Classe.ESATTO
    prove: Mapping[str, Any] | None = None


@dataclass
class Tavolo:
    """What is needed to judge the esiti of one supporto. `accetta`: likely matches are taken without a person; `at`:
    the instant of it all.

    An order is one object here however often it is found, so that it is in the state that the last esito left it in.
    """

    conn: Connection
    ports: Ports
    arrivo: Arrivo
    supporto: Supporto
    accetta: bool
    at: datetime
    per_chiave: dict[str, list[Candidata]] = field(default_factory=dict)
    viste: dict[int, Candidata] = field(default_factory=dict)
    distinte: dict[str, set[int]] = field(default_factory=dict)
    attesa: list[dict[str, Any]] = field(default_factory=list)  # esiti that wait to be kept, all of them at once

    @property
    def dove(self) -> Dove:
        flussi = parla_di(self.supporto.flow)
        return Dove(self.arrivo.azienda_id, self.arrivo.abi, flussi, self.supporto.created)

    def chiave(self, esito: Esito) -> str:
        return chiave(self.supporto.flow, esito)

    def prepare(self, esiti: Iterable[Esito]) -> None:
        """Finds the orders with the keys of some esiti."""
        keys = [self.chiave(esito) for esito in esiti]
        self.per_chiave, self.viste = {}, {}
        for flusso in parla_di(self.supporto.flow):
            found = outcomes.candidates(self.conn, self.arrivo.azienda_id, flusso, keys)
            for key, some in found.items():
                self.per_chiave.setdefault(key, []).extend(self.same(some))

    def same(self, found: Iterable[Candidata]) -> list[Candidata]:
        """Orders just found, as the objects that they were found as before."""
        return [self.viste.setdefault(each.id, each) for each in found]

    def keep(self) -> None:
        """Keeps the esiti that wait; whoever asks what was applied before comes after them."""
        outcomes.add_esiti(self.conn, self.ports, self.attesa)
        self.attesa = []

    def with_key(self, esito: Esito) -> list[Candidata]:
        return self.per_chiave.get(self.chiave(esito), [])


def apply_esiti(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    supporto: Supporto,
    items: Iterable[Esito | Promemoria],
) -> Conto:
    """Applies the esiti of one supporto, in the write transaction of `conn`, and keeps its promemoria.

    `items` are the supporto's esiti and promemoria, already decoded. A distinta whose orders have all had
    their final outcome becomes Elaborata.
    """
    accetta = aziende.options(conn, arrivo.azienda_id)[ABBINA_PROBABILI] == SI
    tavolo = Tavolo(conn, ports, arrivo, supporto, accetta, ports.clock.now())
    conto = _each(tavolo, items, _applied)
    _close(tavolo)
    return conto


def keep_esiti(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    supporto: Supporto,
    items: Iterable[Esito | Promemoria],
    passi: Mapping[int, Passo],
    *,
    accetta: bool = False,
) -> Conto:
    """Keeps the esiti and promemoria of a supporto that was received before, and moves nothing: `passi` tells the order
    that was moved by the esito of each line. One that moved none is judged by what there is; `accetta`, whether likely
    matches were taken then."""
    tavolo = Tavolo(conn, ports, arrivo, supporto, accetta, ports.clock.now())

    def kept(tavolo: Tavolo, esito: Esito) -> Fate:
        passo = passi.get(esito.line)
        return _judged(tavolo, esito) if passo is None else _as_told(passo)

    return _each(tavolo, items, kept, passi)


def _each(
    tavolo: Tavolo,
    items: Iterable[Esito | Promemoria],
    judge: Callable[[Tavolo, Esito], Fate],
    told: Container[int] = (),
) -> Conto:
    """Judges and keeps every esito, some at a time; then the promemoria. Of the lines that are `told` no order is
    looked for."""
    conto, promemoria, rest = Conto(), list[Promemoria](), iter(items)
    while some := list(islice(rest, BATCH)):
        esiti = [item for item in some if not isinstance(item, Promemoria)]
        promemoria += [item for item in some if isinstance(item, Promemoria)]
        conto.ricevuti += len(esiti)
        tavolo.prepare(esito for esito in esiti if esito.line not in told)
        for esito in esiti:
            fate = judge(tavolo, esito)
            _keep(tavolo, esito, fate)
            conto.applicati += fate.verdetto == APPLICATO
            conto.gia_applicati += fate.verdetto == GIA_APPLICATO
            conto.eccezioni += fate.verdetto == ECCEZIONE_
        tavolo.keep()
        for each in tavolo.viste.values():
            if each.stato in vita(each.flusso).finali:
                tavolo.distinte.setdefault(each.flusso, set()).add(each.distinta_id)
    _keep_promemoria(tavolo.conn, tavolo.arrivo, tavolo.supporto, promemoria)
    conto.promemoria = len(promemoria)
    return conto


# --- the choice -------------------------------------------------------------------------------------------------------


def _chosen(tavolo: Tavolo, esito: Esito) -> Scelta:
    """The orders that an esito speaks of: by its keys, or by what else it says."""
    abi, candidates = tavolo.arrivo.abi, tavolo.with_key(esito)
    choice = choose(esito, abi, candidates)
    if isinstance(choice, Candidata):
        same = esito.codice_fiscale in (None, "", choice.codice_fiscale)
        if same or not stranger(detto(tavolo.supporto.flow, esito), choice):
            return Scelta((choice,), Classe.ESATTO, None, "", tuple(candidates))
        choice = STRANGER
    if choice not in SEARCHED:
        return Scelta(motivo=choice, viste=tuple(candidates))
    said = detto(tavolo.supporto.flow, esito)
    due = [] if said.scadenza is None else due_on(said.scadenza)
    amounts = sorted({said.importo, said.importo + said.spese})
    alike = abbinamenti.of_amount(tavolo.conn, tavolo.dove, amounts, due) if said.importo else None
    pool = {each.id: each for each in (*candidates, *tavolo.same(alike or ())) if each.abi == abi}
    scelta = liken(said, list(pool.values()), choice, tutti=alike is not None)
    scelta = scelta if scelta.ordini else _together(tavolo, said, due, scelta)
    scelta = scelta if scelta.ordini else _in_part(esito, said, candidates, scelta)
    return replace(scelta, viste=tuple({each.id: each for each in (*scelta.viste, *candidates)}.values()))


def _together(tavolo: Tavolo, said: Detto, due: Sequence[date], scelta: Scelta) -> Scelta:
    """The orders of its debtor that an esito speaks of together, if they make its amount."""
    if not said.codice_fiscale or not due:
        return scelta
    found = abbinamenti.of_debtor(tavolo.conn, tavolo.dove, said.codice_fiscale, due, TOGETHER)
    return add_up(said, tavolo.same(found), scelta)


def _in_part(esito: Esito, said: Detto, candidates: Sequence[Candidata], scelta: Scelta) -> Scelta:
    """The order that an esito pays in part: that of its key and due date, of which it tells less than the amount."""
    compared = [(each, compare(said, each)) for each in candidates]
    mine = [
        (each, prove)
        for each, prove in compared
        if prove["chiave"] is Grado.UGUALE and prove["scadenza"] in VICINO and each.importo > esito.importo > 0
    ]
    if esito.effetto != "paid" or len(mine) != 1 or scelta.motivo != DIVERSO:
        return scelta
    order, prove = mine[0]
    return Scelta((order,), Classe.REGOLA, told(prove, regola=PARZIALE), PARZIALE, scelta.viste)


def _judged(tavolo: Tavolo, esito: Esito) -> Fate:
    """The fate of an esito, before anything moves: APPLICATO is not among them, an order to be moved is an eccezione
    still."""
    tavolo.keep()
    scelta = _chosen(tavolo, esito)
    if not scelta.ordini or (scelta.classe is Classe.PROBABILE and not tavolo.accetta):
        return Fate(ECCEZIONE_, scelta.motivo, scelta)
    if scelta.motivo == PARZIALE:
        return _of_a_part(tavolo, esito, scelta)
    if all(_already(tavolo, order, esito) for order in scelta.ordini):
        return Fate(GIA_APPLICATO, "", scelta)
    return Fate(ECCEZIONE_, NOT_ADMITTED, scelta)


def _of_a_part(tavolo: Tavolo, esito: Esito, scelta: Scelta) -> Fate:
    """The fate of an esito that tells less than the amount of its order. Of an order that was paid otherwise than in
    parts it says something else than what is known, and a person sees it."""
    (order,) = scelta.ordini
    every = abbinamenti.parts(tavolo.conn, order.id, esito.effetto)
    before = {part for part in every if part[0] < order.importo}
    if sum(part[0] for part in before) == order.importo:
        return Fate(GIA_APPLICATO, "", scelta)
    mine = (esito.importo, tavolo.supporto.identita[3], tavolo.supporto.created, esito.line)
    if sum(part[0] for part in {*before, mine}) == order.importo:
        return Fate(ECCEZIONE_, NOT_ADMITTED, scelta)
    return Fate(ECCEZIONE_, DIVERSO if _already(tavolo, order, esito) else PARZIALE, scelta)


def _already(tavolo: Tavolo, order: Candidata, esito: Esito) -> bool:
    return outcomes.already_applied(tavolo.conn, order.id, esito.effetto, tavolo.at)


def _applied(tavolo: Tavolo, esito: Esito) -> Fate:
    """Applies one esito; what became of it."""
    fate = _judged(tavolo, esito)
    if fate.motivo == NOT_ADMITTED and fate.scelta.ordini:
        moved = [_move(tavolo, esito, order, fate.scelta) for order in fate.scelta.ordini]
        fate = Fate(APPLICATO, "", fate.scelta) if any(moved) else fate
    if fate.verdetto != ECCEZIONE_ or fate.motivo == NOT_ADMITTED:
        for recall in recalls(esito, tavolo.arrivo.abi, tavolo.with_key(esito)):
            if not _already(tavolo, recall, esito):
                _move(tavolo, esito, recall, Scelta())
    return fate


def _move(tavolo: Tavolo, esito: Esito, order: Candidata, scelta: Scelta) -> bool:
    """Moves the order where the esito says; whether its state allows it. Where a person put an order the bank's word is
    always good."""
    evento, table = EVENTO[esito.effetto], di_disposizione(order.flusso)
    target = table.get((order.stato, evento))
    by_hand = target is None and abbinamenti.by_hand(tavolo.conn, order.id)
    target = table.get((Stato.INOLTRATA, evento)) if by_hand else target
    if target is None:
        return False
    arrivo = tavolo.arrivo
    dati = {"file": arrivo.nome_file, "file_id": arrivo.file_id, "line": esito.line, "causale": esito.causale or ""}
    if scelta.prove is not None:
        dati |= {"classe": str(scelta.classe), "prove": scelta.prove}
    for step in (Evento.SCIOGLI, evento) if by_hand else (evento,):
        distinte.apply_order(tavolo.conn, tavolo.ports, order.id, step, chi=f"banca {arrivo.abi}", dati=dati)
    order.stato = target
    return True


def _as_told(passo: Passo) -> Fate:
    """The fate of an esito that moved an order, as its step tells it."""
    prove = None if passo.prove is None else dict(passo.prove)
    several = prove.get("insieme") if prove else None
    scelta = Scelta(classe=Classe(passo.classe), prove=prove)
    return Fate(APPLICATO, "", scelta, tuple(several or [passo.disposizione_id]))


# --- what is kept -----------------------------------------------------------------------------------------------------


def _keep(tavolo: Tavolo, esito: Esito, fate: Fate) -> None:
    """Keeps an esito with what became of it, and its eccezione if it is one."""
    scelta, arrivo, taken = fate.scelta, tavolo.arrivo, fate.ordini
    row = _columns(tavolo, esito) | {
        "verdetto": fate.verdetto,
        "disposizione_id": taken[0] if len(taken) == 1 else None,
        "classe": None if scelta.classe is None else str(scelta.classe),
        "prove": None if scelta.prove is None else canonical(scelta.prove),
    }
    if not fate.motivo and len(taken) == 1:
        tavolo.attesa.append(row)
        return
    tavolo.keep()
    esito_id = outcomes.add_esito(tavolo.conn, tavolo.ports, row)
    if len(taken) > 1 and fate.verdetto != ECCEZIONE_:
        abbinamenti.add(
            tavolo.conn,
            azienda_id=arrivo.azienda_id,
            file_id=arrivo.file_id,
            line=esito.line,
            ordini=taken,
            classe=str(scelta.classe),
            chi=f"banca {arrivo.abi}",
            at=tavolo.at,
        )
    if fate.motivo:
        _except(tavolo, esito_id, fate)


def _except(tavolo: Tavolo, esito_id: int, fate: Fate) -> None:
    seen = [
        {"disposizione": c.id, "abi": c.abi, "stato": c.stato, "importo": c.importo, "scadenza": c.scadenza}
        for c in fate.scelta.viste[:SHOWN]
    ]
    outcomes.add_eccezione(
        tavolo.conn,
        tavolo.ports,
        azienda=tavolo.arrivo.azienda_id,
        file_id=tavolo.arrivo.file_id,
        esito_id=esito_id,
        motivo=fate.motivo,
        dati={"candidate": seen},
    )


def _close(tavolo: Tavolo) -> None:
    """Ends the distinte that await nothing more. One already Elaborata stays so, whatever the bank says later; one that
    was refused as a whole yields to the outcomes of its orders when all have had theirs, as if they had come first."""
    arrivo = tavolo.arrivo
    dati = {"file": arrivo.nome_file, "file_id": arrivo.file_id}
    for flusso, touched in tavolo.distinte.items():
        end(tavolo.conn, tavolo.ports, flusso, touched, chi=f"banca {arrivo.abi}", dati=dati)


def end(
    conn: Connection, ports: Ports, flusso: str, touched: Iterable[int], *, chi: str, dati: Mapping[str, Any]
) -> None:
    """The distinte of a kind, among those touched, that await nothing more are Elaborata."""
    final = vita(flusso).finali
    for distinta_id in outcomes.all_final(conn, touched, final):
        distinta = distinte.get(conn, distinta_id)
        if distinta.stato is Stato.SCARTATA and not _outlived(conn, distinta):
            continue
        if (distinta.stato, Evento.ELABORA) in di_distinta(flusso):
            distinte.apply(conn, ports, distinta_id, Evento.ELABORA, chi=chi, dati=dati)


def _outlived(conn: Connection, distinta: Distinta) -> bool:
    """Whether the refusal of a whole distinta is overcome: every order of it had an outcome, and no other distinta has
    taken its name since."""
    if not outcomes.all_final(conn, [distinta.id], vita(distinta.flusso).risposte):
        return False
    named = distinte.find_by_supporto(conn, distinta.azienda_id, distinta.abi, distinta.nome_supporto, distinta.tipo)
    return named is None or named.id == distinta.id


def _columns(tavolo: Tavolo, esito: Esito) -> dict[str, Any]:
    supporto = tavolo.supporto
    return {
        **_origin(tavolo.arrivo, supporto),
        "data_creazione": supporto.created,
        "line": esito.line,
        "causale": esito.causale or "",
        "effetto": esito.effetto,
        "flusso": supporto.flow,
        "chiave": tavolo.chiave(esito),
        "importo": esito.importo,
        "scadenza": esito.scadenza,
        "controparte": esito.controparte,
        **{name: getattr(esito, name, None) for name in _OF_SOME},
        "raw": esito.raw,
    }


_OF_SOME = ("spese", "data_valuta", "riferimento_promemoria")  # what the outcomes of some flows do not tell


def _keep_promemoria(conn: Connection, arrivo: Arrivo, supporto: Supporto, items: Iterable[Promemoria]) -> None:
    names = ("line", "causale", "importo", "data_valuta", "riferimento", "conto")
    rows = [{**_origin(arrivo, supporto), **{name: getattr(item, name) for name in names}} for item in items]
    outcomes.add_promemoria(conn, rows)


def _origin(arrivo: Arrivo, supporto: Supporto) -> dict[str, Any]:
    return {
        "azienda_id": arrivo.azienda_id,
        "file_id": arrivo.file_id,
        "abi": arrivo.abi,
        "nome_supporto": supporto.identita[3],
    }
