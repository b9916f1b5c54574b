"""The one MetaData all rooms share, and how a row is written whole."""

from sqlalchemy import MetaData, Table
from sqlalchemy.dialects.sqlite import Insert, insert

METADATA = MetaData()


def upsert(table: Table, *kept: str) -> Insert:
    """Write a row whole; a row without an id is new. `kept` are the columns that never change."""
    row = insert(table)
    changed = {c.name: row.excluded[c.name] for c in table.columns if c.name not in {"id", *kept}}
    return row.on_conflict_do_update(index_elements=["id"], set_=changed)
