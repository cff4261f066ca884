"""Outcomes against orders: every esito received is applied, already applied, or an exception with its
reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import Connection

from cbi import Supporto
from cbi.flows import mav, riba, rid
from cbi.flows.disposizione import Promemoria
from cbi.flows.ordini import chiave
from ledger import distinte, outcomes
from ledger.distinte import Distinta
from ledger.outcomes import APPLICATO, ECCEZIONE_, GIA_APPLICATO, Candidata
from ledger.ports import Ports
from ledger.stati import Evento, Stato, di_disposizione, di_distinta, vita
from reconcile.abbinamento import EVENTO, choose, recalls
from reconcile.conto import Arrivo, Conto

Candidates = Mapping[str, list[Candidata]]
Esito: TypeAlias = riba.Esito | mav.Esito | rid.Esito
Fate: TypeAlias = tuple[str, str, int | None]  # the verdict, why it is an eccezione, the order it speaks of
NOT_ADMITTED = "stato_non_ammette"

LETTORI: Mapping[str, Callable[[Supporto], Iterator[Esito | Promemoria]]] = {
    "RIBA": riba.esiti,
    "MAV": mav.esiti,
    "RID": rid.esiti,
}
"""How the outcomes of each flow are read."""


def apply_esiti(
    conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto, items: Iterable[Esito | Promemoria]
) -> Conto:
    """Applies the esiti of one supporto, in the write transaction of `conn`, and keeps its promemoria.

    `items` are the supporto's esiti and promemoria, already decoded. A distinta whose orders have all had
    their final outcome becomes Elaborata.
    """
    items = list(items)
    esiti = [item for item in items if not isinstance(item, Promemoria)]
    promemoria = [item for item in items if isinstance(item, Promemoria)]
    keys = (chiave(supporto.flow, esito) for esito in esiti)
    found = outcomes.candidates(conn, arrivo.azienda_id, supporto.flow, keys)
    verdicts = [_apply(conn, ports, arrivo, supporto, esito, found) for esito in esiti]
    _keep_promemoria(conn, arrivo, supporto, promemoria)
    _close(conn, ports, arrivo, supporto.flow, [c for some in found.values() for c in some])
    return _counted(verdicts, promemoria)


def keep_esiti(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    supporto: Supporto,
    items: Iterable[Esito | Promemoria],
    told: Mapping[int, int],
) -> Conto:
    """Keeps the esiti and promemoria of a supporto that was received before, and moves nothing: `told` is the order
    that was moved by the esito of each line. One that moved none is judged by what there is."""
    items = list(items)
    esiti = [item for item in items if not isinstance(item, Promemoria)]
    promemoria = [item for item in items if isinstance(item, Promemoria)]
    verdicts = []
    for moved, some in groupby(esiti, key=lambda esito: esito.line in told):
        if moved:
            rows = [_row(arrivo, supporto, esito, (APPLICATO, "", told[esito.line])) for esito in some]
            outcomes.add_esiti(conn, ports, rows)
            verdicts += [APPLICATO] * len(rows)
        else:
            verdicts += list(_kept(conn, ports, arrivo, supporto, list(some)))
    _keep_promemoria(conn, arrivo, supporto, promemoria)
    return _counted(verdicts, promemoria)


def _kept(conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto, esiti: Sequence[Esito]) -> Iterator[str]:
    """Keeps esiti that moved nothing; the verdict on each."""
    keys = (chiave(supporto.flow, esito) for esito in esiti)
    found = outcomes.candidates(conn, arrivo.azienda_id, supporto.flow, keys)
    for esito in esiti:
        candidates = found.get(chiave(supporto.flow, esito), [])
        fate = _judged(conn, arrivo, esito, candidates)
        _keep(conn, ports, arrivo, supporto, esito, fate, candidates)
        yield fate[0]


def _judged(conn: Connection, arrivo: Arrivo, esito: Esito, candidates: Sequence[Candidata]) -> Fate:
    choice = choose(esito, arrivo.abi, candidates)
    if isinstance(choice, str):
        return ECCEZIONE_, choice, None
    if outcomes.already_applied(conn, choice.id, esito.effetto):
        return GIA_APPLICATO, "", choice.id
    return ECCEZIONE_, NOT_ADMITTED, choice.id


def _counted(verdicts: Sequence[str], promemoria: Sequence[Promemoria]) -> Conto:
    return Conto(
        ricevuti=len(verdicts),
        applicati=verdicts.count(APPLICATO),
        gia_applicati=verdicts.count(GIA_APPLICATO),
        eccezioni=verdicts.count(ECCEZIONE_),
        promemoria=len(promemoria),
    )


def _apply(conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto, esito: Esito, found: Candidates) -> str:
    """Applies one esito and keeps it, with its eccezione if it is one; returns its verdict."""
    candidates = found.get(chiave(supporto.flow, esito), [])
    choice = choose(esito, arrivo.abi, candidates)
    verdetto, motivo, disposizione = ECCEZIONE_, "", None
    if isinstance(choice, str):
        motivo = choice
    else:
        disposizione = choice.id
        verdetto = _move(conn, ports, arrivo, supporto.flow, esito, choice)
        motivo = NOT_ADMITTED if verdetto == ECCEZIONE_ else ""
        for recall in recalls(esito, arrivo.abi, candidates):
            _move(conn, ports, arrivo, supporto.flow, esito, recall)
    _keep(conn, ports, arrivo, supporto, esito, (verdetto, motivo, disposizione), candidates)
    return verdetto


def _keep(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    supporto: Supporto,
    esito: Esito,
    fate: Fate,
    candidates: Iterable[Candidata],
) -> None:
    """Keeps an esito with what became of it, and its eccezione if it is one."""
    esito_id, motivo = outcomes.add_esito(conn, ports, _row(arrivo, supporto, esito, fate)), fate[1]
    if motivo:
        _except(conn, ports, arrivo, esito_id, motivo, candidates)


def _except(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    esito_id: int,
    motivo: str,
    candidates: Iterable[Candidata],
) -> None:
    seen = [
        {"disposizione": c.id, "abi": c.abi, "stato": c.stato, "importo": c.importo, "scadenza": c.scadenza}
        for c in candidates
    ]
    outcomes.add_eccezione(
        conn,
        ports,
        azienda=arrivo.azienda_id,
        file_id=arrivo.file_id,
        esito_id=esito_id,
        motivo=motivo,
        dati={"candidate": seen},
    )


def _move(conn: Connection, ports: Ports, arrivo: Arrivo, flusso: str, esito: Esito, order: Candidata) -> str:
    """Moves the order where the esito says; which of the three verdicts it was."""
    evento = EVENTO[esito.effetto]
    if outcomes.already_applied(conn, order.id, esito.effetto):
        return GIA_APPLICATO
    target = di_disposizione(flusso).get((order.stato, evento))
    if target is None:
        return ECCEZIONE_
    dati = {"file": arrivo.nome_file, "file_id": arrivo.file_id, "line": esito.line, "causale": esito.causale}
    distinte.apply_order(conn, ports, order.id, evento, chi=f"banca {arrivo.abi}", dati=dati)
    order.stato = target
    return APPLICATO


def _close(conn: Connection, ports: Ports, arrivo: Arrivo, flusso: str, candidates: Iterable[Candidata]) -> None:
    """Ends the distinte that await nothing more. One already Elaborata stays so, whatever the bank says later; one that
    was refused as a whole yields to the outcomes of its orders when all have had theirs, as if they had come first."""
    final = vita(flusso).finali
    touched = {c.distinta_id for c in candidates if c.stato in final}
    for distinta_id in outcomes.all_final(conn, touched, final):
        distinta = distinte.get(conn, distinta_id)
        if distinta.stato is Stato.SCARTATA and not _outlived(conn, distinta, final):
            continue
        if (distinta.stato, Evento.ELABORA) in di_distinta(flusso):
            dati = {"file": arrivo.nome_file, "file_id": arrivo.file_id}
            distinte.apply(conn, ports, distinta_id, Evento.ELABORA, chi=f"banca {arrivo.abi}", dati=dati)


def _outlived(conn: Connection, distinta: Distinta, final: AbstractSet[Stato]) -> bool:
    """Whether the refusal of a whole distinta is overcome: every order of it had an outcome, and no other distinta has
    taken its name since."""
    named = distinte.find_by_supporto(conn, distinta.azienda_id, distinta.abi, distinta.nome_supporto, distinta.tipo)
    alone = named is None or named.id == distinta.id
    return alone and bool(outcomes.all_final(conn, [distinta.id], final - {Stato.SCARTATA}))


def _row(arrivo: Arrivo, supporto: Supporto, esito: Esito, fate: Fate) -> dict[str, Any]:
    """An esito and what became of it, as columns of its table."""
    verdetto, _, disposizione = fate
    return {
        **_origin(arrivo, supporto),
        "verdetto": verdetto,
        "disposizione_id": disposizione,
        "data_creazione": supporto.created,
        "line": esito.line,
        "causale": esito.causale or "",
        "effetto": esito.effetto,
        "flusso": supporto.flow,
        "chiave": chiave(supporto.flow, esito),
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
