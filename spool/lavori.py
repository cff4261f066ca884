"""The jobs: what is done day and night without anybody asking, as a table of functions that may be repeated at will.

Each does what there is to do and says what it did; what is done already it does not do again, so that a job that was
interrupted is simply run once more. One that fails is a row with the reason, and the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger import attese, aziende, lavori, replica, sigilli, utenti, verifica
from ledger.aziende import Azienda
from ledger.errors import Refused
from ledger.home import Home
from ledger.lavori import FALLITO, RIUSCITO, Chiave, Corsa
from ledger.ports import ROME, today
from ledger.varco import macchina
from reconcile.silenzio import CHI, presume
from spool import consegna, dispatch, orari, pacchi, receive, scadenze
from spool.filing import file_away
from spool.trasporti.protocollo import in_words

if TYPE_CHECKING:
    from spool.registro import Registro

MOST_TOLD = 100
"""How many notices a run keeps; the rest are counted."""

PASSWORD_NOTICE, CERTIFICATE_NOTICE = timedelta(days=14), timedelta(days=30)
"""How long before they end passwords and certificates are told: of the second ones somebody else must make others."""

AT_HAND = 30
"""Days after which what is over in the spool goes into dated folders."""


@dataclass(frozen=True)
class Avviso:
    """Something to be told of a company, a bank or a distinta; `guasto` when it makes the job a failure."""

    it: str
    en: str
    sia: str = ""
    abi: str = ""
    distinta: int | None = None
    guasto: bool = False


@dataclass(frozen=True)
class Fatto:
    """What a job did: how many of what (keys of `CONTI`), and what is to be told."""

    conti: Mapping[str, int] = field(default_factory=dict)
    avvisi: tuple[Avviso, ...] = ()


CONTI: Mapping[str, tuple[str, str]] = {
    "presi": ("presi alla banca", "fetched from the bank"),
    "consegnati": ("consegnati alla banca", "delivered to the bank"),
    "file": ("file letti", "files read"),
    "quarantena": ("in quarantena", "in quarantine"),
    "inoltrate": ("distinte inoltrate", "distinte sent"),
    "attendono": ("attendono il loro giorno", "wait for their day"),
    "senza_ricevuta": ("senza ricevuta", "without a receipt"),
    "presunte": ("presunte pagate", "presumed paid"),
    "checkpoint": ("checkpoint", "checkpoints"),
    "rifatti": ("file rifatti uguali", "files made again alike"),
    "archiviati": ("file archiviati", "files put away"),
    "compressi": ("file compressi", "files packed"),
    "scadono": ("in scadenza", "about to expire"),
    "dimenticate": ("corse dimenticate", "runs forgotten"),
}
"""What jobs count, in words."""


class Parte(NamedTuple):
    """What a job does by itself: for the whole home, or for one company."""

    fai: Callable[[], Fatto]
    azienda: Azienda | None = None

    def chiave(self, nome: str) -> Chiave:
        """What a run of this part of a job is of."""
        return Chiave(nome, self.azienda.id if self.azienda else None)


@dataclass(frozen=True)
class Lavoro:
    """A job: what it does, when (minute, hour, day, month, weekday, as cron has them, by the clock of Rome), and the
    parts that it is made of today."""

    nome: str
    it: str
    en: str
    quando: str
    parti: Callable[[Home], list[Parte]]


def run(home: Home, lavoro: Lavoro, chi: str, log: Registro, stop: Callable[[], bool] = lambda: False) -> list[Corsa]:
    """Run a job, in the name of a process: a run for each of its parts, those after a `stop` left out.

    Raises Refused when another process is at it (LAVORO-002) or the database does not answer; what fails is a run like
    the others.
    """
    reap(home, chi, log)
    return [_once(home, lavoro.nome, parte, chi, log) for parte in lavoro.parti(home) if not stop()]


def run_part(home: Home, chiave: Chiave, chi: str, log: Registro) -> None:
    """Run one part of a job; nothing when there is no such part any more. Raises Refused as `run` does."""
    reap(home, chi, log)
    for parte in LAVORI[chiave.nome].parti(home):
        if parte.chiave(chiave.nome) == chiave:
            _once(home, chiave.nome, parte, chi, log)


def reap(home: Home, chi: str, log: Registro, is_gone: Callable[[str], bool] = lavori.gone) -> None:
    """Note, in the name of a process, that the runs nobody is doing any more were interrupted."""
    with home.begin() as conn:
        for dead in lavori.reap(conn, home.ports, chi, is_gone):
            log.warning(dead.esito, lavoro=dead.nome, chi=dead.chi)


def _once(home: Home, nome: str, parte: Parte, chi: str, log: Registro) -> Corsa:
    sia = parte.azienda.sia if parte.azienda else ""
    with home.begin() as conn:
        corsa_id = lavori.begin(conn, home.ports, parte.chiave(nome), chi)
    try:
        fatto = parte.fai()
        dati = _kept(fatto)
    except Exception as error:  # whatever it is, the other jobs go on
        it, en = why(error)
        fatto, dati = Fatto(avvisi=(Avviso(it, en, guasto=True),)), {"errore": {"it": it, "en": en}}
    for each in fatto.avvisi:
        tell = log.error if each.guasto else log.warning
        tell("avviso", lavoro=nome, sia=each.sia or sia, abi=each.abi, distinta=each.distinta, perche=each.it)
    esito = FALLITO if any(each.guasto for each in fatto.avvisi) else RIUSCITO
    with home.begin() as conn:
        corsa = lavori.end(conn, home.ports, corsa_id, esito, dati)
    log.info(esito, lavoro=nome, sia=sia, secondi=corsa.seconds, **fatto.conti)
    return corsa


def _kept(fatto: Fatto) -> dict[str, Any]:
    told = [asdict(each) for each in fatto.avvisi[:MOST_TOLD]]
    return {"conti": dict(fatto.conti), "avvisi": told, "omessi": len(fatto.avvisi) - len(told)}


def why(error: Exception) -> tuple[str, str]:
    """Why a job could not be done, in Italian and in English; of a fault of the program, only of what kind and where:
    what it says may hold anything."""
    if isinstance(error, Refused):
        return f"{error.code}: {error.it}", f"{error.code}: {error.en}"
    if isinstance(error, OSError):
        return f"disco: {error.strerror}", f"disk: {error.strerror}"
    trace, where = error.__traceback__, ""
    while trace is not None:
        where, trace = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}", trace.tb_next
    what = f"{type(error).__name__} in {where}"
    return f"difetto del programma: {what}", f"fault of the program: {what}"


# --- what they do -----------------------------------------------------------------------------------------------------


NOT_READ: Mapping[str, tuple[str, str]] = {
    receive.QUARANTENA: ("un file è in quarantena", "a file is in quarantine"),
    receive.FALLITO: ("un file non si è potuto leggere", "a file could not be read"),
}


def _fetch(home: Home) -> Fatto:
    return _on_lines("presi", consegna.PRESO, consegna.fetch(home))


def _deliver(home: Home) -> Fatto:
    return _on_lines("consegnati", consegna.CONSEGNATO, consegna.deliver(home))


def _on_lines(conto: str, verdetto: str, passaggi: list[consegna.Passaggio]) -> Fatto:
    failed = [(each, each.error) for each in passaggi if each.error is not None]
    avvisi = tuple(Avviso(*in_words(error), each.sia, each.abi, guasto=True) for each, error in failed)
    return Fatto({conto: sum(each.verdetto == verdetto for each in passaggi)}, avvisi)


def _receive(home: Home) -> Fatto:
    seen: Counter[str] = Counter()
    avvisi = []
    for file in receive.receive(home):
        seen[file.verdetto] += 1
        if words := NOT_READ.get(file.verdetto):
            avvisi.append(Avviso(*words, file.sia, file.abi, guasto=file.verdetto == receive.FALLITO))
    conti = {"file": seen[receive.FATTO] + seen[receive.QUARANTENA], "quarantena": seen[receive.QUARANTENA]}
    return Fatto(conti, tuple(avvisi))


def _reconcile(home: Home) -> Fatto:
    recovered, received = dispatch.recover(home), _receive(home)
    sent = _sent(recovered)
    return Fatto({**received.conti, **sent.conti}, (*sent.avvisi, *received.avvisi))


def _dispatch(home: Home) -> Fatto:
    return _sent(dispatch.dispatch_ready(home))


def _sent(inoltri: list[dispatch.Inoltro]) -> Fatto:
    avvisi = []
    for each in inoltri:
        if each.error is not None:
            avvisi.append(Avviso(*why(each.error), distinta=each.distinta_id, guasto=True))
        elif each.ritardo is not None and each.dal is None:
            it, en = "partita in ritardo sul giorno di pagamento", "it left late on the day of payment"
            avvisi.append(Avviso(it, en, distinta=each.distinta_id))
    left = sum(each.verdetto in (dispatch.INOLTRATA, dispatch.COMPLETATA) for each in inoltri)
    waiting = sum(each.verdetto == dispatch.ATTENDE for each in inoltri)
    return Fatto({"inoltrate": left, "attendono": waiting}, tuple(avvisi))


def _receipts(home: Home) -> Fatto:
    with home.read() as conn:
        late = attese.overdue(conn, today(home.ports))
    avvisi = tuple(
        Avviso(
            f"inoltrata il {each.inoltrata:%d/%m/%Y}, nessuna ricevuta",
            f"sent on {each.inoltrata:%d/%m/%Y}, no receipt",
            each.sia,
            each.abi,
            each.distinta_id,
        )
        for each in late
    )
    return Fatto({"senza_ricevuta": len(late)}, avvisi)


def _presume(home: Home, azienda: Azienda) -> Fatto:
    presunte = [(abi, *each) for abi, flussi in orari.read(home).presunte.items() for each in flussi.items()]
    if not presunte:
        return Fatto({"presunte": 0})
    with macchina(home, azienda.id, CHI) as lavoro:
        return Fatto({"presunte": sum(presume(lavoro, abi, flusso, giorni) for abi, flusso, giorni in presunte)})


def _checkpoint(home: Home, azienda: Azienda) -> Fatto:
    with home.read() as conn:
        fresh = sigilli.fresh(conn, azienda.id)
    if not fresh:
        verifica.attest(home, azienda)
    return Fatto({"checkpoint": int(not fresh)})


def _expiries(home: Home, azienda: Azienda) -> Fatto:
    now = home.ports.clock.now()
    with home.read() as conn:
        found = utenti.expiring(conn, azienda.id, now + PASSWORD_NOTICE)
    avvisi = [_expires(f"la password di {login}", f"the password of {login}", end) for login, end in found]
    wrong: tuple[Avviso, ...] = ()
    try:
        ending = scadenze.expiring(home, azienda.sia, now + CERTIFICATE_NOTICE)
        avvisi += [replace(_expires(each.it, each.en, each.fine), abi=each.abi) for each in ending]
    except (Refused, OSError) as error:
        wrong = (Avviso(*why(error), guasto=True),)
    return Fatto({"scadono": len(avvisi)}, (*avvisi, *wrong))


def _expires(it: str, en: str, end: datetime) -> Avviso:
    day = f"{end.astimezone(ROME):%d/%m/%Y}"
    return Avviso(f"{it} dura fino al {day}", f"{en} lasts until {day}")


def _replay(home: Home) -> Fatto:
    found = replica.check(home)
    it, en = "il giornale non rifà ciò che c'è: cbi replay --check", "the journal does not make again what there is"
    avvisi = tuple(
        Avviso(it, f"{en}: cbi replay --check", each.verdetto.sia, guasto=True) for each in found if not each.sound
    )
    return Fatto({"rifatti": sum(each.partiti - len(each.fuori) for each in found)}, avvisi)


def _archive(home: Home) -> Fatto:
    return Fatto({"archiviati": len(file_away(home, AT_HAND)), "compressi": pacchi.pack(home)})


def _retention(home: Home) -> Fatto:
    with home.begin() as conn:
        return Fatto({"dimenticate": lavori.purge(conn, home.ports.clock.now() - lavori.KEPT)})


# --- when they do it --------------------------------------------------------------------------------------------------


def _whole(fai: Callable[[Home], Fatto]) -> Callable[[Home], list[Parte]]:
    return lambda home: [Parte(partial(fai, home))]


def _by_company(fai: Callable[[Home, Azienda], Fatto]) -> Callable[[Home], list[Parte]]:
    return lambda home: [Parte(partial(fai, home, azienda), azienda) for azienda in _companies(home)]


def _companies(home: Home) -> list[Azienda]:
    with home.read() as conn:
        return aziende.list_(conn)


LAVORI: Mapping[str, Lavoro] = {
    each.nome: each
    for each in (
        Lavoro(
            "fetch",
            "prende ciò che le banche hanno lasciato sulle linee (linee.toml)",
            "fetches what the banks have left on the lines (linee.toml)",
            "*/5 * * * *",
            _whole(_fetch),
        ),
        Lavoro(
            "receive", "legge ciò che le banche mandano", "reads what the banks send", "*/5 * * * *", _whole(_receive)
        ),
        Lavoro(
            "dispatch", "inoltra le distinte firmate", "sends the signed distinte", "*/5 * * * *", _whole(_dispatch)
        ),
        Lavoro(
            "deliver",
            "consegna sulle linee ciò che è partito",
            "delivers on the lines what has left",
            "*/5 * * * *",
            _whole(_deliver),
        ),
        Lavoro(
            "reconcile",
            "completa gli inoltri a metà, riceve e riconcilia",
            "completes dispatches cut halfway, receives and reconciles",
            "30 6 * * *",
            _whole(_reconcile),
        ),
        Lavoro(
            "receipts",
            "avvisa delle distinte senza ricevuta dopo un giorno bancario",
            "warns of distinte without a receipt after one banking day",
            "0 8 * * mon-fri",
            _whole(_receipts),
        ),
        Lavoro(
            "presume",
            "presume pagate le disposizioni di cui la banca tace (orari.toml)",
            "presumes paid the orders that the bank keeps silent about (orari.toml)",
            "30 7 * * mon-fri",
            _by_company(_presume),
        ),
        Lavoro(
            "checkpoint",
            "verifica il giornale e firma fin dove arriva",
            "verifies the journal and signs how far it has come",
            "10 4 * * *",
            _by_company(_checkpoint),
        ),
        Lavoro(
            "replay",
            "rifà libri e flussi dal giornale e li confronta",
            "makes books and flows again from the journal and compares them",
            "20 3 * * *",
            _whole(_replay),
        ),
        Lavoro(
            "expiries",
            "avvisa di password e certificati che scadono",
            "warns of passwords and certificates about to expire",
            "0 8 * * mon",
            _by_company(_expiries),
        ),
        Lavoro(
            "archive",
            "mette in cartelle datate ciò che è finito da 30 giorni, dopo 15 mesi lo comprime",
            "files by day what has been over for 30 days, packs it after 15 months",
            "30 4 * * *",
            _whole(_archive),
        ),
        Lavoro(
            "retention",
            "dimentica le corse dei lavori più vecchie di 90 giorni",
            "forgets the runs of jobs older than 90 days",
            "40 4 * * *",
            _whole(_retention),
        ),
    )
}
"""The jobs, in the order in which `cbi run --once` does them."""


def named(nomi: Iterable[str]) -> list[Lavoro]:
    """The jobs of those names, all of them for none; Refused (LAVORO-003) for one that is not there."""
    wanted = set(nomi) or set(LAVORI)
    if strangers := sorted(wanted - set(LAVORI)):
        raise Refused(
            "LAVORO-003",
            f"Il lavoro «{strangers[0]}» non esiste.",
            f'There is no job "{strangers[0]}".',
            hint_it=f"I lavori: {', '.join(LAVORI)}.",
            hint_en=f"The jobs: {', '.join(LAVORI)}.",
            exit_code=2,
        )
    return [lavoro for nome, lavoro in LAVORI.items() if nome in wanted]
