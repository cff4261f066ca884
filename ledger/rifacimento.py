"""What the operations on distinte share: orders looked up, a distinta made again of other orders, copied, judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import cbi
from cbi.flows.model import Ordine
from cbi.flows.proprieta import asked_back
from cbi.flows.writer import EOL
from ledger import composizione, deposito, distinte, intenti, visibili
from ledger.composizione import Composta
from ledger.distinte import Disposizione, Distinta
from ledger.errors import Refused
from ledger.modifiche import Modifica, does_not_fit
from ledger.omogenee import require_no_worse
from ledger.ports import today
from ledger.schema import DISPOSIZIONE
from ledger.stati import Evento, Stato, di_disposizione, di_distinta, next_state
from ledger.varco import Lavoro

COPIATA, A_MANO = "C", "M"  # where a distinta comes from, when it was not imported
INVARIATA = Modifica()
NIENTE: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Testata:
    """Name and date of a supporto to be made; those not given are a name that is free, and today in Rome."""

    nome: str = ""
    data: date | None = None

    def of(self, lavoro: Lavoro, flusso: str) -> tuple[str, date]:
        """Both, for a flow; the name made here may be taken."""
        data = self.data or today(lavoro.ports)
        return self.nome or f"{flusso.replace('_', '-')}-{data:%y%m%d}", data


LIBERA = Testata()


@dataclass(frozen=True)
class Fatto:
    """What an operation led to: the distinta (None: it was about a loose order) and its state; how many errors and
    doubles keep it; the orders that it is about, by id; notices in Italian and English."""

    distinta_id: int | None
    stato: Stato
    errori: int = 0
    doppi: int = 0
    ordini: tuple[int, ...] = ()
    avvisi: tuple[tuple[str, str], ...] = ()


@contextmanager
def telling() -> Iterator[None]:
    """What does not fit into a field, as a refusal (MODIFICA-001)."""
    try:
        yield
    except cbi.ValoreErrato as error:
        raise does_not_fit(error) from error


def some(ordini: Sequence[int]) -> list[int]:
    """The orders named, each once; Refused (DISPOSIZIONE-002) when there are none."""
    if not ordini:
        raise Refused("DISPOSIZIONE-002", "Non è indicata nessuna disposizione.", "No order is named.")
    return list(dict.fromkeys(ordini))


def named(lavoro: Lavoro, distinta_id: int, ordini: Collection[int]) -> list[Disposizione]:
    """The orders of those ids in a distinta, in its order; Refused (DISPOSIZIONE-001) for one that is not there."""
    there = {ordine.id: ordine for ordine in readable(lavoro, distinta_id)}
    for each in ordini:
        if each not in there:
            raise distinte.no_order(str(each))
    wanted = set(ordini)
    return [ordine for each, ordine in there.items() if each in wanted]


def readable(lavoro: Lavoro, distinta_id: int) -> list[Disposizione]:
    """The orders of a distinta; Refused (DISTINTA-002) when its bytes are too faulty for them to be told."""
    distinta = distinte.get(lavoro.conn, distinta_id)
    there = list(distinte.orders(lavoro.conn, distinta_id))
    if not there:
        raise Refused(
            "DISTINTA-002",
            f"Le disposizioni della distinta {distinta.id} non si leggono una per una.",
            f"The orders of distinta {distinta.id} cannot be read one by one.",
            hint_it="Correggere il file e importarlo di nuovo.",
            hint_en="Correct the file and import it again.",
        )
    return there


def changeable(lavoro: Lavoro, distinta_id: int) -> Distinta:
    """The distinta, if its bytes may still change; Refused (DISTINTA-003) when they may already be on their way."""
    distinta = distinte.get(lavoro.conn, distinta_id)
    next_state(di_distinta(distinta.flusso), distinta.stato, Evento.MODIFICA)
    intenti.require_not_leaving(lavoro.conn, distinta_id)
    return distinta


def loosened(lavoro: Lavoro, ordini: Sequence[int]) -> list[Disposizione]:
    """The orders named, loose: those in a distinta are taken out of it first."""
    wanted = [distinte.order(lavoro.conn, each) for each in some(ordini)]
    for ordine in wanted:
        if ordine.azienda_id != lavoro.azienda_id:
            raise distinte.no_order(str(ordine.id))
        visibili.require_order(lavoro.conn, lavoro.profilo, ordine)
        next_state(di_disposizione(ordine.flusso), ordine.stato, Evento.AGGREGA)
    for owner in dict.fromkeys(ordine.distinta_id for ordine in wanted):
        if owner is not None:
            taken_out(lavoro, owner, [ordine.id for ordine in wanted if ordine.distinta_id == owner])
    return [distinte.order(lavoro.conn, ordine.id) for ordine in wanted]


def taken_out(lavoro: Lavoro, distinta_id: int, ids: Sequence[int]) -> Fatto:
    """Take orders out of a distinta, and make it again of the rest; of none, it is Eliminata.

    Raises Refused when it is a request of recall (RICHIAMO-003): its orders are asked back as long as it is there.
    """
    distinta, leaving = changeable(lavoro, distinta_id), named(lavoro, distinta_id, ids)
    _require_no_request(lavoro, distinta_id)
    for ordine in leaving:
        where = {"distinta": None, "sha256": distinta.sha256, "numero": ordine.numero}
        apply_order(lavoro, ordine.id, Evento.DISAGGREGA, where)
    lavoro.conn.execute(DISPOSIZIONE.update().where(DISPOSIZIONE.c.id.in_(ids)).values(distinta_id=None))
    rest = list(distinte.orders(lavoro.conn, distinta_id))
    if rest:
        return made_again(lavoro, distinta, rest, dati={"tolte": list(ids)})
    emptied = {name: getattr(distinta, name) for name in distinte.COPERTI} | {"tolte": list(ids)}
    for evento in (Evento.MODIFICA, Evento.ELIMINA) if distinta.stato is Stato.FIRMATA else (Evento.ELIMINA,):
        distinte.apply(lavoro.conn, lavoro.ports, distinta_id, evento, chi=lavoro.chi, dati=emptied)
    return fact(lavoro, distinta_id)


def made_again(
    lavoro: Lavoro,
    distinta: Distinta,
    ordini: Sequence[Disposizione],
    *,
    modifica: Modifica = INVARIATA,
    changed: Collection[int] = (),
    entered: Sequence[int] = (),
    dati: Mapping[str, Any] = NIENTE,
) -> Fatto:
    """A distinta with these orders instead of those it has, those in `changed` modified; checked and judged.

    Raises Refused when an order could no longer be read (MODIFICA-003), they would be of several accounts
    (OMOGENEITA-001) or the name is taken (SUPPORTO-001).
    """
    before = composizione.parts(distinte.payload(lavoro.home, lavoro.conn, distinta.id))
    wanted = set(changed)
    groups = [modifica.order(ordine) if each.id in wanted else each.raw for each, ordine in _read(before, ordini)]
    composta = composizione.compose(
        modifica.header(before.header), distinta.flusso, groups, before.coda, oggi=today(lavoro.ports)
    )
    _require_readable(composta)
    require_no_worse(ordini, composta)
    deposito.require_free_name(lavoro, composta, distinta.id)
    deposito.again(lavoro, distinta, composta, [ordine.id for ordine in ordini], dati=dati, entered=entered)
    return judged(lavoro, distinta.id, composta, [*changed, *entered])


def copied(
    lavoro: Lavoro,
    distinta_id: int,
    ordini: Sequence[Disposizione],
    testata: Testata,
    modifica: Modifica = INVARIATA,
    *,
    origine: str,
    dati: Mapping[str, Any],
    back: bool = False,
) -> Fatto:
    """A new distinta of copies of orders, modified or (`back`) turned into the requests to recall them.

    Raises Refused as `made_again` does.
    """
    source = distinte.get(lavoro.conn, distinta_id)
    like = composizione.parts(distinte.payload(lavoro.home, lavoro.conn, distinta_id))
    read = [ordine for _, ordine in _read(like, ordini)]
    groups = [asked_back(source.flusso, ordine) if back else modifica.order(ordine) for ordine in read]
    nome, data = testata.of(lavoro, source.flusso)
    testa = modifica.header(like.header.replace(data_creazione=data, nome_supporto=nome))
    testa = testa if testata.nome else freely_named(lavoro, testa)
    composta = composizione.compose(testa, source.flusso, groups, oggi=today(lavoro.ports))
    _require_readable(composta)
    require_no_worse(ordini, composta)
    deposito.require_free_name(lavoro, composta)
    nascita = distinte.COPIA if origine == COPIATA else distinte.CREA
    new_id = deposito.new(lavoro, composta, origine=origine, nascita=nascita, dati=dati)
    return judged(lavoro, new_id, composta, [ordine.id for ordine in distinte.orders(lavoro.conn, new_id)])


def freely_named(lavoro: Lavoro, testa: cbi.Record) -> cbi.Record:
    """A header under a name that nobody holds, like the one it has."""
    fields = testa.fields()
    free = deposito.free_name(lavoro, fields["ricevente"] or "", testa.tipo, fields["nome_supporto"] or "")
    return testa.replace(nome_supporto=free)


def judged(lavoro: Lavoro, distinta_id: int, composta: Composta, ordini: Sequence[int]) -> Fatto:
    """What became of a distinta just made, the checks and the search of doubles done.

    Raises Refused when it is of an account that who made it may not see (CONTO-002).
    """
    visibili.require_result(lavoro.conn, lavoro.profilo, distinta_id)
    doppi = deposito.judge(lavoro, distinta_id, composta.errori)
    stato = distinte.get(lavoro.conn, distinta_id).stato
    return Fatto(distinta_id, stato, composta.errori, len(doppi), tuple(ordini))


def fact(lavoro: Lavoro, distinta_id: int, ordini: Sequence[int] = (), *avvisi: tuple[str, str]) -> Fatto:
    """What became of a distinta whose bytes are as they were."""
    return Fatto(distinta_id, distinte.get(lavoro.conn, distinta_id).stato, ordini=tuple(ordini), avvisi=avvisi)


def apply_order(lavoro: Lavoro, disposizione_id: int, evento: Evento, dati: Mapping[str, Any]) -> Stato:
    """Move one order by an event, in the name of who is at work."""
    return distinte.apply_order(lavoro.conn, lavoro.ports, disposizione_id, evento, chi=lavoro.chi, dati=dati)


def _require_no_request(lavoro: Lavoro, distinta_id: int) -> None:
    if distinte.recalled_by(lavoro.conn, distinta_id):
        raise Refused(
            "RICHIAMO-003",
            f"La distinta {distinta_id} è una richiesta di richiamo: non si può scomporre.",
            f"Distinta {distinta_id} is a request of recall: it cannot be taken apart.",
            hint_it=f"Per chiederne meno: cbi distinte delete {distinta_id}, poi cbi distinte recall con quelle volute",
            hint_en=f"To ask fewer back: cbi distinte delete {distinta_id}, then cbi distinte recall with those wanted",
        )


def _require_readable(composta: Composta) -> None:
    """Refused (MODIFICA-003) when a change leaves an order without what the ledger cannot do without."""
    if not composta.ordini:
        raise Refused(
            "MODIFICA-003",
            "Così una disposizione resterebbe senza importo, causale, segno o nome della controparte.",
            "An order would be left without its amount, causale, sign or the name of the counterparty.",
            hint_it="Dare un valore, non uno spazio vuoto.",
            hint_en="Give a value, not a blank.",
        )


def _read(like: cbi.Supporto, ordini: Sequence[Disposizione]) -> Iterator[tuple[Disposizione, Ordine]]:
    """Orders with their records, read as those of a supporto."""
    read = composizione.parts(like.header.raw + EOL + b"".join(ordine.raw for ordine in ordini))
    return zip(ordini, read.ordini, strict=True)
