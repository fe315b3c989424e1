"""Migrations: a journal of any earlier edition gets today's tables, with nothing lost.

Knows: which schema version a database has, and how to reach the newest (Alembic). Does not know: what a table means.
A version is one file in `versions`; it is never changed once journals have it, and there is no way back.
"""

import logging
import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from refine.storage.errors import StorageError

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent

FIRST = "0001"
"""The only version that was ever made without Alembic, and so without a note of it."""

_lock = threading.Lock()


def migrate(connection: sa.Connection) -> None:
    """Bring the database to the newest schema version, in the transaction of `connection`: wholly or not at all.

    Raises `StorageError` if the journal was written by a newer version of this software.
    """
    scripts = ScriptDirectory(FOLDER)
    newest = scripts.get_current_head()
    found = MigrationContext.configure(connection).get_current_revision()
    if found == newest:
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise StorageError(
            f"The journal {connection.engine.url.database} was written by a newer version of this software "
            f"(schema {found}, this one knows {newest}). Update the software, or set REFINE_DATA_DIR to another folder."
        )
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    with _lock:  # Alembic's `op` and `context` are global
        if found is None and sa.inspect(connection).has_table("schema_version"):
            command.stamp(config, FIRST)
        command.upgrade(config, "head")
    log.info("The journal has schema version %s now", newest)
