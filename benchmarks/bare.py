"""What we measure against: idiomatic FastAPI routes that validate the same bodies and keep no state."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

app = FastAPI()


class ProfileQuery(BaseModel):
    profile_id: str | None = None
    identities: dict[str, list[str]] | None = None
    type: list[str] | None = None
    include: list[str] | None = None


class OptOut(BaseModel):
    type: str
    enableOptOut: bool


class CartItem(BaseModel):
    name: str
    sku: str
    quantity: int
    price: float


class Session(BaseModel):
    profileId: str = ""
    couponCodes: list[str] = []
    cartItems: list[CartItem] = []
    state: str = "open"


class IntegrationRequest(BaseModel):
    customerSession: Session
    responseContent: list[str] = []


class Event(BaseModel):
    model_config = ConfigDict(extra="allow")

    time: int | None = None
    uuid: str | None = None


class BatchSegment(BaseModel):
    id: str


class Offer(BaseModel):
    attributes: dict[str, Any]
    batch_segments: list[BatchSegment]


class Offers(BaseModel):
    offers: dict[str, Offer]


class Data(BaseModel):
    profile_id: str
    last_updated: str
    identity: dict[str, list[str]]
    trait: dict[str, Any]
    p_trait: dict[str, Any]


class ProfileAnswer(BaseModel):
    data: Data


@app.get("/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}


@app.post("/pub/profiles/advanced-search")
async def profiles(query: ProfileQuery) -> ProfileAnswer:
    return ProfileAnswer(
        data=Data(
            profile_id="2YhQlO5kmTIRCu22QrO9BmgwbIy",
            last_updated="2024-01-01T00:00:00Z",
            identity={"phone_number": ["84900000001"], "email": ["ana@example.com"]},
            trait={"full_name": "Ana"},
            p_trait={"ltv": 250},
        )
    )


@app.put("/profile-command/v1/{api_key}/optOut/{user_id}")
async def opt_out(api_key: str, user_id: str, command: OptOut) -> dict[str, Any]:
    return {}


@app.put("/v2/customer_sessions/{session_id}")
async def session(session_id: str, request: IntegrationRequest) -> dict[str, Any]:
    return {
        "effects": [
            {
                "campaignId": number,
                "rulesetId": number * 10 + 1,
                "ruleIndex": 0,
                "ruleName": "rule",
                "effectType": "setDiscount",
                "props": {"name": "Ten percent off", "value": 10},
            }
            for number in range(4)
        ],
        "createdCoupons": [],
        "createdReferrals": [],
        "customerSession": {
            **request.customerSession.model_dump(),
            "integrationId": session_id,
            "created": "2026-01-05T09:00:00Z",
            "total": 100,
        },
    }


@app.post("/{database}/{table}")
async def personalize(database: str, table: str, event: Event) -> Offers:
    attributes = {"single": "Trail Shoe", "list": ["Trail Shoe"], "counter": 1, "imported": 1}
    offer = Offer(attributes=attributes, batch_segments=[BatchSegment(id="55352")])
    return Offers(offers={f"section_{number}": offer for number in range(10)})
