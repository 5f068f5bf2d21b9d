"""Every OCPP action, both directions: who says it, where GraphQL shows or asks it, and the test that tells its story.

``python -m app.main.action_matrix > docs/ocpp.md`` prints the page; a test holds the table against the JSON schemas,
the dialects, the printed GraphQL schema and the tests themselves.
"""

import sys
from dataclasses import dataclass

from app.domain.station import OcppVersion
from gateway.schemas import known_actions
from gateway.server import DIALECTS

# Answered by message type 6, never by a response, so the schema lists name no response for it.
UNANSWERED = frozenset({"NotifyPeriodicEventStream"})

_JOURNEYS = "tests/journeys"
_STOCK = "tests/gateway/test_stock_client.py::test_a_stock_station_in_each_version"
_EVERY = "tests/journeys/test_every_request.py::test_it_reaches_the_station_and_the_answer_comes_back"


@dataclass(frozen=True, slots=True)
class Action:
    """``faces`` are GraphQL coordinates; ``story`` is a test by its node."""

    name: str
    faces: tuple[str, ...]
    story: str

    def versions(self, *, inbound: bool) -> tuple[OcppVersion, ...]:
        """Those in which it exists and goes this way; DataTransfer goes both."""
        both = self.name == "DataTransfer"
        return tuple(
            version
            for version in DIALECTS
            if self.name in actions_of(version) and (both or (self.name in inbound_of(version)) is inbound)
        )


def actions_of(version: OcppVersion) -> frozenset[str]:
    """Every action of a version's schemas."""
    return known_actions(version) | (UNANSWERED if version is OcppVersion.V21 else frozenset())


def inbound_of(version: OcppVersion) -> frozenset[str]:
    """Those that its dialect takes from stations."""
    return frozenset(DIALECTS[version].inbound) | (UNANSWERED if version is OcppVersion.V21 else frozenset())


def _rows(text: str) -> tuple[Action, ...]:
    """A row a line: action, story (in the journeys' folder unless it says more), faces."""
    rows = []
    for line in text.strip().splitlines():
        name, story, *faces = line.split()
        known = {"every": _EVERY, "stock": _STOCK}.get(story)
        rows.append(Action(name, tuple(faces), known or (story if "/" in story else f"{_JOURNEYS}/{story}")))
    return tuple(rows)


# What stations say.
INBOUND = _rows("""
Authorize stock Query.authorisations
BatterySwap test_grid.py::test_a_battery_is_swapped ChargingStation.batterySwaps
BootNotification stock ChargingStation.registration ChargingStation.firmwareVersion
ClearedChargingLimit test_charging_profiles.py::test_limits_of_others_come_and_go ChargingStation.chargingLimits
ClosePeriodicEventStream test_monitoring.py::test_streams_are_taken_without_an_answer ChargingStation.eventStreams
DataTransfer stock Query.frames
DiagnosticsStatusNotification test_trust.py::test_a_log_comes_to_us_and_only_its_operator_reads_it ChargingStation.logs
FirmwareStatusNotification test_trust.py::test_a_firmware_is_followed_to_its_end ChargingStation.firmwareUpdates
Get15118EVCertificate test_iso15118.py::test_a_car_gets_its_contract_through_us Query.frames
GetCertificateChainStatus test_iso15118.py::test_a_chain_is_judged_link_by_link Query.frames
GetCertificateStatus test_iso15118.py::test_the_responders_own_answer_reaches_the_station Query.frames
Heartbeat stock StationLink.lastSeenAt
LogStatusNotification test_trust.py::test_a_log_comes_to_us_and_only_its_operator_reads_it ChargingStation.logs
MeterValues stock Session.readings Subscription.sessionUpdates Query.frames
NotifyChargingLimit test_charging_profiles.py::test_limits_of_others_come_and_go ChargingStation.chargingLimits
NotifyCustomerInformation test_customer.py::test_what_a_station_knows_of_a_customer ChargingStation.reports
NotifyDERAlarm test_grid.py::test_an_alarm_lasts_until_it_ends ChargingStation.derAlarms
NotifyDERStartStop test_grid.py::test_grid_controls_are_held_reported_and_at_work ChargingStation.derControls
NotifyDisplayMessages test_customer.py::test_messages_on_a_display ChargingStation.displayMessages
NotifyEVChargingNeeds test_charging_profiles.py::test_what_a_car_needs_and_plans_is_shown_with_its_session Session.power
NotifyEVChargingSchedule test_charging_profiles.py::test_what_a_car_needs_and_plans_is_shown_with_its_session Session.power
NotifyEvent test_monitoring.py::test_events_are_history_and_the_severe_ones_are_news Query.stationEvents
NotifyMonitoringReport test_monitoring.py::test_monitors_set_reported_and_cleared ChargingStation.monitors
NotifyPeriodicEventStream test_monitoring.py::test_streams_are_taken_without_an_answer ChargingStation.streamValues
NotifyPriorityCharging test_charging_profiles.py::test_priority_charging_is_shown_on_the_session Session.power
NotifyReport test_device.py::test_a_report_is_readable_part_by_part ChargingStation.variables ChargingStation.reports
NotifySettlement test_grid.py::test_payments_at_the_terminal_are_kept ChargingStation.settlements
OpenPeriodicEventStream test_monitoring.py::test_streams_are_taken_without_an_answer ChargingStation.eventStreams
PublishFirmwareStatusNotification test_firmware.py::test_firmware_is_published_to_the_neighbours ChargingStation.firmwareUpdates
PullDynamicScheduleUpdate test_charging_profiles.py::test_a_dynamic_profile_is_moved_and_pulled ChargingStation.chargingProfiles
ReportChargingProfiles test_charging_profiles.py::test_a_report_in_parts_says_what_is_there_and_what_is_gone ChargingStation.chargingProfiles
ReportDERControl test_grid.py::test_grid_controls_are_held_reported_and_at_work ChargingStation.derControls
ReservationStatusUpdate test_reservations.py::test_the_stations_word_ends_it Session.status
SecurityEventNotification test_trust.py::test_security_events_are_kept_and_the_critical_ones_marked Query.securityEvents
SignCertificate test_trust.py::test_a_station_gets_a_certificate_of_our_authority_and_comes_back_with_it ChargingStation.certificateSignings
SignedFirmwareStatusNotification test_firmware.py::test_signed_firmware_is_followed_in_1_6 ChargingStation.firmwareUpdates
StartTransaction stock Query.sessions Subscription.sessionUpdates
StatusNotification stock Connector.status Subscription.stationUpdates
StopTransaction stock Session.stopReason Session.cost
TransactionEvent stock Query.sessions Subscription.sessionUpdates
VatNumberValidation test_grid.py::test_a_vat_number_is_judged_by_its_form ChargingStation.vatChecks
""")

