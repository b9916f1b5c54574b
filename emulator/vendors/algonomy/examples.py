"""What "Profile Command API" shows, in QA. Its sample answer lacks a comma, which is added here."""

from emulator.core.description import Example, Examples
from emulator.vendors.algonomy.contract import FORM

_TOKENS = "Profile Command API, Creating Tokens"
_CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "5934de97c95e1ced",
    "client_secret": "2l9dr0jkink11ad49hg93it52d",
}
_ISSUED = {"token_type": "bearer", "access_token": "M6w0M0K9QbQGHC8xgvb91ZgLMKaW4xOd", "expires_in": 28800}

EXAMPLES: Examples = (
    Example(
        operation="createToken",
        name="sample_request",
        source=f"{_TOKENS}, Sample Request and Sample Response",
        says="The credentials in the query string.",
        query=_CREDENTIALS,
        answer=_ISSUED,
    ),
    Example(
        operation="createToken",
        name="example_with_curl",
        source=f"{_TOKENS}, Example with cURL",
        says="The credentials in a form.",
        media_type=FORM,
        body=_CREDENTIALS,
    ),
    Example(
        operation="optOut",
        name="opt_out",
        source="Profile Command API, Updating Opt Out, Example",
        says="Opt a user out.",
        path={"apiKey": "4faeaf752ee40a0f", "userId": "userId"},
        body={"type": "optOut", "enableOptOut": True},
        answer={},
    ),
)
