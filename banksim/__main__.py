"""The simulator at the bank's end of the spool: `python -m banksim SPOOL receipts|outcomes|statement --date
DAY`.

It collects the flows from every `out/new`, moves them to `out/sent`, and drops its answers into `in/new`,
complete and in one step (written beside, then renamed), as a transport must.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cbi
from banksim import SIMULATORE
from banksim.dati import conto
from banksim.risposte import (
    Decisione,
    Esito,
    conferma,
    decide,
    flusso_esiti,
    rendiconto,
    ricevuta,
    scarto,
    stray,
)

OPENING = 2_500_000
"""Balance of every simulated account before the first statement, in cents."""


@dataclass(frozen=True)
class Sportello:
    """The bank's end of one branch of the spool."""

    folder: Path

    def collect(self) -> Iterator[Path]:
        """Takes what was left in `out/new`: each file is moved to `out/sent`."""
        for path in sorted((self.folder / "out" / "new").glob("*.cbi")):
            yield path.rename(self.folder / "out" / "sent" / path.name)

    def taken(self) -> list[cbi.Supporto]:
        """The flows taken and not refused."""
        paths = [p for f in ("sent", "confirmed") for p in (self.folder / "out" / f).glob("*.cbi")]
        return [s for path in sorted(paths) for s in _supporti(path)]

    def answer(self, name: str, data: bytes) -> str:
        """Drops an answer into `in/new`; returns its name."""
        scratch = self.folder / "in" / f"{name}.part"
        scratch.write_bytes(data)
        scratch.rename(self.folder / "in" / "new" / name)
        return f"{self.folder.name}/in/new/{name}"


def sportelli(spool: Path) -> list[Sportello]:
    """The bank's end of every branch."""
    return [Sportello(folder) for folder in sorted(spool.glob("*/*")) if (folder / "out" / "new").is_dir()]


def receipts(spool: Path, oggi: date, *, refuse: Sequence[str] = (), ack: Sequence[str] = ()) -> list[str]:
    """Answers each flow waiting: an ER for the nomi supporto in `refuse`, a sidecar for the banks in `ack`,
    otherwise a CN."""
    return [
        _receipt(s, path, supporto, oggi, refuse, ack)
        for s in sportelli(spool)
        for path in s.collect()
        for supporto in _supporti(path)
    ]


def outcomes(spool: Path, oggi: date, *, seed: int = 1, strays: bool = False) -> list[str]:
    """Answers each flow taken with its paid and unpaid outcomes; with `strays`, two that match no order."""
    done = []
    for sportello in sportelli(spool):
        for decisione in _decisions(sportello, seed):
            extra = _strangers(decisione) if strays else []
            for causale in ("30010", "42010"):
                strangers = extra if causale == "30010" else []
                if decisione.of(causale):
                    data = flusso_esiti(decisione, causale, oggi, strangers)
                    name = f"ESITI-{causale}-{decisione.riferimenti[causale]}.cbi"
                    done.append(sportello.answer(name, data))
            strays = False
    return done


def statement(spool: Path, oggi: date, *, seed: int = 1) -> list[str]:
    """The RH of the day for each bank that took something."""
    done = []
    for sportello in sportelli(spool):
        if decisions := _decisions(sportello, seed):
            d = decisions[0].esiti[0].disposizione
            account = conto(d.abi_assuntrice, d.cab_assuntrice, d.conto_assuntrice or "")
            data = rendiconto(decisions, oggi, account, OPENING)
            done.append(sportello.answer(f"RH-{account['abi']}-{oggi:%Y%m%d}.cbi", data))
    return done


def _receipt(
    sportello: Sportello,
    path: Path,
    supporto: cbi.Supporto,
    oggi: date,
    refuse: Sequence[str],
    ack: Sequence[str],
) -> str:
    name = supporto.identita[3]
    if name in refuse:
        return sportello.answer(f"ER-{path.stem}.cbi", scarto(supporto, oggi, ["066"]))
    if sportello.folder.name in ack:
        return sportello.answer(f"{path.name}.ack", ricevuta(path.name, path.read_bytes()))
    return sportello.answer(f"CN-{path.stem}.cbi", conferma(supporto, oggi))


def _strangers(decisione: Decisione) -> list[Esito]:
    """An outcome for a receipt nobody ever presented, and one ten euro short."""
    first, last = decisione.of("30010")[0], decisione.of("30010")[-1]
    return [
        stray(first, numero_ricevuta="9900000001"),
        stray(last, importo=last.disposizione.importo - 1_000),
    ]


def _decisions(sportello: Sportello, seed: int) -> list[Decisione]:
    return [decide(supporto, seed) for supporto in sportello.taken()]


def _supporti(path: Path) -> list[cbi.Supporto]:
    with path.open("rb") as stream:
        return list(cbi.read_supporti(stream))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="banksim", description=SIMULATORE)
    parser.add_argument("spool", type=Path, help="the spool folder of a home")
    parser.add_argument("scene", choices=("receipts", "outcomes", "statement"))
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="the simulated day")
    parser.add_argument("--seed", type=int, default=1, help="which orders come back unpaid")
    parser.add_argument("--refuse", action="append", default=[], help="nome supporto of a flow to refuse")
    parser.add_argument("--ack", action="append", default=[], help="ABI of a bank that answers by .ack sidecar")
    parser.add_argument("--strays", action="store_true", help="add outcomes that match no order")
    args = parser.parse_args(arguments)
    scenes = {
        "receipts": lambda: receipts(args.spool, args.date, refuse=args.refuse, ack=args.ack),
        "outcomes": lambda: outcomes(args.spool, args.date, seed=args.seed, strays=args.strays),
        "statement": lambda: statement(args.spool, args.date, seed=args.seed),
    }
    print(SIMULATORE)
    for line in scenes[args.scene]():
        print(f"  {line}")


if __name__ == "__main__":
    main()
