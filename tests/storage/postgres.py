"""A real PostgreSQL server for tests, of Debian's package, with its data in a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

import psycopg
import sqlalchemy as sa

PASSWORD = "p@ss/word"


def binary(name):
    """The path of one of PostgreSQL's programs: on the PATH, or where Debian puts the newest."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"There is no {name}: run tests/storage/install-postgresql.sh.")
    return found


class PostgresServer:
    """`postgres` on a free port of this machine; it can be stopped, killed and started again."""

    def __init__(self, **settings):
        self.settings = settings
        # PostgreSQL refuses to run as root, and another user may not look into pytest's folders.
        self.user = "postgres" if os.getuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="thousand-prompts-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if self.user:
            for path in (self.folder, password):
                shutil.chown(path, self.user, self.user)
        subprocess.run(
            [
                binary("initdb"),
                *("--pgdata", self.folder / "data"),
                *("--username=researcher", f"--pwfile={password}", "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            cwd=self.folder,
            user=self.user,
            check=True,
            capture_output=True,
        )
        self.start()

    def start(self):
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", **self.settings}
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    binary("postgres"),
                    *("-D", self.folder / "data"),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                cwd=self.folder,
                user=self.user,
                stdout=log,
                stderr=log,
            )
        started = time.monotonic()
        while True:
            try:
                psycopg.connect(self.conninfo("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() - started > 60:
                    raise
                time.sleep(0.05)

    def stop(self):
        """Cut all connections and stop."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)
        (self.folder.parent / f"{self.folder.name}.log").unlink()

    def conninfo(self, database):
        return self.url(database).set(drivername="postgresql").render_as_string(hide_password=False)

    def url(self, database, **changes):
        url = sa.URL.create("postgresql+psycopg", "researcher", PASSWORD, "127.0.0.1", self.port, database)
        return url.set(**changes)

    def new_database(self):
        """The url of a database that is empty."""
        name = f"study_{uuid.uuid4().hex}"
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name).render_as_string(hide_password=False)


class CuttingProxy:
    """Stands before a server. When armed it passes on the next COMMIT, and cuts the line before the answer."""

    def __init__(self, server):
        self.armed = threading.Event()
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, database):
        """The url of one of the server's databases, by way of the proxy."""
        url = sa.make_url(database).set(
            port=self._listener.getsockname()[1], query={"sslmode": "disable", "gssencmode": "disable"}
        )
        return url.render_as_string(hide_password=False)

    def close(self):
        self._listener.close()

    def _serve(self):
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server.port))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(*pair, client), daemon=True).start()

    def _pass_on(self, source, drain, client):
        with suppress(OSError):
            while content := source.recv(65536):
                drain.sendall(content)
                if source is client and self.armed.is_set() and b"COMMIT" in content:
                    self.armed.clear()
                    client.shutdown(socket.SHUT_RDWR)
                    return  # the server learns of it when it answers
        for end in (source, drain):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
