"""What a test leaves behind where the next one would find it: taken off, and told."""

import warnings
from collections.abc import Iterable
from pathlib import Path

import pytest


class EmulatorWarning(pytest.PytestWarning):
    """A test that passes has something about it that its author should know."""


def tell(sentences: Iterable[str], item: pytest.Item) -> None:
    """Warn of each, at the test."""
    path, line, _ = item.reportinfo()
    for sentence in sentences:
        warnings.warn_explicit(EmulatorWarning(sentence), None, str(Path(path)), (line or 0) + 1)
