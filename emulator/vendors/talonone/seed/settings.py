"""Talon.One's switches."""

from typing import Literal

from pydantic import Field

from emulator.core.section import Settings


class TalonOneSettings(Settings):
    null_attributes: Literal["ignored", "deleted"] = Field(
        default="ignored",
        description="What an attribute of null does to the stored value.",
        json_schema_extra={"level": "assumed", "source": "talon-one.js before 2018, README"},
    )
    rejection_reasons: Literal["seed", "newest"] = Field(
        default="seed",
        description="What a code is told that no rule of its campaign asks for: CouponValidConditionMissing and "
        "ReferralValidConditionMissing as in 2020, or …RejectedByCondition as in 2026.",
        json_schema_extra={
            "level": "documented",
            "source": "talon_go 2.1.1, rejectionReason",
        },
    )
    created_closed: bool = Field(
        default=True,
        description="Whether a session may be created closed.",
        json_schema_extra={
            "level": "documented",
            "source": "Talon.One Integration API 26.16, NewCustomerSessionV2.state",
        },
    )
    cart_item_name_required: bool = Field(
        default=False,
        description="Whether a cart item needs a name: yes in 2020, no in 2026.",
        json_schema_extra={"level": "documented", "source": "Talon.One Integration API 25.17, CartItem"},
    )
