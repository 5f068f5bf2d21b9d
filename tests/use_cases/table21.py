"""The use cases that OCPP 2.1 part 2 adds to those of 2.0.1: where each is told, why it is none of a CSMS, what is open.

A use case may be told and open at once: then what is told holds, and what `OPEN` says of it does not yet.
"""

_ADDED = {
    "B": (13, 13), "C": (17, 25), "E": (16, 17), "F": (7, 7), "I": (7, 12), "K": (18, 29), "M": (7, 7), "N": (11, 15),
    "Q": (1, 12), "R": (1, 5), "S": (1, 4),
}  # fmt: skip
SPECIFIED = tuple(f"{block}{number:02}" for block, (first, last) in _ADDED.items() for number in range(first, last + 1))

_P, _V, _T = (f"use_cases/test_2_1_{name}.py::" for name in ("payments", "power", "terminal"))
_GRID, _PROFILES, _PLAN, _WEB = (
    f"journeys/test_{name}.py::" for name in ("grid", "charging_profiles", "charging_plan", "web_payment")
)
_STREAMS = "journeys/test_monitoring.py::test_streams_are_taken_without_an_answer"
_TARIFFS = f"{_GRID}test_tariffs_are_what_the_station_says_it_calculates_with"
_CONTROLS = f"{_GRID}test_grid_controls_are_held_reported_and_at_work"
_SWAP = f"{_GRID}test_a_battery_is_swapped"
_NEEDS = f"{_PLAN}test_a_need_is_planned_for_once"
_ALLOWED = f"{_V}test_q01_only_the_transfer_that_is_allowed"
_MODES = f"{_V}test_q_modes_are_sent_as_they_are_meant"

