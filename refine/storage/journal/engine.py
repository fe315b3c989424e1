"""A database that is open, sound and durable: a SQLite file, or a PostgreSQL server.

Knows: the two databases' settings, and what their faults mean. Does not know: any fact of the study.
On both, writers take turns, a reader sees one moment, and what was committed is on disk.
"""

import logging
import sqlite3
from contextlib import closing
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from refine.storage.errors import StorageError
from refine.storage.journal.migrations import migrate

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 20
"""A writer waits this long for its turn."""

TURN = 2504_20340
"""Names the writers' turn among the advisory locks of a PostgreSQL database."""

OWNER = TURN + 1
"""Names the lock of the server that has a PostgreSQL database for its own."""


class DatabaseLock:
    """A PostgreSQL database that is this process's own until it ends, however it ends.

    Those who only read or write as a guest, such as `python -m refine.storage`, are not kept out. A SQLite file needs none:
    it belongs to whoever has its folder. If the database is restarted the lock is gone. It belongs to a connection, so a
    pooler that shares connections between transactions must not stand in between.
    """

    def __init__(self, url: str) -> None:
        """Take the database. Raises `StorageError` if another server has it and keeps it for `PATIENCE_SECONDS`."""
        self._engine = _engine(url)
        if self._engine.dialect.name != "postgresql":
            return
        try:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection.exec_driver_sql(f"SELECT pg_advisory_lock({OWNER})")
        except SQLAlchemyError as fault:
            self._engine.dispose()
            raise StorageError(plain_words(self._engine.url, fault)) from fault

    def release(self) -> None:
        """Give the database back."""
        if self._engine.dialect.name == "postgresql":
            self._connection.close()
        self._engine.dispose()


def open_engine(url: str) -> sa.Engine:
    """An engine on the database at the SQLAlchemy `url`, its tables made or migrated to the newest schema version.

    Raises `StorageError` if it cannot be opened, is damaged, or was written by a newer version of this software.
    """
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            migrate(connection)
    except SQLAlchemyError as fault:
        raise StorageError(plain_words(engine.url, fault)) from fault
    return engine


def scrub(engine: sa.Engine) -> None:
    """See that what was deleted is not in the log of a SQLite file either."""
    if engine.dialect.name != "sqlite":
        return
    try:
        # SQLAlchemy's own connection would begin a transaction, in which this cannot be done.
        with closing(engine.raw_connection()) as connection:
            busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except (sqlite3.Error, SQLAlchemyError) as fault:
        busy = fault
    if busy:
        log.warning("What was deleted stays in the journal's log until that is written anew (%s)", busy)


def place(url: str) -> str:
    """Where the database is, without its password."""
    return sa.make_url(url).render_as_string(hide_password=True)


def reach(url: str) -> str:
    """The kind and version of the database, which is asked and not changed. Raises `StorageError`."""
    engine = _engine(url)
    try:
        with engine.connect().execution_options(reads_only=True) as connection:
            version = ".".join(map(str, engine.dialect.server_version_info or ()))
            connection.exec_driver_sql("SELECT 1")
    except SQLAlchemyError as fault:
        raise StorageError(plain_words(engine.url, fault)) from fault
    finally:
        engine.dispose()
    return f"{engine.dialect.name} {version}"


def plain_words(url: sa.URL, fault: SQLAlchemyError) -> str:
    """A database fault as a sentence with what to do."""
    reason = " ".join(str(getattr(fault, "orig", None) or fault).split())
    if url.get_backend_name() == "sqlite":
        return _plain_sqlite(f"The journal {url.database}", reason)
    where = f"The journal (database {url.database!r} on {url.host or 'this machine'})"
    return _plain_postgresql(where, reason, getattr(getattr(fault, "orig", None), "sqlstate", None) or "")


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):  # as hosts of databases write it
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            engine = sa.create_engine(parsed)
            sa.event.listen(engine, "connect", _prepare_sqlite)
            sa.event.listen(engine, "begin", _begin_sqlite)
            return engine
        if parsed.get_backend_name() == "postgresql":
            # The ping finds connections that a restart of the database has cut, before they are used.
            limits = {"connect_timeout": 10, "keepalives_idle": 10, "tcp_user_timeout": PATIENCE_SECONDS * 1000}
            engine = sa.create_engine(parsed, pool_pre_ping=True, connect_args=limits)
            sa.event.listen(engine, "connect", _prepare_postgresql)
            sa.event.listen(engine, "begin", _begin_postgresql)
            return engine
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as fault:
        raise StorageError(f"The database's url cannot be used ({fault}). Check REFINE_DATABASE_URL.") from fault
    raise StorageError(f"The journal needs SQLite or PostgreSQL, not {parsed.get_backend_name()}.")


def _plain_sqlite(where: str, reason: str) -> str:
    # A limit on the size of a file is met as an "I/O error".
    if "full" in reason or "disk I/O" in reason:
        return f"{where} cannot grow: the disk is full or broken ({reason}). Make room; nothing that was kept is lost."
    if "readonly" in reason or "unable to open" in reason:
        return f"{where} cannot be written to ({reason}). Check the folder's permissions, or set REFINE_DATA_DIR."
    if "malformed" in reason or "not a database" in reason:
        return f"{where} is damaged ({reason}). Restore it from a copy, or move it away to start a new one."
    if "locked" in reason:
        return f"{where} is in use by another process ({reason}). Stop the other one, and try again."
    return f"{where} failed: {reason}"


def _plain_postgresql(where: str, reason: str, sqlstate: str) -> str:
    """By SQLSTATE (PostgreSQL manual, appendix A); a connection that is refused carries none, only words."""
    if sqlstate == "53100":
        return f"{where} cannot grow: the server's disk is full. Make room; nothing that was kept is lost."
    if sqlstate in ("25006", "42501"):
        return f"{where} cannot be written to ({reason}). Give the user of REFINE_DATABASE_URL the right to."
    if sqlstate == "55P03":
        return f"{where} is in use by another process ({reason}). Stop the other one, and try again."
    if "authentication failed" in reason or "no password supplied" in reason or sqlstate.startswith("28"):
        return f"{where} refuses the user or the password. Check REFINE_DATABASE_URL."
    if "does not exist" in reason and "database" in reason:
        return f"{where} is not there. Create it (`createdb`), or check REFINE_DATABASE_URL."
    if sqlstate.startswith(("08", "57P")) or not sqlstate:
        return f"{where} cannot be reached ({reason}). See that the server runs, and check REFINE_DATABASE_URL."
    return f"{where} failed: {reason}"


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver's own transactions would begin too late to keep a read and the write after it together.
    connection.isolation_level = None
    timeout = f"busy_timeout={PATIENCE_SECONDS * 1000}"
    for pragma in (timeout, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # IMMEDIATE: a writer waits for its turn at the start, instead of failing in the middle.
    connection.exec_driver_sql("BEGIN" if _only_reads(connection) else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: Any, record: Any) -> None:
    # Whatever the server's defaults: a commit is on disk when it returns.
    connection.execute("SET synchronous_commit = on")
    connection.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
    # A machine that vanished without a word gives its locks back before the patience of others is over.
    for name, value in (("idle", 5), ("interval", 2), ("count", 3)):
        connection.execute(f"SET tcp_keepalives_{name} = {value}")
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()


def _begin_postgresql(connection: sa.Connection) -> None:
    if _only_reads(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")


def _only_reads(connection: sa.Connection) -> bool:
    return bool(connection.get_execution_options().get("reads_only"))
