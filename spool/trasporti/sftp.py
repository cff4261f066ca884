"""A line by SFTP, on asyncssh: whatever configuration the machine has for ssh is not looked at, and the host is always
known beforehand."""

from __future__ import annotations

import asyncio
import os
import posixpath
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, TypeVar

from ledger.errors import Refused
from ledger.ports import Ports
from spool.linee import InSftp, Linea
from spool.nomi import numbered
from spool.trasporti.protocollo import Changed, Chiusa, Voce, require_size

try:
    import asyncssh
except ImportError as error:
    raise Chiusa(
        "LINEA-013",
        "Le linee SFTP hanno bisogno di una libreria che qui non c'è.",
        "SFTP lines need a library that is not here.",
        hint_it="Si installa con: pip install 'cbi-engine[sftp]'",
        hint_en="It is installed with: pip install 'cbi-engine[sftp]'",
    ) from error

PATIENCE, LONGEST = 30, 300
"""Seconds to wait for a connection, and for a sign of life of one that is silent; and for any one thing to be done when
the host is alive and does nothing."""

_T = TypeVar("_T")


class Sftp:
    """Raises `Chiusa` when the host is not known (LINEA-005), has another key (LINEA-006), refuses ours (LINEA-007) or
    our keys cannot be used (LINEA-008); OSError when nobody answers."""

    def __init__(self, linea: Linea, ports: Ports) -> None:
        if not isinstance(linea.come, InSftp):
            raise TypeError(linea.come.tipo)
        self._linea, self._come, self._ports = linea, linea.come, ports
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        try:
            self._sftp = self._run(self._connect())
        except (OSError, UnicodeError) as error:  # the latter for a name that no host can have
            self.close()
            raise ConnectionError(f"{self._come.host}:{self._come.porta}: {error}") from error
        except BaseException:
            self.close()
            raise

    def same(self, name: str, data: bytes) -> bool | None:
        return self._run(self._same(self._to(name), data))

    def put(self, name: str, data: bytes) -> None:
        self._run(self._put(self._to(name), data))

    def rename(self, name: str, other: str) -> None:
        # Not the rename that replaces (posix-rename): this one refuses where something is.
        self._run(self._sftp.rename(self._to(name), self._to(other)))

    def discard(self, name: str) -> None:
        self._run(self._sftp.remove(self._to(name)))

    def waiting(self) -> list[Voce]:
        return self._run(self._waiting())

    def fetch(self, voce: Voce) -> bytes:
        require_size(voce)
        return self._run(self._fetch(voce))

    def take_away(self, voce: Voce) -> None:
        self._run(self._take_away(voce))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None
        self._runner.close()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        async def in_time() -> _T:
            async with asyncio.timeout(LONGEST):
                return await work

        try:
            return self._runner.run(in_time())
        except TimeoutError as error:
            raise TimeoutError("la banca non risponde / the bank does not answer") from error
        except asyncssh.Error as error:
            raise self._told(error) from error

    # --- the connection ---------------------------------------------------------------------------------

    async def _connect(self) -> asyncssh.SFTPClient:
        async with AsyncExitStack() as stack:
            self._connection = await asyncssh.connect(
                self._come.host,
                self._come.porta,
                config=None,
                username=self._come.utente,
                known_hosts=self._known_hosts(),
                client_keys=await self._keys(stack),
                agent_path=None,
                password=None,
                preferred_auth="publickey",
                gss_host=None,
                connect_timeout=PATIENCE,
                login_timeout=PATIENCE,
                keepalive_interval=PATIENCE,
            )
        return await self._connection.start_sftp_client()

    def _known_hosts(self) -> asyncssh.SSHKnownHosts:
        path = self._linea.local(self._come.known_hosts)
        try:
            return asyncssh.import_known_hosts(path.read_text("utf-8"))
        except FileNotFoundError:
            return asyncssh.import_known_hosts("")
        except (OSError, ValueError) as error:
            raise Chiusa(
                "LINEA-005",
                f"Il file delle chiavi degli host, {path}, non si legge: {error}.",
                f"The file of the keys of hosts, {path}, cannot be read: {error}.",
                hint_it="Una riga per host, come le scrive ssh-keyscan.",
                hint_en="A row for each host, as ssh-keyscan writes them.",
            ) from error

    async def _keys(self, stack: AsyncExitStack) -> list[Any]:
        """Our private key, or those of the agent, which is let go of with the stack."""
        if self._come.chiave is not None:
            return [_private_key(self._linea.local(self._come.chiave))]
        keys: list[Any] = []
        with suppress(OSError, ValueError):
            agent = await stack.enter_async_context(asyncssh.connect_agent())
            keys = list(await agent.get_keys())
        if not keys:  # the library would look for others by itself
            raise Chiusa(
                "LINEA-008",
                "La linea non indica una chiave, e non c'è un agente che ne abbia.",
                "The line names no key, and there is no agent that has any.",
                hint_it="Indicare chiave in linee.toml, o avviare ssh-agent e caricarla con ssh-add.",
                hint_en="Give chiave in linee.toml, or start ssh-agent and load it with ssh-add.",
            )
        return keys

    # --- the verbs --------------------------------------------------------------------------------------

    async def _put(self, path: bytes, data: bytes) -> None:
        try:
            async with self._sftp.open(path, "xb") as stream:
                await stream.write(data)
                with suppress(asyncssh.SFTPOpUnsupported):
                    await stream.fsync()
            if await self._same(path, data) is not True:
                raise OSError("riletto, non è ciò che è stato scritto / read back, it is not what was written")
        except (asyncssh.SFTPError, OSError):
            with suppress(asyncssh.Error, OSError):
                await self._sftp.remove(path)
            raise

    async def _same(self, path: bytes, data: bytes) -> bool | None:
        """Whether a file holds these bytes; None when it is not there. Where the bank lets nobody read what was
        delivered, the size speaks for the bytes."""
        try:
            if (await self._sftp.stat(path)).size != len(data):
                return False
            return await self._read(path, len(data) + 1) == data
        except asyncssh.SFTPNoSuchFile:
            return None
        except asyncssh.SFTPPermissionDenied:
            return True

    async def _read(self, path: bytes, limit: int) -> bytes:
        async with self._sftp.open(path, "rb") as stream:
            data: Any = await stream.read(limit)
        return bytes(data)

    async def _waiting(self) -> list[Voce]:
        folder = self._come.ritiro.encode()
        found = [_entry(_text(each.filename), each.attrs) async for each in self._sftp.scandir(folder)]
        return sorted((voce for voce in found if voce), key=lambda voce: voce.nome)

    async def _fetch(self, voce: Voce) -> bytes:
        await self._require_same(voce)
        data = await self._read(self._at(self._come.ritiro, voce.nome), voce.dimensione + 1)
        await self._require_same(voce)
        if len(data) != voce.dimensione:
            raise Changed(voce.nome)
        return data

    async def _take_away(self, voce: Voce) -> None:
        await self._require_same(voce)
        source = self._at(self._come.ritiro, voce.nome)
        if self._come.archivio is None:
            await self._sftp.remove(source)
        else:
            await self._sftp.rename(source, await self._free(self._come.archivio, voce.nome))

    async def _free(self, folder: str, name: str) -> bytes:
        """A path in a folder that nothing has."""
        names = (self._at(folder, each) for each in numbered(name))
        while await self._sftp.exists(path := next(names)):
            pass
        return path

    async def _require_same(self, voce: Voce) -> None:
        attrs = await self._sftp.lstat(self._at(self._come.ritiro, voce.nome))
        if _entry(voce.nome, attrs) != voce:
            raise Changed(voce.nome)

    def _to(self, name: str) -> bytes:
        """A file in the folder of what is delivered."""
        return self._at(self._come.consegna, name)

    @staticmethod
    def _at(folder: str, name: str) -> bytes:
        return posixpath.join(folder.encode(), os.fsencode(name))

    # --- what the library says, in the words of the house ----------------------------------------------------

    def _told(self, error: asyncssh.Error) -> Exception:
        match error:
            case asyncssh.HostKeyNotVerifiable():
                return self._not_verified()
            case asyncssh.PermissionDenied():
                return self._not_let_in()
            case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
                return FileNotFoundError(f"non c'è / not there: {error.reason}")
            case asyncssh.SFTPPermissionDenied():
                return PermissionError(f"la banca non lo permette / the bank does not allow it: {error.reason}")
            case asyncssh.SFTPError() if not isinstance(
                error, (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
            ):
                return OSError(f"la banca risponde / the bank answers: {error.reason}")
        return ConnectionError(f"linea caduta / the line went down: {error}")

    def _not_verified(self) -> Chiusa:
        path, host = self._linea.local(self._come.known_hosts), f"{self._come.host}:{self._come.porta}"
        known = self._known_hosts().match(self._come.host, "", self._come.porta)
        if any(known):
            return Chiusa(
                "LINEA-006",
                f"{host} presenta una chiave che non è quella di {path}: la linea non viene usata.",
                f"{host} shows a key that is not the one in {path}: the line is not used.",
                hint_it="Potrebbe essere un altro al posto della banca. Chiederle per telefono se ha cambiato chiave, e"
                " l'impronta della nuova; solo allora sostituire la riga.",
                hint_en="It may be somebody in the place of the bank. Ask it by phone whether its key has changed, and"
                " the fingerprint of the new one; only then replace the row.",
            )
        return Chiusa(
            "LINEA-005",
            f"La chiave di {host} non è in {path}: la linea non viene usata.",
            f"The key of {host} is not in {path}: the line is not used.",
            hint_it=f"Chiedere alla banca l'impronta della sua chiave; se è quella di ssh-keyscan -p {self._come.porta}"
            f" {self._come.host} | ssh-keygen -lf -, aggiungere al file la riga di ssh-keyscan.",
            hint_en=f"Ask the bank for the fingerprint of its key; if it is that of ssh-keyscan -p {self._come.porta}"
            f" {self._come.host} | ssh-keygen -lf -, add the row of ssh-keyscan to the file.",
        )

    def _not_let_in(self) -> Chiusa:
        return Chiusa(
            "LINEA-007",
            f"{self._come.host} non fa entrare {self._come.utente} con la chiave data.",
            f"{self._come.host} does not let {self._come.utente} in with the key given.",
            hint_it="Mandare alla banca la chiave pubblica, o controllare utente e chiave in linee.toml.",
            hint_en="Send the public key to the bank, or check utente and chiave in linee.toml.",
        )


def _private_key(path: Path) -> asyncssh.SSHKey:
    """A private key of ours, which nobody else may read. Raises `Chiusa` (LINEA-008)."""
    try:
        if path.stat().st_mode & 0o077:
            raise _unusable(path, "altri la possono leggere: chmod 600", "others may read it: chmod 600")
        return asyncssh.read_private_key(path)
    except asyncssh.KeyEncryptionError as error:
        it = "è protetta da una frase: caricarla in ssh-agent con ssh-add e togliere chiave da linee.toml"
        en = "it is locked by a phrase: load it into ssh-agent with ssh-add and take chiave out of linee.toml"
        raise _unusable(path, it, en) from error
    except (asyncssh.KeyImportError, OSError) as error:
        raise _unusable(path, str(error), str(error)) from error


def _unusable(path: Path, it: str, en: str) -> Refused:
    return Chiusa(
        "LINEA-008",
        f"La chiave {path} non si può usare: {it}.",
        f"The key {path} cannot be used: {en}.",
    )


def _entry(name: str, attrs: asyncssh.SFTPAttrs) -> Voce | None:
    """A regular file as the server tells it; None for anything else."""
    if attrs.type != asyncssh.FILEXFER_TYPE_REGULAR:
        return None
    return Voce(name, attrs.size or 0, int(attrs.mtime or 0))


def _text(name: str | bytes) -> str:
    """A name of the other machine as text: bytes that are not UTF-8 stay as they are."""
    return os.fsdecode(name)
