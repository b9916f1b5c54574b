"""Why a test cannot be had as its author would have it.

Exception
└── Unusable    a test or a suite that is set up wrongly
pytest.skip.Exception
└── NotHere     what cannot be had in this venue
"""

import pytest

from emulator.client import Refused


class Unusable(Exception):
    """A test cannot be set up as it asks; the message is a sentence for its author."""


class NotHere(pytest.skip.Exception):  # type: ignore[name-defined,misc] # a class, but pytest declares a value
    """What a test asks for cannot be had in this venue; the message is the reason why it is skipped. No ``except
    Exception`` of the code under test takes it for a failure of its own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self._use_item_location = True  # pytest shows where the test is, not where this was raised


def refused(sentence: str) -> Refused:
    """As the control plane says no, for what is found wrong before it is asked."""
    problem = {"type": "about:blank", "title": "Bad call", "status": 400, "detail": sentence, "errors": [sentence]}
    return Refused(problem)
