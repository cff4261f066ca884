"""The homes that commands are tried on: each a folder with the home, the files to be given to it, and the bank's end
of its lines. Made once by the engine itself, then copied."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp

from banksim import __main__ as sim
from banksim.dati import SIA
from cbi import read_records
from commands.exchange import as_json
from ledger import codici, distinte, esporta, firme, operazioni, utenti
from ledger.home import Home
from ledger.importa import Opzioni, import_file
from ledger.ports import FsyncFailed, real_ports
from ledger.profilo import Diritto, Profilo
from ledger.stati import Evento
from spool.albero import ramo
from spool.dispatch import dispatch_ready
from spool.receive import receive
from tests.console import ROOT
from tests.faults.comando import typed
from tests.faults.disco import LONG_AGO
from tests.ledger import vecchia as prima
from tests.ledger.sala import QUICK_HASHER
from tests.spool import casa

A, B, C = casa.flow("RIBA-A", range(1, 3)), casa.flow("RIBA-B", range(3, 5), "02008"), casa.flow("RIBA-C", range(5, 7))
DUE = casa.flow("RIBA-D", range(10, 12)) + casa.flow("RIBA-E", range(12, 13), "02008")
ADMIN = "amministra"
PORTATI = "portati"  # where a bank keeps what was delivered on a line, once it has carried it off
FIXTURES = datetime(2026, 11, 23, 8, tzinfo=UTC)  # when the fixtures were made
MARZO = datetime(2027, 3, 1, 8, tzinfo=UTC)  # when what is of LONG_AGO is over


def _open(root: Path) -> Home:
    return Home.open(root / "home", casa.ports())


def nulla(root: Path) -> None:
    """No home yet."""
    (root / "files").mkdir()


def vecchia(root: Path) -> None:
    """A home that an older version made."""
    prima.build(root / "home")


def libri(root: Path) -> None:
    """A company, two banks, one person; three distinte to be signed, and a file that is not in yet."""
    nulla(root)
    (root / "files" / "due.cbi").write_bytes(DUE)
    (root / "files" / "altro.cbi").write_bytes(casa.flow("RIBA-G", range(20, 21)))
    records = (json.dumps(as_json(each), ensure_ascii=False) for each in read_records(io.BytesIO(A)))
    (root / "files" / "uno.ndjson").write_text("".join(f"{each}\n" for each in records))
    casa.build(root / "home", [A, B, C], signed=False).close()
    _people(root)


def _people(root: Path) -> None:
    """Those who may change people and rules: one alone, two together."""
    home = _open(root)
    with home.begin() as conn:
        for login, right in ((ADMIN, Diritto.INDIVIDUALE), ("rossi", Diritto.CONGIUNTO), ("verdi", Diritto.CONGIUNTO)):
            profilo = Profilo(amministra=right)
            utenti.create(conn, home.ports, 1, login=login, peso=1, password=casa.PASSWORD, profilo=profilo)
    home.close()


def sospesa(root: Path) -> None:
    """As `libri`, with a person suspended."""
    libri(root)
    _typed(root, f"utenti suspend bianchi --user {ADMIN}")


def cambio(root: Path) -> None:
    """As `libri`, with a change that waits for somebody else."""
    libri(root)
    _typed(root, "utenti suspend bianchi --user rossi")


def codice(root: Path) -> None:
    """As `libri`, with a person who has a second factor."""
    libri(root)
    home = _open(root)
    secret = codici.new_secret(home.ports.random)
    code = pyotp.TOTP(secret).at(casa.Clock().now())
    utenti.enrol(home, 1, "bianchi", casa.PASSWORD, secret, code)
    home.close()


def delega(root: Path) -> None:
    """F24 that have left."""
    _sent(root, "f24").close()


def tornata(root: Path) -> None:
    """R.I.D. that have left, one of which came back."""
    home = _sent(root, "rid")
    with home.begin() as conn:
        first = next(iter(distinte.orders(conn, 1))).id
        distinte.apply_order(conn, home.ports, first, Evento.INSOLVI, chi="prova", dati={})
    home.close()


def _sent(root: Path, fixture: str) -> Home:
    nulla(root)
    home = casa.build(root / "home", [], signed=False)
    home.ports.clock.at = FIXTURES
    import_file(home, (ROOT / "fixtures" / f"{fixture}.cbi").read_bytes(), "flusso.cbi", 1)
    firme.sign(home, 1, "bianchi", casa.PASSWORD)
    dispatch_ready(home)
    return home


def _typed(root: Path, words: str) -> None:
    if typed(words, root, casa.Clock().at, casa.PASSWORD):
        raise RuntimeError(words)


def sciolta(root: Path) -> None:
    """As `libri`, with an order that was taken out, and a distinta that a person has to approve."""
    libri(root)
    home = _open(root)
    with home.read() as conn:
        first = next(iter(distinte.orders(conn, 3))).id
    operazioni.take_out(home, 3, [first], "bianchi", casa.PASSWORD)
    import_file(home, casa.flow("RIBA-F", range(1, 3)), "doppi.cbi", 1, opzioni=Opzioni())
    home.close()


def firmata(root: Path) -> None:
    """All the signatures, and nothing has left."""
    libri(root)
    home = _open(root)
    for n in (1, 2):
        firme.sign(home, n, "bianchi", casa.PASSWORD)
    home.close()


def partita(root: Path) -> None:
    """Two distinte have left, and lie where the banks collect."""
    firmata(root)
    home = _open(root)
    dispatch_ready(home)
    home.close()


class _Unsure:
    """The real disk, which never confirms what is in `out/new`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(real_ports().disk, name)

    def fsync_dir(self, path: Path) -> None:
        real_ports().disk.fsync_dir(path)
        if path.parts[-3:] == ("03069", "out", "new"):
            raise FsyncFailed(errno.EIO, "Input/output error", str(path))


