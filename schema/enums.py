"""The domain's states as GraphQL enums. All are open: a client keeps a default branch for values of later versions."""

from enum import Enum
from typing import TypeVar

import strawberry

from app.domain.command import CommandEffect, CommandStatus
from app.domain.filter import SessionOrder
from app.domain.pricing import LineKind
from app.domain.refusal import ErrorCode
from app.domain.restriction import ReservationKind, Weekday
from app.domain.scope import CallerKind, Permission, Role
from app.domain.session import SessionOrigin, SessionStatus, StepName, StepState
from app.domain.station import (
    ChargingState,
    ConnectionState,
    ConnectorStatus,
    EvseStatus,
    Lifecycle,
    Registration,
)
from app.domain.tariff import Dimension, TariffState
from app.domain.timeline import TimelineKind
from app.domain.token import AuthorisationStatus, TokenType

E = TypeVar("E", bound=type[Enum])


def described(kind: E, description: str, *values: str) -> E:
    """Publishes an enum with one description a member, in the order of its members."""
    strawberry.enum(kind, description=description)
    definition = kind.__strawberry_definition__  # type: ignore[attr-defined]
    for entry, text in zip(definition.values, values, strict=True):
        entry.description = text
    return kind


described(
    ConnectionState,
    "Whether a station's connection is open; belongs to the connection, never to a connector.",
    "Has never connected.",
    "Its connection is open now.",
    "Was connected before.",
)
described(
    Registration,
    "Our answer to the station's boot (OCPP RegistrationStatus).",
    "Takes part.",
    "Waits for an operator.",
    "Is turned away.",
)
described(
    Lifecycle,
    "What the operator says about the station.",
    "Not built yet.",
    "Being set up and tested.",
    "Open to drivers.",
    "Closed for work.",
    "Gone for good.",
)
described(
    ConnectorStatus,
    "What the station says about a connector (OCPP 2.0.1).",
    "Free.",
    "A cable or car is there.",
    "Kept for somebody.",
    "Out of service.",
    "Broken.",
)
described(
    ChargingState,
    "How far charging has come at an EVSE (OCPP 2.0.1).",
    "The car is connected.",
    "Energy flows.",
    "The car pauses.",
    "The station pauses.",
    "Nothing happens.",
)
described(
    EvseStatus,
    "What drivers and partners see (OCPI 2.2.1).",
    "Free to use.",
    "Not accessible: a car without a session is in the way.",
    "In use.",
    "Not usable now.",
    "Broken.",
    "Opens later.",
    "Gone for good.",
    "Kept for somebody.",
    "Nothing is known, for example while offline.",
)
described(
    SessionStatus,
    "Where a session stands (OCPI).",
    "Promised; the charger has not begun.",
    "Runs.",
    "Energy has ended.",
    "Never came about.",
    "A reservation.",
)
described(
    SessionOrigin,
    "Who or what began a session.",
    "A card at the reader.",
    "A driver's app.",
    "A payment without account.",
    "A payment terminal.",
    "The car itself (ISO 15118).",
    "A roaming partner.",
    "The operator's staff.",
    "The station, without asking.",
)
described(
    StepName,
    "What a person waiting for a charge sees happen, in this order.",
    "The price was shown.",
    "Money is held.",
    "The cable is plugged.",
    "The token was accepted.",
    "The charger took the start command.",
    "The charger began the transaction.",
    "Energy flows.",
    "Energy has ended.",
    "The cable is unplugged.",
    "The session is priced.",
    "The money is captured.",
)
described(StepState, "Where one step stands.", "Not yet.", "Happened.", "Will not happen.", "Was not needed.")
described(
    CommandStatus,
    "Whether a command was delivered; what became of it is its effect.",
    "Waits to be sent.",
    "Sent, not answered.",
    "The charger answered.",
    "The charger did not answer in time.",
    "Could not be sent.",
    "Was taken back.",
    "Was sent by a process that ended before an answer came.",
)
described(
    CommandEffect,
    "Whether what was asked happened: accepted is not done.",
    "The command has no visible effect.",
    "Not seen yet.",
    "Seen.",
    "Not seen in time.",
)
described(TariffState, "The life of a tariff version.", "May change.", "Immutable.", "No longer used.")
described(
    Dimension,
    "What is priced (OCPI).",
    "A kilowatt-hour.",
    "An hour of charging, or of a reservation.",
    "An hour at the plug without charging.",
    "A session, or a reservation.",
)
described(Weekday, "A day of the week, in the location's time.", *(f"{day.value.capitalize()}." for day in Weekday))
described(
    ReservationKind,
    "Which reservations an element prices (OCPI).",
    "Every reservation.",
    "One that expired: no session followed.",
)
described(
    LineKind,
    "What a line of a bill is for.",
    "Energy.",
    "Time charging.",
    "Time at the plug without charging.",
    "The session as such.",
    "Time reserved.",
    "The reservation as such.",
    "What lifts the total to the least price.",
    "What lowers the total to the greatest price.",
    "What a voucher takes off.",
)
described(
    TokenType,
    "What kind of token this is (OCPI TokenType).",
    "A card or fob.",
    "An account in an app.",
    "A one-off identity.",
    "A contract in the car.",
    "Anything else.",
)
described(
    AuthorisationStatus,
    "What the station was told about a token (OCPP AuthorizationStatus).",
    "Charge.",
    "Blocked by the operator.",
    "Charges elsewhere already.",
    "Its time is over.",
    "Not valid here or not yet.",
    "A limit or a balance is used up.",
    "Nobody knows it.",
)
described(
    SessionOrder,
    "Orders that an index serves; the id breaks ties.",
    "Last begun first; promised ones before all.",
    "First begun first.",
    "Last ended first; open ones before all.",
    "Most energy first, settled sessions only.",
)
described(
    CallerKind,
    "Who asks.",
    "A person of the operator.",
    "A program.",
    "The installation itself.",
    "Somebody who charges.",
    "Somebody who paid without an account.",
    "Somebody unknown.",
)
described(
    Role,
    "What a member is to the operator.",
    "May do everything.",
    "May do everything but let people in.",
    "May look, and command stations.",
    "May look.",
)
described(
    TimelineKind,
    "What an entry of a timeline is about.",
    "A step of the session.",
    "Something asked of the station.",
    "A message to or from the station.",
)
described(
    ErrorCode,
    "Why something expected to fail did; branch on these, never on messages.",
    "A value is wrong; path says which.",
    "There is no such thing, or it is not yours.",
    "Somebody changed it in the meantime.",
    "The idempotency key stands for another input.",
    "The station is not connected.",
    "The station's boot is not accepted.",
    "The station's OCPP version cannot do this.",
    "Somebody charges there.",
    "The EVSE cannot be used now.",
    "The session does not run.",
    "The session has not ended, so it has no bill yet.",
    "The command cannot be taken back any more.",
    "The token may not charge.",
    "The quoted price is promised no more; ask for a new one.",
    "The currency is not the operator's.",
    "The tariff version is published or retired, so it never changes; draft a new one.",
    "The tariff would never apply.",
    "Sign in first, or the sign-in failed.",
    "A permission is missing.",
    "It exists already.",
    "The result would be too large to watch.",
    "A limit is reached.",
    "This installation, or the operator's account, takes no payments now.",
    "The hold has ended.",
    "The hold's session has begun.",
    "Another price applies there than the one that was shown.",
    "Nothing of the hold was captured.",
    "More would be given back than was captured.",
    "This payment cannot be taken; pay another way.",
    "A bank disputes the payment.",
    "The dispute is decided, or was answered already.",
    "This installation writes to nobody.",
    "A receipt or an invoice bills it already.",
    "A document cannot be issued before somebody has said what is missing.",
    "There is no such voucher.",
    "The voucher is used up, or was used by this payer as often as it may be.",
    "The voucher does not count now.",
    "The voucher does not count at this location, or in its currency.",
)
PERMISSIONS = ", ".join(permission.value for permission in Permission)
