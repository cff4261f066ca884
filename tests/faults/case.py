"""The homes that commands are tried on: each a folder with the home, the files to be given to it, and the bank's end
of its lines. Made once by the engine itself, then copied."""

from __future__ import annotations

import errno
import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from banksim.dati import SIA
from ledger import esporta, firme, operazioni, utenti
from ledger.home import Home
from ledger.importa import Opzioni, import_file
from ledger.ports import FsyncFailed, real_ports
from ledger.profilo import Diritto, Profilo
from spool.albero import ramo
from spool.dispatch import dispatch_ready
from spool.receive import receive
from tests.ledger import vecchia as prima
from tests.ledger.sala import QUICK_HASHER
from tests.spool import casa

A, B, C = casa.flow("RIBA-A", range(1, 3)), casa.flow("RIBA-B", range(3, 5), "02008"), casa.flow("RIBA-C", range(5, 7))
DUE = casa.flow("RIBA-D", range(10, 12)) + casa.flow("RIBA-E", range(12, 13), "02008")
ADMIN = "amministra"


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
    casa.build(root / "home", [A, B, C], signed=False).close()
    utenti_di(root)


def utenti_di(root: Path) -> None:
    """One more person, who may change people and rules."""
    home = _open(root)
    with home.begin() as conn:
        profilo = Profilo(amministra=Diritto.INDIVIDUALE)
        utenti.create(conn, home.ports, 1, login=ADMIN, peso=1, password=casa.PASSWORD, profilo=profilo)
    home.close()


def sciolta(root: Path) -> None:
    """As `libri`, with an order that was taken out, and a distinta that a person has to approve."""
    libri(root)
    home = _open(root)
    operazioni.take_out(home, 3, "bianchi", casa.PASSWORD, ordini=[1])
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
        if path.parts[-2:] == ("out", "new"):
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
    for path in (root / "home" / "spool").rglob("*"):
        if path.is_file():
            os.utime(path, (1_793_000_000, 1_793_000_000))  # October 2026


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


def banca(root: Path, *, lines: bool) -> list[str]:
    """The banks collect what lies in `out/new`, but for the one that has a line; the names of what they took."""
    taken = []
    for abi in ("02008",) if lines else ("02008", "03069"):
        branch = ramo(root / "home" / "spool", SIA, abi)
        for path in sorted(branch.out("new").iterdir()) if branch.out("new").exists() else ():
            path.rename(branch.out("sent") / path.name)
            taken.append(path.name)
    return taken


def quick() -> None:
    """Passwords are soon tried, in this process and those it starts."""
    utenti.HASHER = QUICK_HASHER


CASE: dict[str, Callable[[Path], None]] = {
    each.__name__: each
    for each in (nulla, vecchia, libri, sciolta, firmata, partita, incerta, risposte, finita, esportata, linea)
}
