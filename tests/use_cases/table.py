"""Every use case of OCPP 2.0.1 part 2: where it is told, why it is none of a CSMS, or what is wrong with ours."""

_COUNTS = {
    "A": 5, "B": 12, "C": 16, "D": 2, "E": 15, "F": 6, "G": 5, "H": 4,
    "I": 6, "J": 3, "K": 17, "L": 4, "M": 6, "N": 10, "O": 6, "P": 2,
}  # fmt: skip
SPECIFIED = tuple(f"{block}{number:02}" for block, count in _COUNTS.items() for number in range(1, count + 1))

# Scenarios of this folder and journeys that tell the use case already: file::function, below tests.
_B, _C, _E, _F, _G, _H, _K = (
    f"use_cases/test_{name}.py::"
    for name in (
        "b_provisioning",
        "c_authorization",
        "e_transactions",
        "f_remote_control",
        "g_availability",
        "h_reservation",
        "k_smart_charging",
    )
)
_AD, _IJ, _LP = (f"use_cases/test_{name}.py::" for name in ("a_d_security_and_lists", "i_j_money_and_meters", "l_to_p"))
_TRUST, _ISO, _PLAN = (f"journeys/test_{name}.py::" for name in ("trust", "iso15118", "charging_plan"))

SCENARIOS: dict[str, tuple[str, ...]] = {
    "A01": (
        f"{_TRUST}test_a_password_is_rotated_over_ocpp",
        f"{_TRUST}test_a_station_that_refuses_its_new_password_keeps_the_old_one",
    ),
    "A02": (
        f"{_AD}test_a02_the_operator_asks_for_it",
        f"{_TRUST}test_a_station_gets_a_certificate_of_our_authority_and_comes_back_with_it",
    ),
    "A03": (
        f"{_TRUST}test_a_station_gets_a_certificate_of_our_authority_and_comes_back_with_it",
        f"{_TRUST}test_a_request_in_another_stations_name_is_refused_with_a_reason",
    ),
    "A04": (f"{_AD}test_a04_security_event",),
    "A05": ("journeys/test_security_profile.py::test_a_profile_that_was_reached_is_the_least_from_then_on",),
    "B01": (f"{_B}test_b01_cold_boot",),
    "B02": (
        f"{_B}test_b02_b03_not_yet_accepted",
        f"{_B}test_b02_a_pending_station_is_configured",
        f"{_B}test_b02_b03_the_unaccepted_are_not_heard",
        f"{_B}test_b02_what_was_triggered_is_heard",
    ),
    "B03": (f"{_B}test_b02_b03_not_yet_accepted", f"{_B}test_b03_a_rejected_station_is_asked_nothing"),
    "B04": (f"{_B}test_b04_back_after_a_time_alone",),
    "B05": (
        f"{_B}test_b05_set_variables",
        "journeys/test_device.py::test_no_message_names_more_than_the_station_takes",
    ),
    "B06": (
        f"{_B}test_b06_get_variables",
        "journeys/test_device.py::test_no_message_names_more_than_the_station_takes",
    ),
    "B07": (f"{_B}test_b07_base_report",),
    "B08": (f"{_B}test_b08_custom_report",),
    "B09": (f"{_B}test_b09_network_profile",),
    "B10": (f"{_B}test_b10_migrate",),
    "B11": (f"{_B}test_b11_reset_when_idle",),
    "B12": (f"{_B}test_b12_reset_with_a_transaction",),
    "C01": (f"{_C}test_c01_rfid",),
    "C02": (f"{_C}test_c02_start_button",),
    "C03": (f"{_C}test_c03_credit_card",),
    "C04": (f"{_C}test_c04_pin_code", f"{_C}test_c04_a_code_stays_in_no_row"),
    "C05": (f"{_C}test_c05_csms_initiated",),
    "C06": (f"{_C}test_c06_local_id",),
    "C07": (f"{_ISO}test_a_contract_is_worth_what_its_responder_says",),
    "C08": (f"{_C}test_c08_eim",),
    "C09": (f"{_C}test_c09_group",),
    "C10": (f"{_C}test_c10_cache_ends_with_the_token",),
    "C11": (f"{_C}test_c11_clear_cache",),
    "C12": (f"{_C}test_c12_a_cached_card_is_judged_anew",),
    "C13": (f"{_C}test_c13_offline_by_list",),
    "C14": (f"{_C}test_c14_online_by_list",),
    "C15": (f"{_C}test_c15_offline_unknown",),
    "C16": (f"{_C}test_c16_master_pass",),
    "D01": (f"{_AD}test_d01_send_list", "journeys/test_local_lists.py::test_a_long_list_goes_in_parts"),
    "D02": (f"{_AD}test_d02_list_version",),
    "E01": (f"{_E}test_e01_start_options", f"{_E}test_e01_an_id_that_is_used_again"),
    "E02": (f"{_E}test_e02_cable_first",),
    "E03": (f"{_E}test_e03_token_first",),
    "E04": (f"{_E}test_e04_started_offline",),
    "E05": (f"{_E}test_e05_token_not_accepted",),
    "E06": (f"{_E}test_e06_stop_options",),
    "E07": (f"{_E}test_e07_stopped_by_the_same_card",),
    "E08": (f"{_E}test_e08_e12_ended_offline",),
    "E09": (f"{_E}test_e09_cable_out_stops",),
    "E10": (f"{_E}test_e10_cable_out_suspends",),
    "E11": (f"{_E}test_e11_line_lost_and_found",),
    "E12": (f"{_E}test_e08_e12_ended_offline",),
    "E13": (f"{_E}test_e13_a_message_said_twice",),
    "E14": (
        f"{_E}test_e14_transaction_status",
        "journeys/test_record_gap.py::test_a_gap_is_asked_about_once_and_closed_by_what_was_held_back",
    ),
    "E15": (f"{_E}test_e15_end_of_charging",),
    "F01": (
        f"{_F}test_f01_remote_start_cable_first",
        "journeys/test_plugged_in_first.py::test_a_start_joins_what_a_cable_began",
    ),
    "F02": (f"{_F}test_f02_remote_start_first", f"{_F}test_f02_refused_start"),
    "F03": (f"{_F}test_f03_f04_remote_stop",),
    "F04": (f"{_F}test_f03_f04_remote_stop",),
    "F05": (f"{_F}test_f05_unlock",),
    "F06": (f"{_F}test_f06_trigger", f"{_F}test_f06_trigger_at_a_connector"),
    "G01": (f"{_G}test_g01_status",),
    "G02": (f"{_G}test_g02_heartbeat",),
    "G03": (f"{_G}test_g03_g04_change_availability",),
    "G04": (f"{_G}test_g03_g04_change_availability",),
    "G05": (f"{_G}test_g05_lock_failure",),
    "H01": (f"{_H}test_h01_reserve", f"{_H}test_h01_any_evse"),
    "H02": (f"{_H}test_h02_cancel",),
    "H03": (f"{_H}test_h03_use",),
    "H04": (f"{_H}test_h04_not_used",),
    "I01": (f"{_IJ}test_i01_the_price_for_this_driver",),
    "I02": (f"{_IJ}test_i02_running_cost",),
    "I03": (f"{_IJ}test_i03_final_cost",),
    "I04": (f"{_IJ}test_i04_i05_fallback_messages",),
    "I05": (f"{_IJ}test_i04_i05_fallback_messages",),
    "J01": (f"{_IJ}test_j01_meter_outside_a_transaction",),
    "J02": (f"{_IJ}test_j02_meter_of_a_transaction",),
    "K01": (
        f"{_K}test_k01_k03_set_profile",
        f"{_K}test_k01_forbidden",
        f"{_K}test_k01_no_two_of_a_rank",
        f"{_K}test_k01_which_phase",
    ),
    "K02": (f"{_K}test_k02_k06_limit_of_a_transaction",),
    "K03": (f"{_K}test_k01_k03_set_profile",),
    "K05": (f"{_K}test_k05_start_with_profile",),
    "K06": (f"{_K}test_k02_k06_limit_of_a_transaction",),
    "K08": (f"{_K}test_k08_composite",),
    "K09": (f"{_K}test_k09_get_profiles",),
    "K10": (f"{_K}test_k10_clear",),
    "K11": (f"{_K}test_k11_k12_k13_limits_of_others",),
    "K12": (f"{_K}test_k11_k12_k13_limits_of_others",),
    "K13": (f"{_K}test_k11_k12_k13_limits_of_others",),
    "K15": (f"{_K}test_k15_k17_needs", f"{_PLAN}test_a_need_is_planned_for_once"),
    "K16": (
        f"{_PLAN}test_a_car_that_means_to_draw_more_is_refused_and_planned_for_again",
        f"{_PLAN}test_a_persons_profile_takes_the_plans_place_and_bounds_the_next",
    ),
    "K17": (f"{_K}test_k15_k17_needs", f"{_PLAN}test_new_needs_are_a_new_plan_within_what_others_allow"),
    "L01": (f"{_LP}test_l01_l02_firmware",),
    "L02": (f"{_LP}test_l01_l02_firmware",),
    "L03": (f"{_LP}test_l03_l04_publishing",),
    "L04": (f"{_LP}test_l03_l04_publishing",),
    "M01": (f"{_ISO}test_a_car_gets_its_contract_through_us",),
    "M02": (f"{_ISO}test_a_car_gets_its_contract_through_us",),
    "M03": (f"{_LP}test_m03_m04_m05_certificates",),
    "M04": (f"{_LP}test_m03_m04_m05_certificates",),
    "M05": (f"{_LP}test_m03_m04_m05_certificates",),
    "M06": (
        f"{_ISO}test_the_responders_own_answer_reaches_the_station",
        f"{_ISO}test_no_answer_is_said_to_be_none",
    ),
    "N01": (f"{_LP}test_n01_logs", f"{_TRUST}test_a_log_comes_to_us_and_only_its_operator_reads_it"),
    "N02": (f"{_LP}test_n02_n04_n06_monitors",),
    "N03": (f"{_LP}test_n03_n05_base_and_level",),
    "N04": (f"{_LP}test_n02_n04_n06_monitors",),
    "N05": (f"{_LP}test_n03_n05_base_and_level",),
    "N06": (f"{_LP}test_n02_n04_n06_monitors",),
    "N07": (f"{_LP}test_n07_n08_events",),
    "N08": (f"{_LP}test_n07_n08_events",),
    "N09": (f"{_LP}test_n09_n10_customer",),
    "N10": (f"{_LP}test_n09_n10_customer", f"{_LP}test_n10_off_the_list"),
    "O01": (f"{_LP}test_o01_o02_o06_set_message",),
    "O02": (f"{_LP}test_o01_o02_o06_set_message",),
    "O03": (f"{_LP}test_o03_o04_o05_get_and_clear_messages",),
    "O04": (f"{_LP}test_o03_o04_o05_get_and_clear_messages",),
    "O05": (f"{_LP}test_o03_o04_o05_get_and_clear_messages",),
    "O06": (f"{_LP}test_o01_o02_o06_set_message",),
    "P01": (f"{_LP}test_p01_data_to_the_station",),
    "P02": (f"{_LP}test_p02_data_to_the_csms",),
}

# What a station does by itself or with somebody else: nothing of it can be seen in what a CSMS sends or answers.
NOT_OURS: dict[str, str] = {
    "J03": "The car and the station exchange metering during the charging loop; we hear its values as in J02.",
    "K04": "A station divides its own limit among its EVSEs by itself.",
    "K07": "A station that is offline picks the profile of a new transaction by itself.",
    "K14": "A local controller applies the limit to its stations by itself; we hear of it as in K11 and K12.",
}

# What the standard asks of a CSMS and Voltgraph does not do.
OPEN: dict[str, str] = {
    "I06": (
        "A driver is told what the tariff is before the start (I01), and it is looked at again when the card is shown, not "
        "with every message of the transaction (FR.01): no answer to an update carries changed tariff words (FR.02). What "
        "is paid is the version that was pinned at the start; a 2.1 station can be given another one (I11)."
    ),
}
