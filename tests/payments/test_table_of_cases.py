"""No case is forgotten: each has a test that exists, or says why it is open."""

import importlib

from tests.payments.cases import CASES


def test_every_case_has_a_row() -> None:
    assert sorted(CASES) == list(range(1, 41))


def test_every_row_names_tests_that_exist_or_a_reason() -> None:
    for number, case in CASES.items():
        assert bool(case.told_by) != bool(case.open), number
        for place in case.told_by:
            module, name = place.split(":")
            found = [known for known in dir(importlib.import_module(module)) if known.startswith(name)]
            assert found, (number, place)
