"""The total that a running session shows is the total of the bill it would get, to the cent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.pricing import Consumption, price, total_minor
from app.domain.tariff import Dimension, PriceComponent, Tariff, TariffElement, TariffState

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
components = st.builds(
    PriceComponent,
    type=st.sampled_from(list(Dimension)),
    price=st.decimals(0, 1000, places=4),
    step_size=st.integers(1, 3600),
    vat_percent=st.none() | st.decimals(0, 30, places=2),
)
tariffs = st.builds(
    Tariff,
    key=st.just(1),
    uuid=st.just(UUID(int=1)),
    operator_key=st.just(1),
    code=st.just("T"),
    version_number=st.just(1),
    state=st.just(TariffState.PUBLISHED),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    tax_included=st.booleans(),
    elements=st.lists(
        st.builds(TariffElement, components=st.lists(components, min_size=1, max_size=3).map(tuple)), max_size=3
    ).map(tuple),
    hold_amount_minor=st.none(),
    valid_from=st.none(),
    version=st.just(1),
)


@given(tariffs, st.integers(0, 500_000), st.integers(0, 10**9))
def test_a_total_without_lines_is_the_sum_of_the_lines(tariff: Tariff, energy_wh: int, milliseconds: int) -> None:
    consumption = Consumption(energy_wh, START, START + timedelta(milliseconds=milliseconds))
    assert total_minor(tariff, consumption) == price(tariff, consumption).total_minor


def test_half_a_cent_is_a_cent() -> None:
    half = PriceComponent(Dimension.FLAT, Decimal("0.005"))
    tariff = Tariff(
        1, UUID(int=1), 1, "T", 1, TariffState.PUBLISHED, "EUR", True, (TariffElement((half,)),), None, None, 1
    )  # fmt: skip
    assert total_minor(tariff, Consumption(0, START, START)) == 1