SCENARIOS: dict[str, tuple[str, ...]] = {
    "B13": (f"{_V}test_b13_a_reset_that_resumes", f"{_V}test_b13_e17_a_transaction_that_goes_on"),
    "C17": (
        f"{_P}test_c17_a_prepaid_card_stays_in_no_cache",
        f"{_P}test_c17_a_balance_is_the_most_a_transaction_may_cost",
    ),
    "C18": (f"{_P}test_c18_paid_at_the_stations_own_terminal", f"{_GRID}test_a_vat_number_is_judged_by_its_form"),
    "C19": (f"{_P}test_c19_cancelled_before_a_transaction",),
    "C20": (f"{_P}test_c20_nothing_flowed_and_nothing_is_owed",),
    "C21": (
        f"{_P}test_c21_settled_at_the_terminal",
        f"{_T}test_c21_a_receipt_of_ours",
        f"{_T}test_c21_the_payment_is_told_before_the_transaction",
        f"{_T}test_c21_another_amount_than_the_bill",
        f"{_T}test_c21_a_reference_used_again_for_another_transaction",
        f"{_T}test_c21_another_amount_of_what_is_settled",
        f"{_T}test_c21_an_amount_that_cannot_be_is_put_right",
        f"{_T}test_c21_nothing_came_from_the_terminal",
        f"{_T}test_c21_what_pays_no_session",
        f"{_T}test_c21_the_stations_own_receipt_is_the_only_one",
    ),
    "C22": (f"{_GRID}test_payments_at_the_terminal_are_kept", f"{_P}test_c22_a_settlement_that_failed"),
    "C23": (f"{_P}test_c23_a_terminal_raises_what_it_holds",),
    "C24": (
        f"{_P}test_c24_paid_elsewhere_and_started_as_such",
        f"{_P}test_e16_f07_what_a_driver_wants_at_most",
    ),
    "C25": (
        f"{_WEB}test_a_scanned_code_is_judged",
        "journeys/test_scanned_code.py::test_a_scanned_code_leads_to_the_page",
        "journeys/test_scanned_code.py::test_what_is_not_published_is_not_found_and_trying_is_slowed_down",
        "browser/test_charge_page.py::test_a_scanned_code_ends_on_the_page_with_its_limits",
        f"{_P}test_c24_paid_elsewhere_and_started_as_such",
    ),
    "E16": (
        f"{_P}test_e16_f07_what_a_driver_wants_at_most",
        f"{_P}test_e16_only_what_the_station_can_keep_to",
        f"{_P}test_e16_a_hold_that_grew_is_told_at_once",
        f"{_P}test_e16_a_balance_that_grew_is_told_at_once",
        f"{_P}test_c17_a_balance_is_the_most_a_transaction_may_cost",
    ),
    "E17": (f"{_V}test_b13_e17_a_transaction_that_goes_on",),
    "F07": (f"{_P}test_e16_f07_what_a_driver_wants_at_most",),
    "I07": (_TARIFFS,),
    # A tariff that differs from EVSE to EVSE has no place in the protocol before the start: Authorize names no EVSE, and
    # the answer to a transaction's message carries no tariff. To tell one of them would be a guess at what is owed; none
    # is told then, the station shows the EVSE's default tariff (I07), and the start is bound to the driver's tariff there.
    "I08": (
        f"{_P}test_i08_a_drivers_own_tariff",
        f"{_P}test_i08_a_contracts_tariff_and_one_evses",
        f"{_P}test_i08_evses_that_differ_and_the_right_one_bound_at_the_start",
    ),
    "I09": (_TARIFFS,),
    "I10": (_TARIFFS,),
    "I11": (f"{_GRID}test_a_transaction_changes_its_tariff",),
    "I12": (f"{_P}test_i12_what_the_station_calculated", f"{_P}test_i12_what_it_could_not_calculate"),
    "K18": (_NEEDS, _ALLOWED),
    "K19": (_NEEDS, _ALLOWED),
    "K20": (f"{_PLAN}test_new_needs_are_a_new_plan_within_what_others_allow",),
    "K21": (f"{_PROFILES}test_priority_charging_is_shown_on_the_session",),
    "K22": (f"{_PROFILES}test_priority_charging_is_shown_on_the_session",),
    "K27": (f"{_V}test_k27_what_is_generated_at_the_place",),
    "K28": (f"{_PROFILES}test_a_dynamic_profile_is_moved_and_pulled",),
    "K29": (f"{_V}test_k29_a_dynamic_profile_that_another_system_moves",),
    "M07": (
        "journeys/test_iso15118.py::test_a_chain_is_judged_link_by_link",
        "journeys/test_iso15118.py::test_a_revocation_list_is_read",
    ),
    "N11": (_STREAMS, f"{_V}test_n11_a_monitor_with_a_stream"),
    "N12": (_STREAMS,),
    "N13": (_STREAMS,),
    "N14": (_STREAMS,),
    "N15": (_STREAMS, f"{_V}test_n15_a_stream_that_falls_behind_is_let_send_more"),
    "Q01": (_ALLOWED, f"{_V}test_q01_what_a_token_is_allowed_is_told_beforehand"),
    "Q02": (f"{_PROFILES}test_priority_charging_is_shown_on_the_session", f"{_V}test_q02_q03_no_field_of_another_mode"),
    "Q03": (_MODES, f"{_V}test_q02_q03_no_field_of_another_mode"),
    "Q04": (_MODES, f"{_PROFILES}test_a_dynamic_profile_is_moved_and_pulled"),
    "Q05": (_MODES,),
    "Q06": (f"{_V}test_k27_what_is_generated_at_the_place",),
    "Q07": (_MODES, f"{_GRID}test_signals_are_passed_on"),
    "Q08": (_MODES,),
    "Q09": (_MODES,),
    "Q10": (_MODES,),
    "R01": (_CONTROLS,),
    "R02": (_CONTROLS,),
    "R03": (_CONTROLS,),
    "R04": (_CONTROLS, f"{_GRID}test_a_control_says_exactly_one_thing"),
    "R05": (f"{_GRID}test_an_alarm_lasts_until_it_ends",),
    "S01": (_SWAP,),
    "S02": (_SWAP, f"{_V}test_s02_nobody_swaps_whom_we_would_refuse"),
    "S03": (_SWAP,),
    "S04": (f"{_V}test_s04_a_battery_charges_in_its_slot",),
}

# What a station does by itself or with somebody else: nothing of it can be seen in what a CSMS sends or answers.
NOT_OURS: dict[str, str] = {
    "K23": "An EMS at the site limits its stations; we hear of it as in K11 to K13 of 2.0.1.",
    "K24": "An EMS steers a local controller; we hear of it as in K11 to K13 of 2.0.1.",
    "K25": "An EMS that is itself the local controller speaks with its stations; to us it is a station.",
    "K26": "An EMS in a cloud agrees with us outside OCPP; what it limits at the site is heard as in K11 to K13.",
    "Q11": "A station that is offline steers by the profile it holds, or stops feeding back, by itself.",
    "Q12": "A station that is back resumes what its profile says by itself.",
}

# What the standard asks of a CSMS and Voltgraph does not do.
OPEN: dict[str, str] = {
    "C21": (
        "FR.05: a station whose SettlementByCSMS is true leaves settling to whoever has a contract with the provider "
        "behind its terminal, by a reference that is that provider's own. That is a port that nobody stands behind: no "
        "provider is reached so. A station settles by itself where the variable is absent or false (FR.01), and a session "
        "that nobody settled is found by reconciliation as TERMINAL_DIFFERS."
    ),
}
