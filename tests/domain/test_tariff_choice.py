"""Which tariff version a session pays: the most specific assignment, the newest valid version."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.domain.tariff import Tariff, TariffAssignment, TariffState, applicable

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def version(
    code: str, number: int, *, valid_from: datetime | None, state: TariffState = TariffState.PUBLISHED
) -> Tariff:
    return Tariff(number, UUID(int=number), 1, code, number, state, "EUR", True, (), None, valid_from, 1)


def assigned(
    code: str, *, location: int | None = None, evse: int | None = None, group: str | None = None
) -> TariffAssignment:
    return TariffAssignment(code, location, evse, group, NOON - timedelta(days=1))


def chosen(assignments: list[TariffAssignment], versions: list[Tariff], **where: object) -> str | None:
    place = {"location_key": 1, "evse_key": 10, "token_group_id": None} | where
    found = applicable(assignments, versions, at=NOON, **place)  # type: ignore[arg-type]
    return None if found is None else f"{found.code}:{found.version_number}"


def test_more_specific_assignments_win() -> None:
    versions = [version(code, 1, valid_from=NOON) for code in ("operator", "location", "evse", "group")]
    ladder = [
        assigned("operator"),
        assigned("location", location=1),
        assigned("evse", location=1, evse=10),
        assigned("group", group="staff"),
    ]
    assert chosen(ladder[:1], versions) == "operator:1"
    assert chosen(ladder[:2], versions) == "location:1"
    assert chosen(ladder, versions) == "evse:1"
    assert chosen(ladder, versions, evse_key=11) == "location:1"
    assert chosen(ladder, versions, token_group_id="staff") == "group:1"


def test_the_newest_version_that_is_published_and_valid_counts() -> None:
    versions = [
        version("a", 1, valid_from=NOON - timedelta(hours=2)),
        version("a", 2, valid_from=NOON),
        version("a", 3, valid_from=NOON + timedelta(seconds=1)),
        version("a", 4, valid_from=NOON, state=TariffState.DRAFT),
    ]
    assert chosen([assigned("a")], versions) == "a:2"


def test_an_assignment_without_a_valid_version_is_passed_over() -> None:
    versions = [version("old", 1, valid_from=NOON), version("new", 1, valid_from=NOON + timedelta(days=1))]
    assert chosen([assigned("old"), assigned("new", location=1)], versions) == "old:1"
    assert chosen([], versions) is None


def test_an_assignment_ends_and_gives_way_to_a_wider_one() -> None:
    versions = [version("wide", 1, valid_from=NOON), version("here", 1, valid_from=NOON)]
    ended = replace(assigned("here", location=1), valid_until=NOON)
    assert chosen([assigned("wide"), ended], versions) == "wide:1"
    assert chosen([assigned("wide"), replace(ended, valid_until=NOON + timedelta(seconds=1))], versions) == "here:1"


def test_a_retired_version_counts_until_then_and_hides_the_one_before_it() -> None:
    before = version("a", 1, valid_from=NOON - timedelta(hours=2))
    newest = version("a", 2, valid_from=NOON - timedelta(hours=1), state=TariffState.RETIRED)
    assert chosen([assigned("a")], [before, replace(newest, retired_at=NOON + timedelta(seconds=1))]) == "a:2"
    assert chosen([assigned("a")], [before, replace(newest, retired_at=NOON)]) is None
