"""The oddities reported from the field, each with the stories that play it: fixtures of this folder, or tests that play
the station themselves. A new report adds a row, and its story.
"""

FIXTURE = "fixture"

# row -> (what stations do, where it is played); a fixture by the first part of its name
ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "01": ("offers no OCPP version", (FIXTURE,)),
    "02": ("probes with one version and returns with another", (FIXTURE,)),
    "03": ("speaks 1.6 on a newer socket", (FIXTURE,)),
    "04": ("adds slashes to the path", (FIXTURE,)),
    "05": ("writes a whole URL into the path", (FIXTURE,)),
    "06": ("encodes its identity", (FIXTURE,)),
    "07": ("has dashes and prefixes in its identity", (FIXTURE,)),
    "08": (
        "opens a second socket before the first is closed",
        ("tests.gateway.test_server:test_the_newest_socket_wins_and_the_old_close_disturbs_nothing",),
    ),
    "09": (
        "leaves a socket half closed",
        ("tests.gateway.test_server:test_silence_is_pinged_then_closed_but_not_while_the_database_is_away",),
    ),
    "10": (
        "never answers a ping",
        ("tests.gateway.test_allowances:test_who_is_disturbed_by_pings_gets_none_and_is_not_closed_for_it",),
    ),
    "11": (
        "goes deaf without pings",
        ("tests.gateway.test_allowances:test_who_goes_deaf_without_pings_is_pinged_however_much_it_talks",),
    ),
    "12": (
        "talks and answers nothing",
        ("tests.gateway.test_server:test_a_station_that_answers_nothing_is_asked_to_dial_again",),
    ),
    "13": (
        "breaks the WebSocket framing",
        (
            "tests.gateway.test_allowances:test_a_broken_websocket_frame_ends_the_socket_and_the_station_may_return_at_once",
        ),
    ),
    "14": (
        "sends rubbish instead of HTTP",
        (FIXTURE, "tests.gateway.test_server:test_a_plain_http_request_is_turned_away_quietly"),
    ),
    "15": (
        "needs the whole certificate chain",
        ("tests.gateway.test_server:test_tls", "tests.main.test_served_chain:test_the_missing_link_is_named"),
    ),
    "17": (
        "dials in a loop after a restart of the server",
        ("tests.gateway.test_server:test_a_rush_of_handshakes_is_slowed_before_it_reaches_the_core",),
    ),
    "18": ("returns without a boot", (FIXTURE,)),
    "19": (
        "hangs up when asked before its boot",
        (
            "tests.gateway.test_allowances:test_who_must_not_be_asked_before_its_boot_is_left_alone_until_then",
            "tests.gateway.test_allowances:test_who_never_boots_is_asked_after_the_quiet_time",
        ),
    ),
    "20": ("boots for ever", (FIXTURE,)),
    "21": ("has no vendor", (FIXTURE,)),
    "22": ("has a long serial number", (FIXTURE,)),
    "23": (
        "forgets its configuration when it reboots",
        ("tests.journeys.test_desired_configuration:test_what_a_boot_undoes_is_told_again",),
    ),
    "24": ("reboots when it is probed", (FIXTURE,)),
    "25": (
        "claims measurands that it never sends",
        ("tests.quirks.test_measurands:test_what_is_claimed_and_never_sent_is_shown",),
    ),
    "26": ("writes keys in another case", (FIXTURE,)),
    "27": ("leaves lists out, or null", (FIXTURE,)),
    "28": ("has values longer than allowed", (FIXTURE,)),
    "29": ("wants a reboot after a change", (FIXTURE,)),
    "30": ("knows no triggers", (FIXTURE,)),
    "31": ("cuts frames off", (FIXTURE,)),
    "32": ("begins a list with a comma", (FIXTURE,)),
    "33": ("leaves a value out", (FIXTURE,)),
    "34": ("has NUL in texts", (FIXTURE,)),
    "35": ("has stray backslashes", (FIXTURE,)),
    "36": ("sends null for an empty object", (FIXTURE,)),
    "37": ("adds fields, or names one twice", (FIXTURE,)),
    "38": ("sends numbers for texts", (FIXTURE,)),
    "39": ("sends an empty value", (FIXTURE,)),
    "40": ("sends very large messages", (FIXTURE,)),
    "41": ("sends a message id again", (FIXTURE,)),
    "42": ("sends a message again under a new id", (FIXTURE,)),
    "43": ("answers what was forgotten", (FIXTURE,)),
    "44": (
        "drops the socket at a second call in flight",
        ("tests.gateway.test_server:test_one_call_in_flight_and_the_urgent_first",),
    ),
    "45": ("makes up error codes", (FIXTURE,)),
    "46": ("uses units of its own", (FIXTURE,)),
    "47": ("gives a wrong context", (FIXTURE,)),
    "48": ("writes the phase into the measurand", (FIXTURE,)),
    "49": ("gives odd phases", (FIXTURE,)),
    "50": ("replays statuses with long texts", (FIXTURE,)),
    "51": ("means its only connector by 0", (FIXTURE,)),
    "52": ("means none by 0 or -1", (FIXTURE,)),
    "53": ("reports EVSE 0", (FIXTURE,)),
    "54": ("lives in 1970", (FIXTURE,)),
    "55": ("labels local time as UTC", (FIXTURE,)),
    "56": ("leaves the zone out", (FIXTURE,)),
    "57": ("mixes up readings", (FIXTURE,)),
    "58": ("lives in the future", (FIXTURE,)),
    "59": ("ends transaction -1", (FIXTURE,)),
    "60": ("ends transaction 0", (FIXTURE,)),
    "61": ("ends what never began", (FIXTURE,)),
    "62": (
        "accepts a remote start and does nothing",
        (
            "tests.jobs.test_sweeps:test_a_promised_start_that_nobody_keeps_is_invalid_with_a_failed_step",
            "tests.payments.test_cases:test_07_nobody_plugged_in_and_a_start_that_comes_true_afterwards_is_stopped",
        ),
    ),
    "63": ("starts with an unknown card", (FIXTURE,)),
    "64": ("charges before its transaction begins", (FIXTURE,)),
    "65": ("measures after the end", (FIXTURE,)),
    "66": ("appends rubbish to a card", (FIXTURE,)),
    "67": ("ends with -1 Wh", (FIXTURE,)),
    "68": ("ends with less than it began with", (FIXTURE,)),
    "69": ("resets its register", (FIXTURE,)),
    "70": ("measures from zero", (FIXTURE,)),
    "71": ("delivers between sessions", (FIXTURE,)),
    "72": ("starts twice", (FIXTURE,)),
    "73": ("numbers each connector's transactions", (FIXTURE,)),
    "74": ("loses readings", (FIXTURE,)),
    "75": (
        "sends its whole history at once",
        ("tests.quirks.test_behaviour:test_a_flood_of_history_is_answered_in_order_and_kept_once",),
    ),
    "76": (
        "accepts a limit and goes on as before",
        ("tests.quirks.test_behaviour:test_a_limit_that_was_accepted_and_not_kept_is_shown",),
    ),
    "77": ("takes one unit only", (FIXTURE,)),
    "78": ("takes stack level 0 only", (FIXTURE,)),
    "79": ("takes hexadecimal tags only", (FIXTURE,)),
    "80": ("writes cards in another case, or cut short", (FIXTURE,)),
    "81": ("lets its own cards charge", (FIXTURE,)),
    "82": (
        "accepts a remote start without a cable",
        (
            "tests.jobs.test_sweeps:test_a_promised_start_that_nobody_keeps_is_invalid_with_a_failed_step",
            "tests.payments.test_cases:test_07_nobody_plugged_in_and_a_start_that_comes_true_afterwards_is_stopped",
        ),
    ),
    "83": ("says Available while it charges", (FIXTURE,)),
    "84": ("needs a pause", (FIXTURE,)),
    "85": ("schedules what it is asked", (FIXTURE,)),
    # Reported by nobody yet, and bound to come.
    "S1": ("writes decimal commas", (FIXTURE,)),
    "S2": ("sends bytes that are no text", (FIXTURE,)),
    "S3": ("ends before it begins", (FIXTURE,)),
    "S4": ("empties its queue from the wrong end", (FIXTURE,)),
}

# What is reported and not yet answered for, with the reason; a row leaves this table with its story.
OPEN: dict[str, str] = {
    "16": "Does not dial again for long after a drop. A deploy asks every station to return instead of dropping it "
    "(test_server:test_drain_asks_everyone_to_return); no alert is raised by how long a model usually stays away.",
}
