"""Customers, networks and transactions."""

from app.domain.request.customer import CustomerInformation, GetTransactionStatus, SetNetworkProfile
from schema.requests.face import Face

FACES = (
    Face(
        "customerInformationGet",
        CustomerInformation,
        "Asks what a station knows of a customer, or makes it forget; what it tells is in the station's reports.",
    ),
    Face("networkProfileSet", SetNetworkProfile, "Stores in a station how it reaches a backend."),
    Face("transactionStatusGet", GetTransactionStatus, "Asks whether a transaction runs and what still waits."),
)
