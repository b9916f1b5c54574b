"""Catalogs: tables of a parent segment that values of its profiles are looked up in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from emulator.core.errors import Json, Level, Rule
from emulator.core.section import SectionError
from emulator.core.work import Work
from emulator.vendors.treasuredata.errors import CHOICE
from emulator.vendors.treasuredata.service import values
from emulator.vendors.treasuredata.service.criteria import hint
from emulator.vendors.treasuredata.tables import FIND_CATALOG_ROWS

CATALOGS = Rule(
    "treasuredata.catalogs",
    Level.ASSUMED,
    f"CDP API OpenAPI 1.0.0, RealtimeLookupCatalogAttributes, names the keys; the tables and the look-up are {CHOICE}",
    "A look-up compares texts, numbers and booleans by their text with the catalog's keyColumn. A catalogPayload item "
    "of a single attribute is the row's lookupColumn, one of a list the array of those of its items' ids, in the order "
    "of their first appearance; what is not found is left out. A lookupCatalog attribute is the row, reduced to its "
    "lookupCatalogColumns, of the first of its lookupKeys that has one; a subAttributeIdentifier names one column. "
    "catalogName is the name, identifier or id of such an attribute, or the name of a table.",
)


@dataclass(frozen=True, slots=True)
class Catalog:
    """A table as a configuration knows it: its rows stay where they are. Of an empty table all columns are right."""

    name: str
    columns: Sequence[str]

    def check_column(self, column: str, path: str) -> None:
        if self.columns and column not in self.columns:
            raise SectionError(
                path, f"no row of the catalog {self.name!r} has a column {column!r}{hint(column, self.columns)}"
            )


def rows(work: Work, parent_segment: str, catalog: str, keys: Iterable[Json]) -> Sequence[Mapping[str, Json]]:
    """The rows of these keys, in their order, each as often as its key; what cannot be a key finds nothing."""
    texts = [text for key in keys if (text := values.text(key)) is not None]
    if not texts:
        return []
    work.rely(CATALOGS)
    wanted = orjson.dumps(texts).decode()
    found = work.db.all(FIND_CATALOG_ROWS, parent_segment=parent_segment, catalog=catalog, keys=wanted)
    by_key = {row["key"]: orjson.loads(row["columns"]) for row in found}
    return [by_key[text] for text in texts if text in by_key]
