"""What vendors answer, as tests read it: the vendor's own JSON, with attributes for what is asked for most."""

from collections.abc import Iterator, Mapping

from emulator.client import Json


class Document(Mapping[str, Json]):
    """A JSON object by the vendor's own names: ``session["cartItems"]``. It equals a mapping with the same members."""

    def __init__(self, members: Mapping[str, Json]) -> None:
        self._members = members

    def __getitem__(self, name: str) -> Json:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._members)!r})"