def incerta(root: Path) -> None:
    """A dispatch of which the disk did not confirm the last step."""
    firmata(root)
    home = Home.open(root / "home", casa.ports(_Unsure()))
    dispatch_ready(home)
    home.close()


def risposte(root: Path) -> None:
    """The banks have answered: receipts, outcomes, statements, plain and in archives, and files that are nothing."""
    partita(root)
    home = _open(root)
    casa.answers(home)
    new = casa.branch(home).into("new")
    names = sorted(path.name for path in new.iterdir())
    first, second = (new / names[0]), (new / names[-1])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"giorno/{first.name}", first.read_bytes())
        archive.writestr("rotto.cbi", b"niente di sensato\n")
    (new / "giorno.zip").write_bytes(packed.getvalue())
    (new / "ancora.cbi.gz").write_bytes(gzip.compress(second.read_bytes(), mtime=0))
    (new / "copia.cbi").write_bytes(second.read_bytes())
    (new / "copia.cbi.ok").write_bytes(b"")
    (new / "strano\nnome.cbi").write_bytes(b"x")
    home.close()


def finita(root: Path) -> None:
    """Everything that there was to do has been done, long ago."""
    risposte(root)
    home = _open(root)
    receive(home)
    home.close()
    _age(root)


def _age(root: Path) -> None:
    for path in (root / "home" / "spool").rglob("*"):
        if path.is_file():
            os.utime(path, (LONG_AGO, LONG_AGO))


def poca(root: Path) -> None:
    """Two flows were sent and received long ago, and nothing else."""
    partita(root)
    home = _open(root)
    sim.receipts(home.spool_dir, casa.Clock().at.date(), ack=["02008"])
    receive(home)
    home.close()
    _age(root)


def riposta(root: Path) -> None:
    """As `poca`, in dated folders."""
    poca(root)
    if typed("run --once archive", root, MARZO):
        raise RuntimeError("archive")


def spuntata(root: Path) -> None:
    """As `finita`, with a movement ticked, rules for the others, and an outcome that nobody knows what it is of."""
    finita(root)
    (root / "home" / "regole.toml").write_text(
        f'[[movimenti.{SIA}]]\nnome = "dare"\nsegno = "D"\nspunta = true\netichetta = "da vedere"\n'
    )
    _typed(root, "tick 1 --user bianchi")
    _typed(root, "unmatch 1 --user bianchi")


def scritta(root: Path) -> None:
    """As `partita`, with a message of a bank."""
    partita(root)
    home = _open(root)
    casa.drop(home, "sl.cbi", (ROOT / "fixtures" / "sl_banca.cbi").read_bytes())
    receive(home)
    home.close()


def esportata(root: Path) -> None:
    """As `finita`, with the archive that a replay wants."""
    finita(root)
    home = _open(root)
    esporta.archive(home, root / "esporto")
    home.close()


def linea(root: Path) -> None:
    """As `partita`, with a line to one of the banks, which has left two files."""
    partita(root)
    for name in ("da-noi", "per-noi", "presi"):
        (root / "banca" / name).mkdir(parents=True)
    (root / "home" / "linee.toml").write_text(
        f'[{SIA}.03069]\ntipo = "cartella"\nconsegna = "../banca/da-noi"\nritiro = "../banca/per-noi"\n'
        'archivio = "../banca/presi"\ntentativi = 1\n'
    )
    (root / "banca" / "per-noi" / "uno.cbi").write_bytes(b"uno\n")
    (root / "banca" / "per-noi" / "due.cbi").write_bytes(b"due\n")


def dubbia(root: Path) -> None:
    """As `linea`, with a delivery that was cut at the very end: the bank has no file of either name."""
    linea(root)
    home = _open(root)
    (file,) = casa.branch(home).out("new").iterdir()
    (casa.branch(home).out("tmp") / f"{file.name}.consegna").write_text(f".{file.name}.000000000000.tmp\n")
    home.close()


def collect(root: Path, banks: Iterable[str]) -> None:
    """Those banks collect what lies in `out/new`."""
    for abi in banks:
        branch = ramo(root / "home" / "spool", SIA, abi)
        for path in sorted(branch.out("new").iterdir()) if branch.out("new").exists() else ():
            path.rename(branch.out("sent") / path.name)


def quick() -> None:
    """Passwords are soon tried, in this process and those it starts."""
    utenti.HASHER = QUICK_HASHER


CASE: dict[str, Callable[[Path], None]] = {
    each.__name__: each
    for each in (
        *(nulla, vecchia, libri, sciolta, sospesa, cambio, codice, delega, tornata),
        *(firmata, partita, incerta, risposte, finita, poca, riposta, spuntata, scritta, esportata, linea, dubbia),
    )
}
