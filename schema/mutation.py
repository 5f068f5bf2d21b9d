"""What clients do: one transaction each, refusals as data."""

import strawberry

from schema.mutations.access import AccessMutation
from schema.mutations.accounts import AccountMutation
from schema.mutations.bills import BillMutation
from schema.mutations.card_readers import CardReaderMutation
from schema.mutations.commands import CommandMutation
from schema.mutations.desired import DesiredMutation
from schema.mutations.disputes import DisputeMutation
from schema.mutations.documents import DocumentMutation
from schema.mutations.driver_path import DriverPathMutation
from schema.mutations.driver_sign_in import DriverSignInMutation
from schema.mutations.drivers import DriverMutation
from schema.mutations.meters import MeterMutation
from schema.mutations.mismatches import MismatchMutation
from schema.mutations.payments import PaymentMutation
from schema.mutations.power import PowerMutation
from schema.mutations.quirks import QuirkMutation
from schema.mutations.saved_cards import SavedCardMutation
from schema.mutations.setup import SetupMutation
from schema.mutations.tariffs import TariffMutation
from schema.mutations.tokens import TokenMutation
from schema.mutations.trust import TrustMutation
from schema.mutations.vouchers import VoucherMutation
from schema.mutations.web_payment import WebPaymentMutation
from schema.requests.face import mutations
from schema.requests.faces import FACES

_REQUESTS = mutations("StationRequests", FACES)


@strawberry.type(description="What clients do. Expected refusals are in `errors`, with a code.")
class Mutation(
    SetupMutation,
    TariffMutation,
    TokenMutation,
    CommandMutation,
    PowerMutation,
    MeterMutation,
    DesiredMutation,
    WebPaymentMutation,
    QuirkMutation,
    AccessMutation,
    TrustMutation,
    PaymentMutation,
    DriverPathMutation,
    SavedCardMutation,
    DriverMutation,
    DriverSignInMutation,
    AccountMutation,
    BillMutation,
    DocumentMutation,
    MismatchMutation,
    CardReaderMutation,
    VoucherMutation,
    DisputeMutation,
    _REQUESTS,  # type: ignore[misc, valid-type]
):
    pass
