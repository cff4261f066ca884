"""A long archive to replay: the life of one distinta, as the engine wrote it, many times over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger import archivio, esporta
from ledger.canonico import canonical
from ledger.home import Home
from ledger.journal import GENESIS, event_hash
from spool.dispatch import dispatch_ready
from spool.receive import receive
from tests.spool.casa import answers, build, flow

NAME = "P000000"
ORDERS = 10


def archive(path: Path, events: int) -> int:
    """An archive in `path` of at least so many events; how many distinte there are in it."""
    home = build(path.with_name("modello"), [flow(NAME, range(1, ORDERS + 1))])
    dispatch_ready(home)
    answers(home)
    receive(home)
    esporta.archive(home, path)
    told = [json.loads(line) for line in (path / "journal.ndjson").read_text().splitlines()]
    first = next(n for n, event in enumerate(told) if event["tipo"] == "distinta_stato")
    born, life = told[:first], told[first:]
    times = -(-(events - len(born)) // len(life))
    contents = _contents(home, life)
    home.close()
    for n in range(times):
        for data in contents.values():
            _store(path, _renamed(data, n))
    with (path / "journal.ndjson").open("w") as out:
        before = GENESIS
        for numero, event in enumerate(_all(born, life, contents, times), 1):
            linked = {**event, "numero": numero, "prima": before}
            before = event_hash(linked)
            out.write(f"{canonical({**linked, 'hash': before})}\n")
    return times


def _contents(home: Home, life: list[dict[str, Any]]) -> dict[str, bytes]:
    named = {json.loads(event["dati"]).get("sha256") for event in life if event["tipo"].startswith("file_")}
    return {each: archivio.load(home, each) for each in named}


def _renamed(data: bytes, n: int) -> bytes:
    made = data.replace(NAME.encode(), _name(n).encode())
    return made if made != data or n == 0 else data + f"{n}\r\n".encode()


def _name(n: int) -> str:
    return f"P{n:06d}"


def _store(path: Path, data: bytes) -> None:
    digest = sha256(data).hexdigest()
    folder = path / "archive" / digest[:2]
    folder.mkdir(exist_ok=True)
    (folder / digest).write_bytes(data)


def _all(
    born: list[dict[str, Any]], life: list[dict[str, Any]], contents: dict[str, bytes], times: int
) -> Iterator[dict[str, Any]]:
    yield from born
    files = len({event["soggetto"] for event in life if event["soggetto"].startswith("file:")})
    steps = {"distinta": 1, "file": files, "disposizione": ORDERS}
    for n in range(times):
        digests = {each: sha256(_renamed(data, n)).hexdigest() for each, data in contents.items()}
        for event in life:
            kind, _, number = event["soggetto"].partition(":")
            subject = f"{kind}:{int(number) + n * steps[kind]}"
            dati = _moved(json.loads(event["dati"]), n, files, digests)
            yield {**event, "soggetto": subject, "dati": canonical(dati)}


def _moved(value: Any, n: int, files: int, digests: dict[str, str], name: str = "") -> Any:
    """The data of an event as those of the n-th distinta: other ids, names and digests."""
    match value:
        case dict():
            return {key: _moved(each, n, files, digests, key) for key, each in value.items()}
        case list() if name == "ordini" and value and isinstance(value[0][0], int):
            return [[each + n * ORDERS for each in pair] for pair in value]
        case list():
            return [_moved(each, n, files, digests, name) for each in value]
        case int() if name in ("distinta", "distinta_id", "id"):
            return value + n
        case int() if name == "file_id":
            return value + n * files
        case str():
            for old, new in digests.items():
                value = value.replace(old, new).replace(old[:16], new[:16])
            return value.replace(NAME, _name(n))
    return value
