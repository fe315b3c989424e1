"""A database that is open, sound and durable.

Knows: SQLite's settings, schema versions, what database faults mean. Does not know: any fact of the study.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from refine.storage.errors import StorageError
from refine.storage.schema import VERSION, metadata, schema_version


def open_engine(url: str) -> sa.Engine:
    """An engine on the database at `url`, its tables made if there are none.

    Raises `StorageError` if it cannot be opened, is damaged, or was written by a newer version of this software.
    """
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            version = connection.execute(sa.select(schema_version.c.version)).scalar()
            if version is None:
                connection.execute(schema_version.insert().values(version=VERSION))
    except SQLAlchemyError as fault:
        raise StorageError(plain_words(engine.url, fault)) from fault
    if version is not None and version > VERSION:
        raise StorageError(
            f"The journal {engine.url.database} was written by a newer version of this software (schema {version}, "
            f"this one knows {VERSION}). Update the software, or set REFINE_DATA_DIR to another folder."
        )
    return engine


def plain_words(url: sa.URL, fault: SQLAlchemyError) -> str:
    """A database fault as a sentence with what to do."""
    reason = str(getattr(fault, "orig", None) or fault)
    where = f"The journal {make_url(url).database}"
    if "full" in reason:
        return f"{where} cannot grow: the disk is full. Make room; nothing that was kept is lost."
    if "readonly" in reason or "unable to open" in reason:
        return f"{where} cannot be written to ({reason}). Check the folder's permissions, or set REFINE_DATA_DIR."
    if "malformed" in reason or "not a database" in reason:
        return f"{where} is damaged ({reason}). Restore it from a copy, or move it away to start a new one."
    if "locked" in reason:
        return f"{where} is in use by another process ({reason}). Stop the other one, and try again."
    return f"{where} failed: {reason}"


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # The driver's own transactions would begin too late to keep a read and the write after it together.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # IMMEDIATE: a writer waits for its turn at the start, instead of failing in the middle.
    writes = not connection.get_execution_options().get("reads_only")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
