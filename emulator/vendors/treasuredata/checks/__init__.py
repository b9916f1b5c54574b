"""What a call must pass, operation by operation, in the order in which it is asked.

keys    the API key and its rights      tokens    the token    reactors  its account, reactor and kind
places  database and table              pages     origin, preflight, caller's address
bodies  media type, size, content       events    what keeps a record from being an event
remarks what surprises about calls that were accepted
"""

from emulator.core.checks import Checklist
from emulator.vendors.treasuredata.checks.bodies import BATCH, BATCH_SIZE, BATCH_TYPE, EVENT, EVENT_SIZE, EVENT_TYPE
from emulator.vendors.treasuredata.checks.keys import API_KEY, RIGHT_TO_WRITE
from emulator.vendors.treasuredata.checks.pages import ADDRESS, METHOD_MEANT, METHOD_NAMED, ORIGIN, PREFLIGHT_ORIGIN
from emulator.vendors.treasuredata.checks.places import NAMES
from emulator.vendors.treasuredata.checks.reactors import ACCOUNTS, DEPLOYED, KIND, REACTOR
from emulator.vendors.treasuredata.checks.remarks import remarks
from emulator.vendors.treasuredata.checks.tokens import FORM, KNOWN, PRESENT

_TOKEN = (PRESENT, FORM, KNOWN, ACCOUNTS, REACTOR, KIND)

CHECKLIST = Checklist(
    operations={
        "personalize": (
            API_KEY, RIGHT_TO_WRITE, EVENT_TYPE, NAMES, *_TOKEN, ADDRESS, EVENT_SIZE, EVENT, DEPLOYED,
        ),
        "personalizePublic": (
            API_KEY, RIGHT_TO_WRITE, EVENT_TYPE, NAMES, *_TOKEN, ORIGIN, ADDRESS, EVENT_SIZE, EVENT, DEPLOYED,
        ),
        "personalizePublicPreflight": (NAMES, PREFLIGHT_ORIGIN, METHOD_NAMED, METHOD_MEANT),
        "importRecords": (API_KEY, RIGHT_TO_WRITE, BATCH_TYPE, NAMES, BATCH_SIZE, BATCH),
        "importRecordsPreflight": (NAMES,),
    },
    remarks=remarks,
)  # fmt: skip
