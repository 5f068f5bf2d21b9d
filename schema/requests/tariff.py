"""Tariffs that 2.1 stations calculate with."""

from app.domain.request.tariff import (
    ChangeTransactionTariff,
    ClearTariffs,
    GetTariffs,
    NotifyWebPaymentStarted,
    SetDefaultTariff,
)
from schema.requests.face import Face

FACES = (
    Face("defaultTariffSet", SetDefaultTariff, "Gives an EVSE, or all of them, a default tariff."),
    Face("stationTariffsGet", GetTariffs, "Asks which tariffs a station holds; see tariffs of the station."),
    Face("stationTariffsClear", ClearTariffs, "Takes tariffs off a station."),
    Face("transactionTariffChange", ChangeTransactionTariff, "Changes the tariff of a running transaction."),
    Face(
        "webPaymentStartedNotify", NotifyWebPaymentStarted, "Tells a station that somebody pays for an EVSE on the web."
    ),
)
