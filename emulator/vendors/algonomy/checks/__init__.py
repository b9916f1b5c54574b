"""What a call must pass, operation by operation, in the order in which it is asked.

clients     whose credentials there are          parameters  where those of a request for a token stand
asking      for a token                          presenting  a token
commands    path, site and body of a command     remarks     on calls that were accepted
"""

from emulator.core.checks import Checklist
from emulator.vendors.algonomy.checks.asking import CLIENT, GRANT_TYPE, METHOD, PROVISION_KEY, SCOPE, TRANSPORT
from emulator.vendors.algonomy.checks.commands import BODY, ENABLED, MEDIA, PATH, SITE, SITE_OF_CLIENT, SIZE, TYPE
from emulator.vendors.algonomy.checks.presenting import PRESENT, RATE, VALID
from emulator.vendors.algonomy.checks.remarks import remarks

CHECKLIST = Checklist(
    operations={
        "createToken": (METHOD, SIZE, TRANSPORT, CLIENT, GRANT_TYPE, PROVISION_KEY, SCOPE),
        "optOut": (PRESENT, VALID, RATE, PATH, SIZE, SITE, SITE_OF_CLIENT, MEDIA, BODY, TYPE, ENABLED),
    },
    remarks=remarks,
)
