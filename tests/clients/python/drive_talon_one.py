"""Drives talon-one-python-sdk, as an integration would, in a process of its own: another client of the same module
name is installed for the tests.

For as long as standard input is open, a line of it is {url, key, calls}, each call {name, args, options} with
{"$model": NAME, "value": …} for a model; the line that answers it lists what became of them: {"value": …} or
{"status": …, "body": …}.
"""

import json
import sys

import talon_one
from talon_one.rest import ApiException


def main():
    for line in sys.stdin:
        order = json.loads(line)
        configuration = talon_one.Configuration(host=order["url"])
        configuration.api_key["Authorization"] = order["key"]
        configuration.api_key_prefix["Authorization"] = "ApiKey-v1"
        client = talon_one.ApiClient(configuration)
        api = talon_one.IntegrationApi(client)
        print(json.dumps([outcome(client, api, call) for call in order["calls"]], default=str), flush=True)


def outcome(client, api, call):
    args = [built(client, argument) for argument in call["args"]]
    try:
        value = getattr(api, call["name"])(*args, **call["options"])
    except ApiException as error:
        return {"status": error.status, "body": json.loads(error.body)}
    return {"value": client.sanitize_for_serialization(value)}


def built(client, argument):
    """A model from its JSON, by the way in which the client reads answers."""
    if not isinstance(argument, dict) or "$model" not in argument:
        return argument
    return client._ApiClient__deserialize(argument["value"], argument["$model"])


main()
