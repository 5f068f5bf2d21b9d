"""Accept, quarantine, answer: one poisonous event costs nobody else an answer, and itself no record."""

import asyncio
from datetime import timedelta

import pytest

from app.domain import device_event as device
from app.domain import event as events
from app.domain import power_event, trust_event
from app.domain.answer import Acknowledged, TokenAnswer, TransactionAnswer, Withhold
from app.domain.certificate import CertificateHashData, ChainEntry, HashAlgorithm, OcspRequest, SigningUse
from app.domain.event import (
    Arrival,
    Booted,
    DataTransferred,
    EventsNotified,
    Frame,
    MonitoredEvent,
    StatusReported,
    TransactionPhase,
    TransactionReported,
)
from app.domain.station import ConnectorStatus, OcppVersion
from app.domain.token import AuthorisationStatus, PresentedToken
from app.inbox import decisions
from app.inbox.safe_answers import SAFE_ANSWERS
from gateway.ocpp2 import OCPP21, OCPP201
from gateway.ocpp16 import OCPP16
from tests.ground import START
from tests.inbox.conftest import ended, register, started, updated
from tests.inbox.power_spoken import POWER_SPOKEN

FRAME = '[2,"poison","TransactionEvent",{}]'


async def stations(voice, count: int = 3) -> list:
    return [await voice(f"CP-{number}") for number in range(count)]


def quarantined(world) -> list[tuple]:
    return world.rows("SELECT station_key, action, raw FROM quarantine ORDER BY key")


async def together(*said) -> list:
    """All of them arrive before the inbox looks: they share one batch."""
    return await asyncio.wait_for(asyncio.gather(*said), 20)


async def test_a_constraint_that_one_event_violates_stops_nobody_else(voice, world):
    one, two, three = await stations(voice)
    world.run("ALTER TABLE session ADD CONSTRAINT poison CHECK (transaction_id <> 'bad')")
    first, bad, last = await together(
        one.say(started(START, tx="good")),
        two.say(started(START, tx="bad"), frame=FRAME, action="TransactionEvent"),
        three.say(StatusReported(1, 1, ConnectorStatus.FAULTED, occurred_at=START)),
    )
    assert first.transaction_id == "good"
    assert first.token.status is AuthorisationStatus.ACCEPTED
    assert bad == TransactionAnswer("bad", TokenAnswer(AuthorisationStatus.INVALID))
    assert last == Acknowledged()
    assert world.rows("SELECT transaction_id FROM session") == [("good",)]
    assert world.one("SELECT status FROM connector WHERE station_key = %s AND evse_number = 1", three.row.key) == (
        "FAULTED",
    )
    assert quarantined(world) == [(two.row.key, "TransactionEvent", FRAME)]


async def test_a_number_beyond_its_column_is_quarantined_alone(voice, world):
    one, two, _ = await stations(voice)
    huge = started(START, tx="huge", seq=2**31 + 5)
    good, bad = await together(one.say(started(START, tx="good")), two.say(huge, frame=FRAME))
    assert (good.transaction_id, bad.transaction_id) == ("good", "huge")
    assert world.rows("SELECT transaction_id FROM session") == [("good",)]
    assert [row[0] for row in quarantined(world)] == [two.row.key]


async def test_an_identity_too_long_for_its_index_is_data_not_an_outage(voice, world, inbox):
    """PostgreSQL calls it a limit and psycopg an operational error; waiting for it to pass would stop everybody."""
    one, two, _ = await stations(voice)
    endless = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(3_000))
    start = TransactionReported(
        TransactionPhase.STARTED, None, None, START, "x", 1, 1, PresentedToken("CARD"),
        readings=(register(1000, START),), identity=endless,
    )  # fmt: skip
    good, bad = await together(one.say(started(START, tx="good")), two.say(start, frame=FRAME))
    assert good.transaction_id == "good"
    assert int(bad.transaction_id) > 0
    assert inbox.available
    assert [row[0] for row in quarantined(world)] == [two.row.key]


async def test_our_own_exception_is_quarantined_alone(voice, world, monkeypatch):
    one, two, _ = await stations(voice)

    def broken(batch, station, arrival: Arrival):
        raise ZeroDivisionError("our bug")

    monkeypatch.setitem(decisions.DECISIONS, Booted, broken)
    good, bad = await together(one.say(started(START, tx="good")), two.say(Booted("V", "M"), frame=FRAME))
    assert good.transaction_id == "good"
    assert bad.registration.value.upper() == "PENDING"
    assert world.one("SELECT error FROM quarantine") == ("ZeroDivisionError('our bug')",)
    assert (await one.say(ended(START + timedelta(minutes=30), wh=3000, seq=1, tx="good"))).cost_minor == 100


