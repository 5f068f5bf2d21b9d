"""What each kind of event does to a station: one table, printed by reading it."""

from app.domain import device_event, event, trust_event
from app.inbox.batch import Decision
from app.inbox.decisions import charging_plan, power, terminal, trust
from app.inbox.decisions.authorisation import contract_presented, token_presented
from app.inbox.decisions.command import command_answered, command_failed, command_sending
from app.inbox.decisions.connection import booted, connected, data_transferred, disconnected, heartbeat
from app.inbox.decisions.device import (
    customer_information_reported,
    display_messages_reported,
    event_stream_closed,
    event_stream_opened,
    event_stream_sent,
    events_notified,
    monitors_reported,
    result_refused,
    variables_reported,
)
from app.inbox.decisions.loose_meter import meter_reported
from app.inbox.decisions.status import status_reported
from app.inbox.decisions.transaction import transaction_reported

DECISIONS: dict[type[event.StationEvent], Decision] = {
    event.Connected: connected,
    event.Disconnected: disconnected,
    event.Booted: booted,
    event.HeartbeatSent: heartbeat,
    event.StatusReported: status_reported,
    event.TokenPresented: token_presented,
    event.TransactionReported: transaction_reported,
    event.MeterReported: meter_reported,
    event.EventsNotified: events_notified,
    event.DataTransferred: data_transferred,
    event.CommandSending: command_sending,
    event.CommandAnswered: command_answered,
    event.CommandFailed: command_failed,
    trust_event.SigningAsked: trust.signing_asked,
    trust_event.EvCertificateAsked: trust.ev_certificate_asked,
    trust_event.RevocationAsked: trust.revocation_asked,
    trust_event.ChainRevocationAsked: trust.chain_revocation_asked,
    trust_event.ContractPresented: contract_presented,
    trust_event.SecurityEventReported: trust.security_event,
    trust_event.FirmwareStatusReported: trust.firmware_status,
    trust_event.LogStatusReported: trust.log_status,
    device_event.VariablesReported: variables_reported,
    device_event.MonitorsReported: monitors_reported,
    device_event.CustomerInformationReported: customer_information_reported,
    device_event.DisplayMessagesReported: display_messages_reported,
    device_event.EventStreamOpened: event_stream_opened,
    device_event.EventStreamClosed: event_stream_closed,
    device_event.EventStreamSent: event_stream_sent,
    device_event.ResultRefused: result_refused,
    **power.DECISIONS,
    **terminal.DECISIONS,
    **charging_plan.DECISIONS,
}
