"""A section on its way into the tables: whole, or not at all, with the path of what is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from emulator.core.clock import Micros
from emulator.core.section import SectionError
from emulator.core.work import Work
from emulator.vendors.talonone import tables
from emulator.vendors.talonone.auth import Application as Caller
from emulator.vendors.talonone.seed.models import Campaign, TalonOneSection
from emulator.vendors.talonone.service.attributes import Definitions
from emulator.vendors.talonone.service.rulesets import BadExpression, compiled


def plant(work: Work, section: TalonOneSection) -> None:
    _Planting(work, section).run()


class _Ids:
    """Ids of one kind of thing: the given ones, and for the others the lowest that are free."""

    def __init__(self, noun: str, given: Iterable[int | None]) -> None:
        self._noun = noun
        self._reserved = {number for number in given if number is not None}
        self._used: set[int] = set()
        self._next = 1

    def take(self, number: int | None, path: str) -> int:
        if number is None:
            while self._next in self._reserved:
                self._next += 1
            number = self._next
            self._reserved.add(number)
        if number in self._used:
            raise SectionError(path, f"another {self._noun} has the id {number} already")
        self._used.add(number)
        return number


class _Planting:
    """One scenario's rows on their way into the tables."""

    def __init__(self, work: Work, section: TalonOneSection) -> None:
        self._work = work
        self._section = section
        self._callers = {
            one.id: Caller(f"application {one.id}", one.id, one.accountId, one.caseSensitivity)
            for one in section.applications
        }
        self._codes: dict[tuple[str, int, str], str] = {}
        campaigns = section.campaigns
        self._ruleset_ids = _Ids("ruleset", (ruleset.id for one in campaigns for ruleset in one.rulesets))
        self._coupon_ids = _Ids("coupon", (coupon.id for one in campaigns for coupon in one.coupons))
        self._referral_ids = _Ids("referral", (referral.id for one in campaigns for referral in one.referrals))

    def run(self) -> None:
        self._applications()
        self._definitions()
        self._loyalty_programs()
        campaign_ids = _Ids("campaign", ())
        for index, campaign in enumerate(self._section.campaigns):
            path = f"campaigns[{index}]"
            campaign_ids.take(campaign.id, f"{path}.id")
            self._campaign(campaign, path)
        self._profiles()

    def _applications(self) -> None:
        ids = _Ids("application", ())
        key_ids = _Ids("API key", (key.id for one in self._section.applications for key in one.apiKeys))
        keys: set[str] = set()
        for index, one in enumerate(self._section.applications):
            path = f"applications[{index}]"
            self._work.db.run(
                tables.ADD_APPLICATION, id=ids.take(one.id, f"{path}.id"), account_id=one.accountId, name=one.name,
                description=one.description, currency=one.currency, timezone=one.timezone,
                case_sensitivity=one.caseSensitivity, signing_key=one.key, created=self._moment(one.created),
            )  # fmt: skip
            for number, key in enumerate(one.apiKeys):
                place = f"{path}.apiKeys[{number}]"
                _once(keys, key.key, f"{place}.key", "this key is given to two applications, or twice to one")
                self._work.db.run(
                    tables.ADD_KEY, id=key_ids.take(key.id, f"{place}.id"), key=key.key, application_id=one.id,
                    title=key.title, expires=self._optional(key.expires),
                )  # fmt: skip

    def _definitions(self) -> None:
        section, db = self._section, self._work.db
        names: set[Any] = set()
        ids = _Ids("attribute", (one.id for one in section.attributes))
        for index, one in enumerate(section.attributes):
            path = f"attributes[{index}]"
            identity = (one.accountId, one.entity, one.eventType, one.name)
            _once(names, identity, f"{path}.name", f"{one.entity} entities have two attributes of the name {one.name}")
            self._subscribed(one.subscribedApplicationsIds, f"{path}.subscribedApplicationsIds")
            db.run(
                tables.ADD_ATTRIBUTE, id=ids.take(one.id, f"{path}.id"), account_id=one.accountId, entity=one.entity,
                event_type=one.eventType, name=one.name, type=one.type, title=one.title, description=one.description,
                suggestions=_json(one.suggestions), editable=one.editable,
                applications=_json_or_null(one.subscribedApplicationsIds),
            )  # fmt: skip
        ids = _Ids("additional cost", (cost.id for cost in section.additionalCosts))
        for index, cost in enumerate(section.additionalCosts):
            path = f"additionalCosts[{index}]"
            _once(names, (cost.accountId, cost.name), f"{path}.name", f"there are two additional costs {cost.name}")
            self._subscribed(cost.subscribedApplicationsIds, f"{path}.subscribedApplicationsIds")
            db.run(
                tables.ADD_ADDITIONAL_COST, id=ids.take(cost.id, f"{path}.id"), account_id=cost.accountId,
                name=cost.name, title=cost.title, description=cost.description,
                applications=_json_or_null(cost.subscribedApplicationsIds),
            )  # fmt: skip

    def _loyalty_programs(self) -> None:
        ids = _Ids("loyalty program", ())
        for index, one in enumerate(self._section.loyaltyPrograms):
            path = f"loyaltyPrograms[{index}]"
            self._subscribed(one.subscribedApplications, f"{path}.subscribedApplications")
            self._work.db.run(
                tables.ADD_LOYALTY_PROGRAM, id=ids.take(one.id, f"{path}.id"), account_id=one.accountID,
                name=one.name, title=one.title or one.name, description=one.description,
                applications=_json_or_null(one.subscribedApplications), default_validity=one.defaultValidity,
                allow_subledger=one.allowSubledger,
            )  # fmt: skip

    def _campaign(self, one: Campaign, path: str) -> None:
        caller = self._callers.get(one.applicationId)
        if caller is None:
            raise SectionError(f"{path}.applicationId", f"there is no application {one.applicationId}")
        self._work.db.run(
            tables.ADD_CAMPAIGN, id=one.id, application_id=one.applicationId, name=one.name,
            description=one.description, state=one.state, start_time=self._optional(one.startTime),
            end_time=self._optional(one.endTime), active_ruleset_id=self._rulesets(one, path),
            attributes=self._attributes(one.attributes, caller.account, "Campaign", f"{path}.attributes"),
            tags=_json(one.tags), features=_json(one.features),
            coupon_settings=one.couponSettings and one.couponSettings.model_dump_json(),
            referral_settings=one.referralSettings and one.referralSettings.model_dump_json(),
            created=self._moment(one.created),
        )  # fmt: skip
        self._work.db.many(tables.ADD_COUPON, self._coupons(one, caller, f"{path}.coupons"))
        self._work.db.many(tables.ADD_REFERRAL, self._referrals(one, caller, f"{path}.referrals"))

    def _rulesets(self, campaign: Campaign, path: str) -> int | None:
        """Compile and store the rulesets; the id of the active one."""
        numbers: list[int] = []
        for index, one in enumerate(campaign.rulesets):
            place = f"{path}.rulesets[{index}]"
            numbers.append(self._ruleset_ids.take(one.id, f"{place}.id"))
            text = one.model_dump_json(include={"bindings", "rules"})
            try:
                compiled(text)
            except BadExpression as error:
                raise SectionError(f"{place}.{error.path}", error.message) from None
            self._work.db.run(
                tables.ADD_RULESET, id=numbers[-1], campaign_id=campaign.id, rules=text, created=self._work.now
            )
        if campaign.activeRulesetId is None:
            return numbers[-1] if numbers else None
        if campaign.activeRulesetId not in numbers:
            raise SectionError(f"{path}.activeRulesetId", f"the campaign has no ruleset {campaign.activeRulesetId}")
        return campaign.activeRulesetId

    def _coupons(self, campaign: Campaign, caller: Caller, path: str) -> Iterable[Mapping[str, Any]]:
        for index, one in enumerate(campaign.coupons):
            place = f"{path}[{index}]"
            number = self._coupon_ids.take(one.id, f"{place}.id")
            self._work.db.many(
                tables.ADD_RESERVATION,
                [
                    {"id": None, "coupon_id": number, "profile_id": holder, "created": self._work.now}
                    for holder in dict.fromkeys(one.reservations)
                ],
            )
            yield {
                "id": number,
                "account_id": caller.account,
                "code": self._code("coupon", caller, one.value, f"{place}.value"),
                "value": caller.normalised(one.value),
                "application_id": caller.number,
                "campaign_id": campaign.id,
                "created": self._moment(one.created),
                "usage_limit": one.usageLimit,
                "usage_counter": one.usageCounter,
                "discount_limit": one.discountLimit,
                "discount_counter": one.discountCounter,
                "start_date": self._optional(one.startDate),
                "expiry_date": self._optional(one.expiryDate),
                "recipient": one.recipientIntegrationId,
                "reservation": one.reservation,
                "attributes": self._attributes(one.attributes, caller.account, "Coupon", f"{place}.attributes"),
                "batch_id": one.batchId,
            }

    def _referrals(self, campaign: Campaign, caller: Caller, path: str) -> Iterable[Mapping[str, Any]]:
        for index, one in enumerate(campaign.referrals):
            place = f"{path}[{index}]"
            yield {
                "id": self._referral_ids.take(one.id, f"{place}.id"),
                "account_id": caller.account,
                "code": self._code("referral", caller, one.code, f"{place}.code"),
                "value": caller.normalised(one.code),
                "application_id": caller.number,
                "campaign_id": campaign.id,
                "created": self._moment(one.created),
                "advocate": one.advocateProfileIntegrationId,
                "friend": one.friendProfileIntegrationId,
                "usage_limit": one.usageLimit,
                "usage_counter": one.usageCounter,
                "start_date": self._optional(one.startDate),
                "expiry_date": self._optional(one.expiryDate),
            }

    def _profiles(self) -> None:
        identities: set[Any] = set()
        ids = _Ids("profile", (one.id for one in self._section.profiles))
        for index, one in enumerate(self._section.profiles):
            path = f"profiles[{index}]"
            known = (one.accountId, one.integrationId)
            _once(identities, known, f"{path}.integrationId", f"there are two profiles {one.integrationId!r}")
            self._work.db.run(
                tables.PUT_PROFILE, id=ids.take(one.id, f"{path}.id"), account_id=one.accountId,
                integration_id=one.integrationId, created=self._moment(one.created),
                attributes=self._attributes(one.attributes, one.accountId, "CustomerProfile", f"{path}.attributes"),
                closed_sessions=one.closedSessions, total_sales=one.totalSales,
                last_activity=self._moment(one.lastActivity),
            )  # fmt: skip

    def _code(self, noun: str, caller: Caller, value: str, path: str) -> str:
        """The code as it is compared. An account has it once (talon_go 2.1.1, Coupon.value)."""
        code = caller.normalised(value)
        other = self._codes.setdefault((noun, caller.account, code), path)
        if other is not path:
            raise SectionError(path, f"the account has the {noun} code {code!r} already, at {other}")
        return code

    def _attributes(self, values: Mapping[str, Any], account: int, entity: str, path: str) -> str:
        if not values:
            return "{}"
        kept, complaints = Definitions(self._work, account, None).check(values, entity)
        if complaints:
            raise SectionError(f"{path}.{complaints[0].source['pointer'][1:]}", complaints[0].details)
        return _json({name: value for name, value in kept.items() if value is not None})

    def _subscribed(self, numbers: list[int] | None, path: str) -> None:
        for index, number in enumerate(numbers or ()):
            if number not in self._callers:
                raise SectionError(f"{path}[{index}]", f"there is no application {number}")

    def _moment(self, text: str | None) -> Micros:
        return self._work.now if text is None else self._work.moment(text)

    def _optional(self, text: str | None) -> Micros | None:
        return None if text is None else self._work.moment(text)


def _once(seen: set[Any], value: Any, path: str, message: str) -> None:
    if value in seen:
        raise SectionError(path, message)
    seen.add(value)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _json_or_null(value: Any) -> str | None:
    return None if value is None else _json(value)