async def test_one_stations_other_events_are_kept_when_one_of_them_is_poison(voice, world):
    """Events of the same station in one batch: what comes after the poison finds what came before it."""
    (one,) = await stations(voice, 1)
    world.run("ALTER TABLE reading ADD CONSTRAINT poison CHECK (energy_wh <> 1666)")
    await together(
        one.say(started(START, wh=1000)),
        one.say(updated(START + timedelta(minutes=1), wh=1666, seq=1), frame=FRAME),
        one.say(ended(START + timedelta(minutes=30), wh=4000, seq=2)),
    )
    assert world.one("SELECT status, energy_wh, seen_seq_nos::text FROM session") == (
        "COMPLETED",
        3000,
        "{[0,1),[2,3)}",
    )
    assert len(quarantined(world)) == 1


@pytest.mark.parametrize("text", ["nul \x00 inside", "lone \ud800 surrogate"], ids=["NUL", "surrogate"])
async def test_text_that_postgresql_cannot_store_loses_nothing_else(voice, world, inbox, clock, text):
    one, two, _ = await stations(voice)
    poison = EventsNotified((MonitoredEvent(1, None, "Alerting", "C", "V", None, text),))
    inbox.record([Frame(one.row.key, one.row.operator_key, clock(), True, text, text, text, (text,))])
    good, bad = await together(
        one.say(started(START, tx="good")), two.say(poison, frame=f"[2,{text}]", action=f"Notify {text}")
    )
    assert good.transaction_id == "good"
    assert bad == Acknowledged()
    ((key, action, raw),) = quarantined(world)
    assert key == two.row.key
    assert "\\u" in raw or "\\ud800" in raw
    assert action.startswith("Notify ")
    inbox.record([Frame(one.row.key, one.row.operator_key, clock(), True, "after", "After", "[]")])
    await one.say(updated(START + timedelta(minutes=1), wh=1100, seq=1, tx="good"))
    assert world.one("SELECT count(*) FROM frame WHERE message_id = 'after'") == (1,)
    assert world.one("SELECT count(*) FROM frame WHERE raw LIKE '%%inside' OR raw LIKE 'lone%%'") >= (1,)


async def test_the_first_event_of_a_day_may_be_the_poison(voice, world, clock):
    """The day's leaves are made in the same transaction: if that is taken back they are made again."""
    one, two, _ = await stations(voice)
    clock.pass_time(86_400)
    world.run("ALTER TABLE session ADD CONSTRAINT poison CHECK (transaction_id <> 'bad')")
    await two.say(started(START, tx="bad"), frame=FRAME)
    assert (await one.say(started(START, tx="good"))).transaction_id == "good"
    assert world.one("SELECT count(*) FROM reading WHERE received_day = %s", clock().date()) == (1,)
    assert len(quarantined(world)) == 1


async def test_a_quarantine_that_fails_as_well_answers_nobody_until_it_can(voice, world):
    """What can be neither taken nor kept is not answered: the charger still has it."""
    one, two, _ = await stations(voice)
    world.run("ALTER TABLE session ADD CONSTRAINT poison CHECK (transaction_id <> 'bad')")
    world.run("ALTER TABLE quarantine ADD CONSTRAINT full_up CHECK (raw = '')")
    saying = [
        asyncio.create_task(one.say(started(START, tx="good"))),
        asyncio.create_task(two.say(started(START, tx="bad"))),
    ]
    await asyncio.wait(saying, timeout=0.5)
    assert not any(task.done() for task in saying)
    world.run("ALTER TABLE quarantine DROP CONSTRAINT full_up")
    good, bad = await together(*saying)
    assert (good.transaction_id, bad.transaction_id) == ("good", "bad")
    assert world.rows("SELECT transaction_id FROM session") == [("good",)]


# -- the table of safe answers ----------------------------------------------------------------------------------------