# What stations are asked.
OUTBOUND = _rows("""
AFRRSignal test_grid.py::test_signals_are_passed_on Mutation.afrrSignalSend
AdjustPeriodicEventStream test_monitoring.py::test_streams_are_taken_without_an_answer Mutation.eventStreamAdjust
CancelReservation test_reservations.py::test_it_is_taken_back Mutation.reservationCancel Mutation.reservationWithdraw
CertificateSigned test_trust.py::test_a_station_gets_a_certificate_of_our_authority_and_comes_back_with_it Mutation.certificateSend
ChangeAvailability stock Mutation.availabilityChange
ChangeConfiguration test_device.py::test_keys_of_1_6_are_variables_under_the_same_roof Mutation.variablesSet Mutation.stationPasswordRotate
ChangeTransactionTariff test_grid.py::test_a_transaction_changes_its_tariff Mutation.transactionTariffChange
ClearCache every Mutation.cacheClear
ClearChargingProfile every Mutation.chargingProfileClear
ClearDERControl every Mutation.derControlClear
ClearDisplayMessage test_customer.py::test_messages_on_a_display Mutation.displayMessageClear
ClearTariffs test_grid.py::test_tariffs_are_what_the_station_says_it_calculates_with Mutation.stationTariffsClear
ClearVariableMonitoring test_monitoring.py::test_monitors_set_reported_and_cleared Mutation.monitorsClear
CostUpdated test_customer.py::test_questions_about_transactions_and_displays_of_cost Mutation.displayedCostUpdate
CustomerInformation test_customer.py::test_what_a_station_knows_of_a_customer Mutation.customerInformationGet
DataTransfer every Mutation.dataTransferSend
DeleteCertificate every Mutation.certificateDelete
ExtendedTriggerMessage test_device.py::test_keys_of_1_6_are_variables_under_the_same_roof Mutation.messageTrigger
GetBaseReport test_device.py::test_a_report_is_readable_part_by_part Mutation.baseReportGet
GetChargingProfiles test_charging_profiles.py::test_a_report_in_parts_says_what_is_there_and_what_is_gone Mutation.chargingProfilesGet
GetCompositeSchedule test_charging_profiles.py::test_the_composite_schedule_is_read_from_the_answer Mutation.compositeScheduleGet
GetConfiguration test_device.py::test_keys_of_1_6_are_variables_under_the_same_roof Mutation.variablesGet
GetDERControl every Mutation.derControlsGet
GetDiagnostics test_trust.py::test_a_log_comes_to_us_and_only_its_operator_reads_it Mutation.logFetch Mutation.diagnosticsSend
GetDisplayMessages test_customer.py::test_messages_on_a_display Mutation.displayMessagesGet
GetInstalledCertificateIds test_trust.py::test_what_a_station_holds_is_what_it_last_said Mutation.certificatesReport
GetLocalListVersion test_local_lists.py::test_who_comes_back_is_asked_which_list_it_holds Mutation.localListVersionGet
GetLog test_trust.py::test_a_log_comes_to_us_and_only_its_operator_reads_it Mutation.logFetch Mutation.logSend
GetMonitoringReport test_monitoring.py::test_monitors_set_reported_and_cleared Mutation.monitoringReportGet
GetPeriodicEventStream test_monitoring.py::test_streams_are_taken_without_an_answer Mutation.eventStreamsGet
GetReport test_device.py::test_a_report_of_nothing_and_one_refused Mutation.reportGet
GetTariffs test_grid.py::test_tariffs_are_what_the_station_says_it_calculates_with Mutation.stationTariffsGet
GetTransactionStatus test_customer.py::test_questions_about_transactions_and_displays_of_cost Mutation.transactionStatusGet Session.transactionStatus
GetVariables test_device.py::test_values_read_and_set_are_those_we_hold Mutation.variablesGet
InstallCertificate every Mutation.certificateInstall
NotifyAllowedEnergyTransfer every Mutation.allowedEnergyTransferNotify
NotifyWebPaymentStarted test_grid.py::test_signals_are_passed_on Mutation.webPaymentStartedNotify
PublishFirmware test_firmware.py::test_firmware_is_published_to_the_neighbours Mutation.firmwarePublish
RemoteStartTransaction stock Mutation.sessionStart Mutation.startRequestSend
RemoteStopTransaction stock Mutation.sessionStop Mutation.stopRequestSend
RequestBatterySwap test_grid.py::test_a_battery_is_swapped Mutation.batterySwapRequest
RequestStartTransaction test_plugged_in_first.py::test_a_start_joins_what_a_cable_began Mutation.sessionStart Mutation.startRequestSend
RequestStopTransaction stock Mutation.sessionStop Mutation.stopRequestSend
ReserveNow test_reservations.py::test_who_reserved_comes_and_charges Mutation.reservationCreate Mutation.reservationSend
Reset stock Mutation.stationReset
SendLocalList test_local_lists.py::test_only_what_differs_is_sent Mutation.localListSync Mutation.localListSend
SetChargingProfile test_charging_profiles.py::test_what_a_station_agreed_to_is_what_we_show Mutation.chargingProfileSet
SetDERControl test_grid.py::test_grid_controls_are_held_reported_and_at_work Mutation.derControlSet
SetDefaultTariff test_grid.py::test_tariffs_are_what_the_station_says_it_calculates_with Mutation.defaultTariffSet
SetDisplayMessage test_customer.py::test_messages_on_a_display Mutation.displayMessageSet
SetMonitoringBase test_monitoring.py::test_monitors_set_reported_and_cleared Mutation.monitoringBaseSet
SetMonitoringLevel test_monitoring.py::test_monitors_set_reported_and_cleared Mutation.monitoringLevelSet
SetNetworkProfile test_customer.py::test_a_network_profiles_secrets_are_shown_to_nobody Mutation.networkProfileSet
SetVariableMonitoring test_monitoring.py::test_monitors_set_reported_and_cleared Mutation.monitorsSet
SetVariables test_device.py::test_values_read_and_set_are_those_we_hold Mutation.variablesSet Mutation.stationPasswordRotate
SignedUpdateFirmware test_firmware.py::test_signed_firmware_is_followed_in_1_6 Mutation.firmwareUpdate
TriggerMessage test_customer.py::test_questions_about_transactions_and_displays_of_cost Mutation.messageTrigger
UnlockConnector stock Mutation.connectorUnlock Mutation.unlockRequestSend
UnpublishFirmware every Mutation.firmwareUnpublish
UpdateDynamicSchedule test_charging_profiles.py::test_a_dynamic_profile_is_moved_and_pulled Mutation.dynamicScheduleUpdate
UpdateFirmware test_trust.py::test_a_firmware_is_followed_to_its_end Mutation.firmwareUpdate
UsePriorityCharging test_charging_profiles.py::test_priority_charging_is_shown_on_the_session Mutation.priorityChargingUse
""")

_INTRODUCTION = """# OCPP: every action and where you meet it

Voltgraph speaks OCPP 1.6J with its security extension, 2.0.1 and 2.1 on one port. This page is printed from the table
in `app/main/action_matrix.py`; a test holds that table against the schemas of the three versions, so that no action
can be without a row. What stations say is kept before it is answered; what they are asked is a command with the
station's own answer.

`frames` means that the message is journalled and answered, and that nothing but the journal shows it.
"""


def _table(rows: tuple[Action, ...], *, inbound: bool) -> list[str]:
    lines = ["| Action | 1.6 | 2.0.1 | 2.1 | GraphQL | Told by |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        there = row.versions(inbound=inbound)
        marks = " | ".join("yes" if version in there else "" for version in OcppVersion)
        faces = ", ".join(f"`{face}`" for face in row.faces)
        lines.append(f"| {row.name} | {marks} | {faces} | `{row.story.rpartition('::')[2] or row.story}` |")
    return lines


def page() -> str:
    """docs/ocpp.md."""
    return "\n".join(
        [
            _INTRODUCTION,
            "## What stations say",
            "",
            *_table(INBOUND, inbound=True),
            "",
            "## What stations are asked",
            "",
            *_table(OUTBOUND, inbound=False),
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(page())
