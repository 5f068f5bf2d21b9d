"""The operations of OCPP 1.6 (sections 4 and 5, and the security extension): what binds a central system, where told.

A fixture is named by its file below tests/quirks/fixtures, a test by file::function below tests.
"""

_J = "journeys/test_"
_S = "use_cases/test_1_6.py::"
_CARD = f"{_S}test_4_8_a_card_is_judged_at_the_start_whatever_the_station_thought"
_STOCK = "gateway/test_stock_client.py::test_a_stock_station_in_each_version"
_STORY = f"{_J}dialects.py::test_the_same_story_leaves_the_same_session_in_every_version"
_REMOTE = f"{_J}dialects.py::test_a_remote_start_and_stop_leave_the_same_session_in_every_version"
_DEVICE = f"{_J}device.py::test_keys_of_1_6_are_variables_under_the_same_roof"
_EVERY = f"{_J}every_request.py::test_it_reaches_the_station_and_the_answer_comes_back"
_LOGS = f"{_J}trust.py::test_a_log_comes_to_us_and_only_its_operator_reads_it"
_PROFILES, _LISTS, _RESERVED = (f"{_J}{name}.py::" for name in ("charging_profiles", "local_lists", "reservations"))
_TRUST = f"{_J}trust.py::"

# section -> (what the central system must do, the stories that tell it)
OPERATIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "4.1": (
        "answers whether a card is good, with its group",
        (_STOCK, "80_card_in_small_letters.txt", f"{_S}test_4_1_a_prepaid_card_keeps_its_own_end"),
    ),
    "4.2": (
        "says whether it accepts the station, the time and an interval; asks a rejected one nothing",
        (_STOCK, "20_boots_forever.txt", f"{_S}test_4_2_who_is_not_accepted"),
    ),
    "4.3": ("answers a vendor's message, with UnknownVendorId where it knows none", (_STOCK,)),
    "4.4": ("takes how far diagnostics have come", (_LOGS,)),
    "4.5": ("takes how far firmware has come", (f"{_TRUST}test_a_firmware_is_followed_to_its_end",)),
    "4.6": ("answers with its time", (_STOCK,)),
    "4.7": ("answers every value, however little sense it makes", (_STOCK, "65_reading_after_stop.txt")),
    "4.8": (
        "judges the card anew, and gives every transaction an id, whatever it thinks of the card",
        (_CARD, _STORY, "63_unknown_token.txt", "72_two_starts.txt", "73_two_connectors.txt"),
    ),
    "4.9": ("takes a connector's status, and the station's under 0", (_STOCK, "51_connector_zero.txt")),
    "4.10": (
        "cannot keep a transaction from ending: whatever it is told, it answers",
        (_CARD, _STORY, "59_stop_with_minus_one.txt", "61_stop_of_nothing.txt"),
    ),
    "5.1": ("cancels a reservation by its id", (f"{_RESERVED}test_it_is_taken_back",)),
    "5.2": ("takes Scheduled for a yes", (_STOCK, "85_scheduled.txt")),
    "5.3": ("changes a key, and knows what a reboot is needed for", (_DEVICE, "29_reboot_required.txt")),
    "5.4": ("clears the cache", (_EVERY,)),
    "5.5": ("clears profiles by id or by what they are for", (_EVERY,)),
    "5.6": ("sends a vendor's message", (_EVERY,)),
    "5.7": ("asks for a composite schedule", (f"{_PROFILES}test_the_composite_schedule_is_read_from_the_answer",)),
    "5.8": ("reads keys, all of them when none is named", (_DEVICE, "27_unknown_keys_null.txt")),
    "5.9": ("says where diagnostics are to be left", (_LOGS,)),
    "5.10": ("asks for the list's version", (f"{_LISTS}test_after_a_mismatch_the_list_is_whole",)),
    "5.11": ("starts a transaction with a card, perhaps with a profile of it", (_REMOTE, "79_hex_tags_only.txt")),
    "5.12": ("stops a transaction by its id", (_REMOTE,)),
    "5.13": (
        "reserves a connector, the station perhaps, under an id",
        (f"{_RESERVED}test_any_evse_is_reserved_in_ocpps_own_terms", f"{_RESERVED}test_nobody_came_in_time"),
    ),
    "5.14": ("resets softly or hard", (_STOCK,)),
    "5.15": (
        "sends a list whole or as differences, with a version above 0",
        (f"{_LISTS}test_only_what_differs_is_sent", f"{_LISTS}test_a_long_list_goes_in_parts"),
    ),
    "5.16": (
        "sets profiles; one of a purpose and level takes the other's place",
        (
            f"{_PROFILES}test_a_1_6_profile_takes_the_place_of_its_twin",
            f"{_PROFILES}test_what_a_station_agreed_to_is_what_we_show",
        ),
    ),
    "5.17": ("asks for a message, and depends on no answer", (_DEVICE, "30_trigger_not_implemented.txt")),
    "5.18": ("unlocks a connector", (_STOCK,)),
    "5.19": ("says where firmware is and when to fetch it", (f"{_TRUST}test_a_firmware_is_followed_to_its_end",)),
    # The security extension, by its own use cases.
    "A01": ("gives a station a new password", (f"{_TRUST}test_a_password_is_rotated_over_ocpp",)),
    "A02": (
        "has a certificate renewed when it wishes",
        (f"{_TRUST}test_a_station_gets_a_certificate_of_our_authority_and_comes_back_with_it",),
    ),
    "A03": (
        "signs a certificate that a station asks for, in its own name only",
        (f"{_TRUST}test_a_request_in_another_stations_name_is_refused_with_a_reason",),
    ),
    "A04": (
        "keeps security events",
        (f"{_TRUST}test_security_events_are_kept_and_the_critical_ones_marked",),
    ),
    "A05": (
        "raises the security profile, and never lets a station fall back",
        (f"{_J}security_profile.py::test_a_profile_that_was_reached_is_the_least_from_then_on",),
    ),
    "L01": ("sends signed firmware", (f"{_J}firmware.py::test_signed_firmware_is_followed_in_1_6",)),
    "M03": ("asks which certificates are installed", (_EVERY,)),
    "M04": ("deletes a certificate", (_EVERY,)),
    "M05": ("installs a root certificate", (_EVERY,)),
    "N01": ("fetches the security log", (_LOGS,)),
}