KINDS = {
    kind
    for module in (events, power_event, trust_event, device)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, events.StationEvent) and kind is not events.StationEvent
}
TRANSACTION = TransactionReported(
    TransactionPhase.STARTED, None, None, START, "x", token=PresentedToken("CARD"), identity="i"
)
QUESTION = OcspRequest(CertificateHashData(HashAlgorithm.SHA256, "a", "b", "1"), "http://x")
SPOKEN: dict[type, tuple[object, dict[str, str]]] = {
    Booted: (Booted("V", "M"), {"*": "BootNotification"}),
    events.HeartbeatSent: (events.HeartbeatSent(), {"*": "Heartbeat"}),
    StatusReported: (StatusReported(1, 1, ConnectorStatus.AVAILABLE), {"*": "StatusNotification"}),
    events.TokenPresented: (events.TokenPresented(PresentedToken("CARD")), {"*": "Authorize"}),
    TransactionReported: (TRANSACTION, {"*": "TransactionEvent", "ocpp1.6": "StartTransaction"}),
    events.MeterReported: (events.MeterReported(1, ()), {"*": "MeterValues"}),
    EventsNotified: (EventsNotified(()), {"*": "NotifyEvent", "ocpp1.6": ""}),
    trust_event.SigningAsked: (trust_event.SigningAsked("csr", SigningUse.CHARGING_STATION), {"*": "SignCertificate"}),
    trust_event.EvCertificateAsked: (
        trust_event.EvCertificateAsked("s", "Install", "x"),
        {"*": "Get15118EVCertificate", "ocpp1.6": ""},
    ),
    trust_event.RevocationAsked: (
        trust_event.RevocationAsked(QUESTION),
        {"*": "GetCertificateStatus", "ocpp1.6": ""},
    ),
    trust_event.ChainRevocationAsked: (
        trust_event.ChainRevocationAsked((ChainEntry(QUESTION, "OCSP"),)),
        {"*": "", "ocpp2.1": "GetCertificateChainStatus"},
    ),
    trust_event.ContractPresented: (
        trust_event.ContractPresented(PresentedToken("C")),
        {"*": "Authorize", "ocpp1.6": ""},
    ),
    trust_event.SecurityEventReported: (
        trust_event.SecurityEventReported("x", START),
        {"*": "SecurityEventNotification"},
    ),
    trust_event.FirmwareStatusReported: (
        trust_event.FirmwareStatusReported("Installed", 1),
        {"*": "FirmwareStatusNotification"},
    ),
    trust_event.LogStatusReported: (trust_event.LogStatusReported("Uploaded", 1), {"*": "LogStatusNotification"}),
    DataTransferred: (DataTransferred("v", None, None), {"*": "DataTransfer"}),
    device.VariablesReported: (
        device.VariablesReported(1, 0, True, START, ()), {"*": "NotifyReport", "ocpp1.6": ""},
    ),
    device.MonitorsReported: (
        device.MonitorsReported(1, 0, True, START, ()), {"*": "NotifyMonitoringReport", "ocpp1.6": ""},
    ),
    device.CustomerInformationReported: (
        device.CustomerInformationReported(1, 0, True, START, ""), {"*": "NotifyCustomerInformation", "ocpp1.6": ""},
    ),
    device.DisplayMessagesReported: (
        device.DisplayMessagesReported(1, True, ()), {"*": "NotifyDisplayMessages", "ocpp1.6": ""},
    ),
    device.EventStreamOpened: (
        device.EventStreamOpened(1, 1, None, None), {"*": "", "ocpp2.1": "OpenPeriodicEventStream"},
    ),
    device.EventStreamClosed: (device.EventStreamClosed(1), {"*": "", "ocpp2.1": "ClosePeriodicEventStream"}),
    device.EventStreamSent: (device.EventStreamSent(1, 0, ()), {"*": ""}),
    device.ResultRefused: (device.ResultRefused("FormatViolation", ""), {"*": ""}),
    **POWER_SPOKEN,
}  # fmt: skip
INTERNAL = {events.Connected, events.Disconnected, events.CommandSending, events.CommandAnswered, events.CommandFailed}


def test_every_kind_of_event_has_a_decision_and_a_safe_answer():
    assert set(SAFE_ANSWERS) == set(KINDS) == set(decisions.DECISIONS)
    assert set(SPOKEN) | INTERNAL == set(KINDS)


@pytest.mark.parametrize("dialect", [OCPP16, OCPP201, OCPP21], ids=lambda dialect: dialect.version.value)
@pytest.mark.parametrize("kind", list(SPOKEN), ids=lambda kind: kind.__name__)
def test_every_safe_answer_can_be_said_in_every_version(kind, dialect):
    from gateway.schemas import Direction, validator

    said, actions = SPOKEN[kind]
    action = actions.get(dialect.version.value, actions["*"])
    arrival = Arrival(1, 1, 1, dialect.version, START, said)
    answer = SAFE_ANSWERS[kind](arrival, 77)
    if action:
        payload = dialect.answers[action](answer)
        assert validator(dialect.version, action, Direction.RESPONSE).is_valid(payload)
    if dialect.version is OcppVersion.V16 and kind is TransactionReported:
        assert payload["transactionId"] == 77
        assert dialect.answers["StopTransaction"](answer)["idTagInfo"]["status"] == "Invalid"


def test_a_command_whose_sending_cannot_be_decided_is_withheld():
    arrival = Arrival(1, 1, 1, OcppVersion.V16, START, events.CommandSending(1))
    assert SAFE_ANSWERS[events.CommandSending](arrival, 1) == Withhold()
