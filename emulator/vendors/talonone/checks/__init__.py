"""What each operation checks, in its order, and what is worth telling of a call besides.

Of a body several things are found at once and the refusal is named after the first: the checks of a body stand in the
order in which that is looked for.
"""

from emulator.core.checks import Checklist
from emulator.vendors.talonone.checks.attributes import ATTRIBUTES, COSTS
from emulator.vendors.talonone.checks.bodies import JSON, PLAIN_SHAPE, SHAPE, SIZE
from emulator.vendors.talonone.checks.callers import KEY, SIGNATURE
from emulator.vendors.talonone.checks.codes import COUPON
from emulator.vendors.talonone.checks.events import OWN_SESSION, RESERVED
from emulator.vendors.talonone.checks.parameters import NEEDS, PARAMETERS
from emulator.vendors.talonone.checks.profiles import PROFILE
from emulator.vendors.talonone.checks.referrals import CAMPAIGN, CODES, FEATURE
from emulator.vendors.talonone.checks.remarks import WITHOUT_EFFECT, remarks
from emulator.vendors.talonone.checks.repeats import KEY_LENGTH, KEY_REUSE
from emulator.vendors.talonone.checks.sessions import ITEM, RETURN_SHAPE, SESSION, STATE

_BODILESS_V1 = (KEY, SIZE, SIGNATURE)
"""A signature is made over a body, even an empty one."""
_SIGNED = (KEY, SIGNATURE)
_JSON = (SIZE, JSON)
_REPEATS = (KEY_LENGTH, KEY_REUSE)
_RESERVATION = (*_SIGNED, *_JSON, PLAIN_SHAPE, COUPON)

CHECKLIST = Checklist(
    operations={
        "createCouponReservation": _RESERVATION,
        "deleteCouponReservation": _RESERVATION,
        "getReservedCustomers": (*_BODILESS_V1, COUPON),
        "createReferral": (*_SIGNED, *_JSON, PLAIN_SHAPE, CAMPAIGN, FEATURE, ATTRIBUTES, CODES),
        "deleteCustomerData": (*_BODILESS_V1, PROFILE),
        "getCustomerInventory": (*_BODILESS_V1, PARAMETERS, PROFILE),
        "trackEvent": (*_SIGNED, PARAMETERS, *_JSON, PLAIN_SHAPE, RESERVED, ATTRIBUTES, OWN_SESSION),
        "updateCustomerProfile": (*_SIGNED, PARAMETERS, *_JSON, PLAIN_SHAPE, ATTRIBUTES),
        "updateCustomerProfileV2": (KEY, PARAMETERS, NEEDS, *_JSON, SHAPE, *_REPEATS, ATTRIBUTES),
        "updateCustomerSession": (*_SIGNED, PARAMETERS, *_JSON, SHAPE, ATTRIBUTES, COSTS, STATE),
        "updateCustomerSessionV2": (KEY, PARAMETERS, NEEDS, *_JSON, SHAPE, *_REPEATS, ATTRIBUTES, COSTS, STATE),
        "getCustomerSession": (KEY, SESSION),
        "reopenCustomerSession": (KEY, KEY_LENGTH, SIZE, KEY_REUSE, SESSION, STATE),
        "returnCartItems": (KEY, PARAMETERS, *_JSON, RETURN_SHAPE, *_REPEATS, SESSION, STATE, ITEM),
        "trackEventV2": (KEY, PARAMETERS, NEEDS, *_JSON, SHAPE, *_REPEATS, RESERVED, ATTRIBUTES),
    },
    remarks=remarks,
    without_effect=WITHOUT_EFFECT,
)
