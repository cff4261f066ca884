"""The bank's end of a line, for the tests: two folders, reached as they are or through a real sshd; and a road that can
be cut."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh

from ledger.ports import Ports
from spool.linee import InCartella, InSftp, Linea
from spool.trasporti import open_line
from spool.trasporti.protocollo import Trasporto
from tests.spool import casa

SSHD = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").exists() else None)
SFTP_SERVER = next((p for p in ("/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server") if Path(p).exists()), None)
VIA_SSH = "sftp-openssh" if SSHD else "sftp-asyncssh"


@dataclass
class Sportello:
    """The folders of a bank: `consegna` where we leave, `ritiro` where it leaves, `archivio` where what was fetched
    goes; and the line that leads there."""

    root: Path
    linea: Linea
    ports: Ports = field(default_factory=casa.ports)

    @property
    def consegna(self) -> Path:
        return self.root / "consegna"

    @property
    def ritiro(self) -> Path:
        return self.root / "ritiro"

    @property
    def archivio(self) -> Path:
        return self.root / "archivio"

    def open(self, **come: Any) -> Trasporto:
        """The line, with some of its settings changed."""
        return open_line(replace(self.linea, come=self.linea.come.model_copy(update=come)), self.ports)


def folders(root: Path) -> dict[str, str]:
    """The settings of the folders of a bank, made."""
    for name in ("consegna", "ritiro", "archivio"):
        (root / name).mkdir(parents=True, exist_ok=True)
    return {name: str(root / name) for name in ("consegna", "ritiro", "archivio")}


def by_folder(root: Path) -> Sportello:
    return Sportello(root, Linea("A1B2C", "03069", InCartella(tipo="cartella", **folders(root)), root))  # type: ignore[arg-type]


# --- SSH ------------------------------------------------------------------------------------------------


@dataclass
class Host:
    """A host of ours that speaks SFTP: its port, a key that it lets in, a file with its own."""

    port: int
    key: Path
    known_hosts: Path

    def settings(self, root: Path) -> dict[str, Any]:
        """The settings of a line to the folders of a bank on it."""
        who = {"host": "127.0.0.1", "porta": self.port, "utente": getpass.getuser()}
        keys = {"chiave": str(self.key), "known_hosts": str(self.known_hosts)}
        return {"tipo": "sftp", **who, **keys, **folders(root)}

    def sportello(self, root: Path, **more: Any) -> Sportello:
        come = InSftp(**(self.settings(root) | more))
        return Sportello(root, Linea("A1B2C", "03069", come, root))


def make_key(path: Path, passphrase: str | None = None) -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(path, "pkcs8-pem" if passphrase else "openssh", passphrase)
    path.chmod(0o600)
    return key


@contextmanager
def host(folder: Path, server: str = "internal-sftp") -> Iterator[Host]:
    """A host that answers until the end; `server` is the command that speaks SFTP. Without sshd, asyncssh's own."""
    folder.mkdir()
    mine, its = make_key(folder / "key"), make_key(folder / "host_key")
    (folder / "authorized_keys").write_bytes(mine.export_public_key())
    port = free_port()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {its.export_public_key().decode()}")
    with _sshd(folder, port, server) if SSHD else _asyncssh(folder, port):
        yield Host(port, folder / "key", folder / "known_hosts")


@contextmanager
def _sshd(folder: Path, port: int, server: str) -> Iterator[None]:
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it when it is root
    config = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "MaxStartups": "100",
        "Subsystem": "sftp internal-sftp",
        "ForceCommand": server,
    }
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in config.items()))
    command = [str(SSHD), "-D", "-e", "-f", folder / "config"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            answers(port)
            yield
        finally:
            process.terminate()


@contextmanager
def _asyncssh(folder: Path, port: int) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        keys = {"server_host_keys": [folder / "host_key"], "authorized_client_keys": str(folder / "authorized_keys")}
        return await asyncssh.listen("127.0.0.1", port, sftp_factory=True, **keys)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> None:
    """Waits until somebody listens."""
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(port)


# --- a road that is cut -----------------------------------------------------------------------------------


@contextmanager
def cut_road(to: int, after: int, times: int) -> Iterator[int]:
    """A port that leads to another: the first `times` connections are cut after so many bytes towards it."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_serve, args=(door, to, after, times), daemon=True).start()
        yield int(door.getsockname()[1])


def _serve(door: socket.socket, to: int, after: int, times: int) -> None:
    for n in range(1_000):
        try:
            near, _ = door.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", to))
        limit = after if n < times else None
        for pair, most in (((near, far), limit), ((far, near), None)):
            threading.Thread(target=_pass, args=(*pair, most), daemon=True).start()


def _pass(source: socket.socket, target: socket.socket, most: int | None) -> None:
    passed = 0
    with suppress(OSError):
        while data := source.recv(16_384):
            passed += len(data)
            if most is not None and passed > most:
                break
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    target.close()
