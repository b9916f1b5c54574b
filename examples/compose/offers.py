"""Treasure Data with httpx: a page view goes to the records host, the next look at a product brings a greeting."""

import os
import sys

import httpx

RECORDS = "https://us01.records.in.treasuredata.com/personalization__database/pageviews"
OFFERS = "https://us01.p13n.in.treasuredata.com/personalization__database/preferences_table"
VISITOR = {"td_client_id": "cookie-1", "email": "ana@example.com"}


def main() -> str | None:
    headers = {
        "Authorization": f"TD1 {os.environ['TREASUREDATA_API_KEY']}",
        "WP13n-Token": os.environ["TREASUREDATA_TOKEN"],
        "Content-Type": "application/vnd.treasuredata.v1+json",
    }
    with httpx.Client(headers=headers, timeout=10) as client:
        stored = client.post(RECORDS, json={"events": [{**VISITOR, "td_path": "/shoes"}]}).raise_for_status().json()
        if stored["receipts"] != [{"success": True}]:
            return f"httpx: Treasure Data did not store the page view: {stored}"
        event = {**VISITOR, "event_name": "view", "product_name": "Trail Shoe"}
        offers = client.post(OFFERS, json=event).raise_for_status().json()["offers"]
    if offers["welcome_back"]["attributes"]["first_name"] != "Ana":
        return f"httpx: Treasure Data does not know the shopper: {offers}"
    print("httpx: Treasure Data stores a page view and greets Ana")
    return None


if __name__ == "__main__":
    sys.exit(main())
