"""The one rule for the names that users give: to namespaces, scenarios and snapshots."""

import re

RULE = "1 to 63 letters, digits, '.', '_' or '-', and neither '.' nor '..'"
"""The names stand in paths and become names of files."""
_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,63}")


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None
