"""What each operation checks, in its order, and what is worth telling of a call besides."""

from emulator.core.checks import Checklist
from emulator.vendors.primedata.checks.bodies import SEARCH
from emulator.vendors.primedata.checks.keys import KEY, LIMIT, SOURCE
from emulator.vendors.primedata.checks.people import NAMES, PROFILE
from emulator.vendors.primedata.checks.remarks import WITHOUT_EFFECT, remarks
from emulator.vendors.primedata.checks.searches import FIELDS
from emulator.vendors.primedata.checks.tracking import JSON, SCOPE, SHAPE, TYPES

_SEARCH = (KEY, LIMIT, SEARCH, FIELDS, NAMES, PROFILE)
"""A cursor is read with the other fields; whose event it names can be told only once the profile is found."""
_TRACKING = (SOURCE, JSON, SHAPE, SCOPE, TYPES)
"""Properties are held against the schema of a type once that is known: what they lack is told as of the schema."""

CHECKLIST = Checklist(
    operations={
        "searchProfiles": _SEARCH,
        "searchEvents": _SEARCH,
        "smile": _TRACKING,
        "context": _TRACKING,
        "smilePreflight": (),
        "contextPreflight": (),
    },
    remarks=remarks,
    without_effect=WITHOUT_EFFECT,
)
