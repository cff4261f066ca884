"""The lines at work: what lies in `out/new` is delivered to the bank, what the bank left is fetched into `in/new`.

A file is moved to `out/sent` only once the bank's end has it (see `affido`), and taken away from there only once it
lies in `in/new`. A crash in between makes the next run do it again: it finds its own bytes under their name, and only
moves the file; or fetches a second time what `receive` knows by its digest. Each line goes by itself: one that is down
stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from ledger import archivio, aziende, intenti, linee
from ledger.errors import Refused
from ledger.home import Home
from ledger.intenti import Intento
from ledger.linee import StatoLinea
from ledger.ports import Disk, Ports, put, scratch
from ledger.varco import macchina
from spool import affido, busta
from spool.albero import Ramo, free, plant, ramo
from spool.lettura import Hostile
from spool.linee import Linea, lines
from spool.nomi import WRITING, harmless
from spool.trasporti import RETE, Rete
from spool.trasporti.protocollo import Chiusa, Trasporto, Voce, down, in_words

CONSEGNATO, PRESO, FALLITO = "consegnato", "preso", "fallito"
PRONTO = "pronto"  # what would be done, were it not a dry run
RECENTE = "recente"  # changed a moment ago, perhaps still being written: at the next run
CADUTA, SOSPESA = "caduta", "sospesa"  # of a whole line: it failed now, it is left alone after failing before

MOVING = ("sent", "new")
"""The folders of `out` that have to agree on where a file is before its note is forgotten."""

QUIET = timedelta(seconds=10)
"""How long a file of the bank must have been left as it is before it is fetched."""

FIRST_WAIT, LONGEST_WAIT = 2, 60  # seconds between attempts

Guasto = Refused | Hostile | OSError
_T = TypeVar("_T")


@dataclass(frozen=True)
class Passaggio:
    """What became of one file on a line, or of the line itself (`nome` is empty): `verdetto` is one of the words above.

    `error` says why it failed; `dal` is when a line that is left alone may be tried again.
    """

    sia: str
    abi: str
    nome: str
    verdetto: str
    error: Guasto | None = None
    dal: datetime | None = None


class Caduta(Exception):
    """The line is of no use for now; `error` says why."""

    def __init__(self, error: Refused | OSError) -> None:
        super().__init__(str(error))
        self.error = error


class Filo:
    """A line in use: opened when something is first asked of it, and again after it went down."""

    def __init__(self, home: Home, linea: Linea, rete: Rete) -> None:
        self._ports, self._linea, self._rete = home.ports, linea, rete
        self._far: Trasporto | None = None
        self.used = False

    def ask(self, what: Callable[[Trasporto], _T]) -> _T:
        """What the far end answers, after as many attempts as the line is given. Raises Caduta when the line is of no
        use; Refused, Hostile or OSError when it is what was asked that cannot be done."""
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        self.used = True
        attempts = Retrying(
            stop=stop_after_attempt(self._linea.come.tentativi),
            wait=lambda state: wait(self._ports, state.attempt_number),
            retry=retry_if_exception(down),
            sleep=self._rete.sleep,
            reraise=True,
        )
        try:
            answer: _T = attempts(self._once, what)
            return answer
        except Chiusa as refused:
            raise Caduta(refused) from refused
        except OSError as error:
            if down(error):
                raise Caduta(error) from error
            raise

    def _once(self, what: Callable[[Trasporto], _T]) -> _T:
        if self._far is None:
            self._far = self._rete.open(self._linea, self._ports)
        try:
            return what(self._far)
        except OSError as error:
            if down(error):
                self.close()
            raise

    def close(self) -> None:
        """Lets go of the line."""
        far, self._far = self._far, None
        if far is not None:
            far.close()


def wait(ports: Ports, attempt: int) -> float:
    """Seconds to wait after so many attempts: twice as long each time, and up to half of it less, at random, so that
    those who were cut off together do not come back together."""
    longest = min(FIRST_WAIT << (attempt - 1), LONGEST_WAIT)
    share = int(ports.random.token()[:4], 16) / 0xFFFF
    return longest * (1 - share / 2)


def deliver(home: Home, *, rete: Rete = RETE, dry_run: bool = False) -> list[Passaggio]:
    """Delivers all that has left and lies in `out/new`, on the lines there are; what became of each file.

    Raises Refused when the settings are wrong (LINEA-001, LINEA-002) or of a company that is not here (LINEA-004).
    """
    return _on_every_line(home, rete, _would_deliver if dry_run else _deliver, dry_run)


def fetch(home: Home, *, rete: Rete = RETE, dry_run: bool = False) -> list[Passaggio]:
    """Fetches all that the banks have left, on the lines there are, into `in/new`; what became of each file. A dry run
    asks the banks and takes nothing. Raises as `deliver` does."""
    return _on_every_line(home, rete, _would_fetch if dry_run else _fetch, dry_run)


def look(home: Home, linea: Linea, *, rete: Rete = RETE) -> list[Passaggio]:
    """Tries a line, though it be one to be left alone, and tells what the bank has left; takes nothing. That it works,
    or why not, is kept. Raises Refused (LINEA-004)."""
    return _on_line(home, _companies(home, [linea])[linea.sia], linea, rete, _would_fetch)


# --- lines ----------------------------------------------------------------------------------------------

Work = Callable[[Home, Linea, Filo], Iterator[Passaggio]]


def _on_every_line(home: Home, rete: Rete, work: Work, dry_run: bool) -> list[Passaggio]:
    found = lines(home)
    companies = _companies(home, found)
    with home.read() as conn:
        states = linee.states(conn)
    done: list[Passaggio] = []
    for linea in found:
        stato = states.get((linea.sia, linea.abi))
        if stato is not None and stato.rests(home.ports.clock.now()):
            done.append(_left_alone(linea, stato))
        else:
            done += _on_line(home, companies[linea.sia], linea, rete, work, dry_run=dry_run)
    return done


def _companies(home: Home, found: list[Linea]) -> dict[str, int]:
    """The id of each company by its SIA. Raises Refused (LINEA-004) for a line of one that is not here."""
    with home.read() as conn:
        known = {azienda.sia: azienda.id for azienda in aziende.list_(conn)}
    for linea in found:
        if linea.sia not in known:
            raise Refused(
                "LINEA-004",
                f"linee.toml ha una linea dell'azienda {linea.sia}, che in questo archivio non c'è.",
                f"linee.toml has a line of company {linea.sia}, which is not in this home.",
                hint_it="Correggere il codice SIA; quelli che ci sono: cbi aziende",
                hint_en="Correct the SIA code; those there are: cbi aziende",
            )
    return known


def _left_alone(linea: Linea, stato: StatoLinea) -> Passaggio:
    return Passaggio(linea.sia, linea.abi, "", SOSPESA, dal=stato.riprova_dal)


def _on_line(
    home: Home, azienda_id: int, linea: Linea, rete: Rete, work: Work, *, dry_run: bool = False
) -> list[Passaggio]:
    """What became of each file on a line, whatever happens to it; how it fared is kept."""
    filo, done, error = Filo(home, linea, rete), list[Passaggio](), None
    try:
        for passaggio in work(home, linea, filo):
            done.append(passaggio)
    except Caduta as caduta:
        error = caduta.error
    except (Refused, OSError) as refused:
        error = refused
    finally:
        filo.close()
    if error is not None:
        done.append(Passaggio(linea.sia, linea.abi, "", CADUTA, error))
    if filo.used or error is not None:
        _keep(home, azienda_id, linea, error, dry_run)
    return done


def _keep(home: Home, azienda_id: int, linea: Linea, error: Refused | OSError | None, dry_run: bool) -> None:
    with macchina(home, azienda_id, "linea", dry_run=dry_run) as lavoro:
        if error is None:
            linee.worked(lavoro.conn, home.ports, azienda_id, linea.abi)
        else:
            linee.failed(lavoro.conn, home.ports, azienda_id, linea.abi, *in_words(error))


# --- what leaves ----------------------------------------------------------------------------------------


def _would_deliver(home: Home, linea: Linea, filo: Filo) -> Iterator[Passaggio]:
    for intento in _leaving(home, _branch(home, linea)):
        yield Passaggio(linea.sia, linea.abi, intento.nome_file, PRONTO)


def _deliver(home: Home, linea: Linea, filo: Filo) -> Iterator[Passaggio]:
    branch, disk = plant(home.ports.disk, _branch(home, linea)), home.ports.disk
    for intento in _leaving(home, branch):
        try:
            yield Passaggio(linea.sia, linea.abi, _give(home, linea, branch, filo, intento), CONSEGNATO)
        except affido.Altrui:
            continue
        except (Refused, OSError) as error:
            if disk.exists(branch.out("new") / intento.nome_file):  # else another run was quicker
                yield Passaggio(linea.sia, linea.abi, intento.nome_file, FALLITO, error)
    _forget(disk, branch)


def _give(home: Home, linea: Linea, branch: Ramo, filo: Filo, intento: Intento) -> str:
    """The name under which the bank has the file; it has been moved to `out/sent`."""
    name, data = _to_deliver(home, linea, branch, intento)
    nota = affido.nota_di(home.ports, branch, intento)
    filo.ask(lambda far: affido.entrust(far, nota, name, data))
    move_to_sent(home.ports.disk, branch, intento.nome_file)
    return name


def _leaving(home: Home, branch: Ramo) -> list[Intento]:
    """What lies in `out/new` and has left by the books, which is not all that may lie there."""
    folder = branch.out("new")
    names = home.ports.disk.listdir(folder) if home.ports.disk.exists(folder) else []
    with home.read() as conn:
        company = aziende.find(conn, branch.sia).id
        found = [intenti.sent_as(conn, company, branch.abi, name) for name in names]
    return [intento for intento in found if intento is not None]


def _to_deliver(home: Home, linea: Linea, branch: Ramo, intento: Intento) -> tuple[str, bytes]:
    """The name and the bytes to leave at the bank. Raises Refused when they are not those signed (LINEA-011)."""
    data = home.ports.disk.read(branch.out("new") / intento.nome_file)
    if archivio.digest(data) != intento.sha256:
        raise Refused(
            "LINEA-011",
            f"{intento.nome_file} in out/new non ha più il contenuto firmato: non viene consegnato.",
            f"{intento.nome_file} in out/new no longer has the contents signed: it is not delivered.",
            hint_it="Qualcuno lo ha cambiato: ciò che è stato firmato è nell'archivio, sotto la sua impronta.",
            hint_en="Somebody changed it: what was signed is in the archive, under its digest.",
        )
    if linea.come.certificato is None:
        return intento.nome_file, data
    return f"{intento.nome_file}{busta.SUFFIX}", _sealed(
        home, branch, intento, data, linea.local(linea.come.certificato)
    )


def _sealed(home: Home, branch: Ramo, intento: Intento, data: bytes, certificate: Path) -> bytes:
    """The envelope of a file, the same at every attempt: no two that are made are alike, so it is kept until it is
    delivered."""
    disk, pem = home.ports.disk, home.ports.disk.read(certificate)
    kept = branch.out("tmp") / f"{intento.nome_file}.{archivio.digest(pem)[:8]}{busta.SUFFIX}"
    if not disk.exists(kept):
        put(home.ports, kept, busta.seal(data, pem, home.ports.clock.now()))
    return disk.read(kept)


def move_to_sent(disk: Disk, branch: Ramo, name: str) -> None:
    """Moves a file from `out/new` to `out/sent`, durably. Raises OSError; then it is where it was, as far as can be."""
    if not disk.exists(branch.out("new") / name):
        return  # the receipt of the bank, or another process, was quicker
    waiting, gone = branch.out("new") / name, branch.out("sent") / name
    disk.rename(waiting, gone)
    try:
        for folder in MOVING:
            disk.fsync_dir(branch.out(folder))
    except OSError:  # it would be forgotten, and might come back: the next run moves it anew
        with suppress(OSError):
            disk.rename(gone, waiting)
        raise


def _forget(disk: Disk, branch: Ramo) -> None:
    """Removes the envelopes of what has been delivered, and the notes about it."""
    tmp = branch.out("tmp")
    kept = [name for name in disk.listdir(tmp) if name.endswith((busta.SUFFIX, affido.SUFFIX))]
    if not kept:
        return
    for folder in MOVING:  # what was moved stays where it is: who moved it may have been stopped before it did
        disk.fsync_dir(branch.out(folder))
    waiting = tuple(disk.listdir(branch.out("new")))
    for name in kept:
        if not name.startswith(waiting):
            with suppress(FileNotFoundError):  # another run was quicker
                disk.remove(tmp / name)


# --- what arrives ---------------------------------------------------------------------------------------


def _would_fetch(home: Home, linea: Linea, filo: Filo) -> Iterator[Passaggio]:
    for voce in _waiting(filo):
        verdetto = RECENTE if _recent(voce, home.ports) else PRONTO
        yield Passaggio(linea.sia, linea.abi, voce.nome, verdetto)


def _fetch(home: Home, linea: Linea, filo: Filo) -> Iterator[Passaggio]:
    branch = plant(home.ports.disk, _branch(home, linea))
    for voce in _waiting(filo):
        if _recent(voce, home.ports):
            yield Passaggio(linea.sia, linea.abi, voce.nome, RECENTE)
            continue
        try:
            path = _take(home, branch, filo, voce)
            yield Passaggio(linea.sia, linea.abi, path.name, PRESO)
        except (Refused, Hostile, OSError) as error:
            yield Passaggio(linea.sia, linea.abi, voce.nome, FALLITO, error)


def _waiting(filo: Filo) -> list[Voce]:
    """What the bank has left, but for what it hides or is still writing."""
    found = filo.ask(lambda far: far.waiting())
    return [voce for voce in found if not voce.nome.startswith(".") and not voce.nome.lower().endswith(WRITING)]


def _recent(voce: Voce, ports: Ports) -> bool:
    """Whether a file was changed just now, by clocks that need not agree to the second."""
    return abs(ports.clock.now().timestamp() - voce.modificato) < QUIET.total_seconds()


def _take(home: Home, branch: Ramo, filo: Filo, voce: Voce) -> Path:
    """Where the file lies now, in `in/new`; it is no longer with the bank."""
    if "/" in voce.nome or "\0" in voce.nome:
        raise Hostile("il nome è un percorso", "its name is a path")
    data = filo.ask(lambda far: far.fetch(voce))
    path = _drop(home.ports, branch, harmless(voce.nome), data)
    filo.ask(lambda far: far.take_away(voce))
    return path


def _drop(ports: Ports, branch: Ramo, name: str, data: bytes) -> Path:
    """Puts a file into `in/new`, whole, and never over another."""
    with scratch(ports, branch.out("tmp")) as written:
        ports.disk.write_new(written, data)
        path = free(ports.disk, branch.into("new"), name)
        ports.disk.rename(written, path)
    ports.disk.fsync_dir(path.parent)
    return path


def _branch(home: Home, linea: Linea) -> Ramo:
    return ramo(home.spool_dir, linea.sia, linea.abi)
