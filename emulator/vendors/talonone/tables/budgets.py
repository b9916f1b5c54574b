"""How much of what a campaign gives has been given: whole numbers of times, or sums.

`action` is that of a LimitConfig: redeemCoupon, redeemReferral, setDiscount, setDiscountEffect, createCoupon …
`address` says to whom: ``""`` for the whole campaign since it exists, which are the counters of the Campaign model
(couponRedemptionCount and so on; a scenario may set them), otherwise what `service/limits.py` makes of a limit's
entities and period.
"""

from sqlalchemy import Column, Integer, Numeric, String, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from emulator.core.store import Statement
from emulator.vendors.talonone.tables.metadata import METADATA

budgets = Table(
    "talonone_budgets",
    METADATA,
    Column("campaign_id", Integer, primary_key=True),
    Column("address", String, primary_key=True),
    Column("action", String, primary_key=True),
    Column("used", Numeric, nullable=False),
)
FIND_BUDGET = Statement(
    select(budgets.c.used).where(
        budgets.c.campaign_id == bindparam("campaign_id"),
        budgets.c.address == bindparam("address"),
        budgets.c.action == bindparam("action"),
    )
)
CAMPAIGN_BUDGETS = Statement(
    select(budgets.c.action, budgets.c.used).where(
        budgets.c.campaign_id == bindparam("campaign_id"), budgets.c.address == ""
    )
)
_row = insert(budgets)
PUT_BUDGET = Statement(
    _row.on_conflict_do_update(index_elements=["campaign_id", "address", "action"], set_={"used": _row.excluded.used})
)
