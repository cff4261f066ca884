"""A home as the first version made it: its own migration, and rows as it wrote them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from ledger import database, journal
from ledger import home as homes
from ledger.archivio import digest
from ledger.home import Home
from tests.ledger.flussi import ABI, DEBTOR, order, riba
from tests.ledger.sala import PARTITA_IVA, SIA, ports

AT = "2026-03-02T09:00:00.000000Z"
FLOWS = (
    riba(order(1), order(2, 500), nome="UNO"),
    riba(order(3), order(4, conto="000000099999"), order(5, causale="30000"), nome="DUE"),
    riba(order(1, causale="30100"), nome="TRE"),
)


def build(path: Path, url: str = "", version: str = "0001") -> list[tuple[str, str, bytes]]:
    """The home, as a later version had it if one is named; for each of its orders numero ricevuta, state and records.
    At `url`, if given, is an empty database."""
    path.mkdir(parents=True)
    if url:
        database.keep_address(ports(), path, url)
    with migrated(path, "0001", url) as conn:
        orders = _fill(conn)
    with migrated(path, version, url):
        return orders


@contextmanager
def migrated(path: Path, version: str, url: str = "") -> Iterator[Connection]:
    """A connection to a database just brought to a version of the tables."""
    old = Home(path, ports(), database.connect(path, url, foreign_keys=False))
    with old.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(Path(homes.__file__).parent / "migrations"))
        config.attributes["connection"] = conn
        command.upgrade(config, version)
        yield conn
    old.close()


def _fill(conn) -> list[tuple[str, str, bytes]]:
    def put(table, **values):
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        conn.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)

    put("azienda", id=1, sia=SIA, nome="Ferramenta Prova", codice_fiscale=PARTITA_IVA, at=AT)
    put("banca", id=1, azienda_id=1, abi=ABI, nome="")
    put("utente", id=1, azienda_id=1, login="anna", peso=70, hash="x", stato="attivo", tentativi=0, at=AT)
    whole = b"".join(FLOWS)
    put("file", id=1, azienda_id=1, origine="azienda", sha256=digest(whole), nome="f", dimensione=9, dati="{}", at=AT)
    orders, line, number = [], 1, 0
    for n, flow in enumerate(FLOWS, 1):
        stato = ("Inoltrata", "Da spedire", "Con errori")[n - 1]
        kept = {"id": n, "azienda_id": 1, "file_id": 1, "numero_supporto": n, "line": line, "flusso": "RIBA"}
        kept |= {"tipo": "IB", "abi": ABI, "nome_supporto": ("UNO", "DUE", "TRE")[n - 1], "sha256": digest(flow)}
        put("distinta", **kept, data_creazione="2026-03-02", numero_disposizioni=1, totale=1, stato=stato, at=AT)
        records = flow.split(b"\r\n")[1:-2]
        for at in range(0, len(records), 7):
            raw = b"".join(record + b"\r\n" for record in records[at : at + 7])
            number += 1
            receipt = raw.split(b"\r\n")[5][10:20].decode()
            mine = {"id": number, "azienda_id": 1, "distinta_id": n, "numero": at // 7 + 1, "line": line + 1 + at}
            mine |= {"causale": raw[28:33].decode(), "importo": int(raw[33:46]), "scadenza": "2026-04-30"}
            mine |= {
                "numero_ricevuta": receipt,
                "debitore": "OFFICINE",
                "codice_fiscale": DEBTOR,
                "abi": "02008",
                "cab": "05678",
            }
            put("disposizione", **mine, conto_assuntrice=raw[57:69].decode(), stato=stato, raw=raw)
            orders.append((receipt, stato, raw))
        line += len(records) + 2
        covered = {"sha256": digest(flow), "numero_disposizioni": 1, "totale": 1}
        put("iter", distinta_id=n, at=AT, chi="import", evento="importa", da="", a="Inserita", dati="{}")
        put("intento", distinta_id=n, abi=ABI, nome_file=f"f{n}", sha256=digest(flow), stato="compiuto", at=AT)
        put("firma", distinta_id=n, utente_id=1, peso=100, **covered, regole="{}", at=AT)
    put("diagnostica", file_id=1, distinta_id=3, codice="X", gravita="error", line=1, dati="{}")
    put(
        "esito",
        id=1,
        azienda_id=1,
        file_id=1,
        disposizione_id=1,
        abi=ABI,
        nome_supporto="E",
        line=2,
        causale="30010",
        effetto="paid",
        numero_ricevuta="0000000001",
        importo=1,
        debitore="OFFICINE",
        verdetto="applicato",
        at=AT,
        raw=b"",
    )
    put("eccezione", azienda_id=1, file_id=1, esito_id=1, distinta_id=1, motivo="x", dati="{}", at=AT)
    said = {"azienda_id": 1, "file_id": 1, "abi": ABI, "cab": "01234", "divisa": "EUR", "at": AT}
    for n, (conto, day) in enumerate((("000000000001", 2), ("000000000002", 2), ("000000000001", 3)), 1):
        sums = {"saldo_iniziale": 0, "saldo_finale": n, "data": f"2026-03-0{day}"}
        put("rapporto", id=n, tipo="RH", nome_supporto=f"RH{n}", line=n, conto=conto, **said, **sums)
        moved = {"data_contabile": f"2026-03-0{day}", "segno": "C", "importo": n, "causale": "48", "descrizione": "X"}
        put("movimento", id=n, rapporto_id=n, line=n, **moved)
    for n in range(3):
        journal.append(conn, azienda_id=1, tipo="prova", soggetto="x", dati={"n": n}, at=ports().clock.now())
    return orders
