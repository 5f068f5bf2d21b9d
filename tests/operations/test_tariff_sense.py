"""What can never be charged, or means nothing, is refused when it is drafted; all that OCPI can say is kept as said."""

from typing import Any

import pytest

from app.domain.refusal import ErrorCode, Refusal
from app.domain.tariff import Tariff
from app.domain.tariff_form import elements_json
from app.operations import tariffs
from tests.world import Tenant, World, made, options

NEVER, INVALID = ErrorCode.TARIFF_NEVER_MATCHES, ErrorCode.INVALID_INPUT


def part(kind: str = "ENERGY", price: str = "1", **more: object) -> dict[str, object]:
    return {"type": kind, "price": price, **more}


def one(kind: str = "ENERGY", price: str = "1", **restrictions: object) -> dict[str, object]:
    return {"components": [part(kind, price)], "restrictions": restrictions or None}


REFUSED: dict[str, tuple[ErrorCode, dict[str, Any]]] = {
    "a negative price": (INVALID, {"elements": [one(price="-0.01")]}),
    "five decimals": (INVALID, {"elements": [one(price="0.12345")]}),
    "no number": (INVALID, {"elements": [one(price="NaN")]}),
    "more than anything costs": (INVALID, {"elements": [one(price="100000.01")]}),
    "a step of nothing": (INVALID, {"elements": [{"components": [part(stepSize=0)]}]}),
    "vat and taxes": (
        INVALID,
        {"elements": [{"components": [part(vatPercent="19", taxes=[{"name": "a", "percent": 1}])]}]},
    ),
    "a tax over a hundred": (INVALID, {"elements": [{"components": [part(vatPercent="101")]}]}),
    "no element": (INVALID, {"elements": []}),
    "a word that is none": (INVALID, {"elements": [one(minKwH="1")]}),
    "half past twenty-five": (INVALID, {"elements": [one(startTime="25:30")]}),
    "no such day": (INVALID, {"elements": [one(startDate="2026-02-30")]}),
    "a limit beyond any card": (INVALID, {"elements": [one()], "max_price": {"afterTaxes": "1000000"}}),
    "a limit that says nothing": (INVALID, {"elements": [one()], "min_price": {}}),
    "least above greatest": (
        INVALID,
        {"elements": [one()], "min_price": {"afterTaxes": "5"}, "max_price": {"afterTaxes": "4.99"}},
    ),
    "less with taxes than without": (
        INVALID,
        {"elements": [one()], "max_price": {"beforeTaxes": "5", "afterTaxes": "4.99"}},
    ),
    "no currency": (INVALID, {"elements": [one()], "currency": "XXX"}),
    "from ten until five": (NEVER, {"elements": [one(minKwh="10", maxKwh="5")]}),
    "until nothing": (NEVER, {"elements": [one(maxDuration=0)]}),
    "dates crossed": (NEVER, {"elements": [one(startDate="2026-12-02", endDate="2026-12-02")]}),
    "a Sunday that is not in it": (
        NEVER,
        {"elements": [one(startDate="2026-11-23", endDate="2026-11-28", dayOfWeek=["SUNDAY"])]},
    ),
    "holidays without any": (NEVER, {"elements": [one(publicHoliday=True)]}),
    "holidays on another day": (
        NEVER,
        {"elements": [one(publicHoliday=True, dayOfWeek=["MONDAY"])], "holidays": ["2026-12-25"]},
    ),
    "twice in an element": (NEVER, {"elements": [{"components": [part(), part(price="2")]}]}),
    "after one for always": (NEVER, {"elements": [one(), one(startTime="08:00")]}),
    "after a wider one": (NEVER, {"elements": [one(minKwh="5"), one(minKwh="7", dayOfWeek=["MONDAY"])]}),
    "energy of a reservation": (NEVER, {"elements": [one(reservation="RESERVATION"), one()]}),
    "charging while parked": (NEVER, {"elements": [one("TIME", minParkingDuration=60)]}),
}

EVERYTHING = [
    {
        "components": [part("TIME", "2.5", stepSize=60), part("FLAT", "0.1")],
        "restrictions": {"reservation": "RESERVATION_EXPIRES"},
    },
    {
        "components": [
            part("ENERGY", "0.4949", stepSize=100, taxes=[{"name": "STATE", "percent": "5"}, {"name": "CITY", "percent": "2.25"}])
        ],
        "restrictions": {
            "startTime": "22:00", "endTime": "06:30", "startDate": "2026-01-01", "endDate": "2027-01-01",
            "minKwh": "0.5", "maxKwh": "50", "minCurrent": "6", "maxCurrent": "96", "minPower": "1.4", "maxPower": "350",
            "minDuration": 60, "maxDuration": 86400, "dayOfWeek": ["SATURDAY", "SUNDAY"],
            "minParkingDuration": 1, "maxParkingDuration": 7200, "publicHoliday": False, "tokenGroups": ["staff"],
        },
    },
    {"components": [part("ENERGY", "0.59", stepSize=1, vatPercent="19"), part("PARKING_TIME", "6", stepSize=300)]},
]  # fmt: skip


def draft(values: dict[str, Any]) -> tariffs.TariffDraft:
    said = {"currency": "EUR", "tax_included": True} | values
    return tariffs.TariffDraft("sense", **said)


@pytest.mark.parametrize("name", REFUSED)
async def test_what_makes_no_sense_is_refused_with_its_place(name: str, world: World, tenant: Tenant) -> None:
    code, values = REFUSED[name]
    refused = await tariffs.create(scope=tenant.scope, desk=world.desk, draft=draft(values), options=options("sense"))
    assert isinstance(refused, Refusal), name
    assert (refused.code, bool(refused.path)) == (code, True), refused


async def test_all_that_can_be_said_is_kept_as_said(world: World, tenant: Tenant) -> None:
    limits = {"min_price": {"beforeTaxes": "0.5"}, "max_price": {"beforeTaxes": "10", "afterTaxes": "12"}}
    values = {"elements": EVERYTHING, "holidays": ["2026-12-25", "2026-12-26"], **limits}
    kept = made(
        await tariffs.create(scope=tenant.scope, desk=world.desk, draft=draft(values), options=options("everything"))
    )
    assert isinstance(kept, Tariff)
    said = elements_json(kept.elements)
    assert said[1]["restrictions"] == EVERYTHING[1]["restrictions"]
    assert said[1]["components"][0]["taxes"] == EVERYTHING[1]["components"][0]["taxes"]  # type: ignore[index]
    assert said[2]["components"][0]["vatPercent"] == "19"
    assert str(kept.max_price) == "PriceLimit(before_taxes=Decimal('10'), after_taxes=Decimal('12'))"
    assert len(kept.holidays) == 2
    assert kept.min_price is not None
    assert kept.min_price.after_taxes is None
