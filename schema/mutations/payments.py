"""Money: holds asked for and given back, captures repaid, and whose account receives it."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain.document import DocumentKind
from app.domain.hold import NO_TARGET, PayWay
from app.domain.hold import Hold as HoldValue
from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.scope import Permission
from app.operations import ad_hoc, holds, own_charges, payment_accounts
from app.operations.ad_hoc import Paying
from schema import ids
from schema.context import Info
from schema.document import Document
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.hold import Hold
from schema.mutations import OptionsArgument
from schema.payloads import outcome
from schema.scalars import Long, Url
from schema.target import TargetInput
from schema.visitor import visit

if TYPE_CHECKING:
    from schema.session import Session

_INTENT = 3  # visits: it is a call to the provider, and keeps others from the EVSE
_ERRORS = "Why it was not done; empty when it was."


@strawberry.type(description="A hold that was asked for.")
class IntentPayload:
    hold: Hold | None = strawberry.field(default=None, description="As it is now.")
    guest_token: str | None = strawberry.field(
        default=None,
        description="For Authorization: Bearer, shown once: leads whoever asked without a token back to their session, "
        "until a week after it.",
    )
    checkout_url: Url | None = strawberry.field(default=None, description="Where the driver pays, for CHECKOUT.")
    client_secret: str | None = strawberry.field(default=None, description="What a form pays with, for ELEMENT.")
    session: Annotated["Session", strawberry.lazy("schema.session")] | None = strawberry.field(
        default=None, description="The session it pays; null until the card is held, and for whoever has no token yet."
    )
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A hold that was changed.")
class HoldPayload:
    hold: Hold | None = strawberry.field(default=None, description="As it is now.")
    document: Document | None = strawberry.field(
        default=None, description="The newest credit note of its session; null while one is under way, or none is due."
    )
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)

    @classmethod
    def of(cls, made: HoldValue | Refusal) -> "HoldPayload":
        return cls(errors=[user_error(made)]) if isinstance(made, Refusal) else cls(hold=Hold.of(made))


@strawberry.type(description="Whose account at the payment provider receives the operator's money.")
class PaymentAccount:
    account: str | None = strawberry.field(description="The provider's name of it; null: the installation's own.")
    fee_basis_points: int = strawberry.field(description="What the installation keeps, in hundredths of a percent.")
    fee_fixed_minor: Long = strawberry.field(description="And this much of each capture, in minor units.")
    status: str = strawberry.field(description="ACTIVE, RESTRICTED or DISCONNECTED.")
    version: Long = strawberry.field(description="Grows with every change.")


@strawberry.type(description="A payment account that was set.")
class PaymentAccountPayload:
    payment_account: PaymentAccount | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="Moving money.")
class PaymentMutation:
    @mutation(
        "Asks for a hold on a driver's card; once it is paid the session is started by itself. Needs payments:write, "
        "or a driver's token for their own card; "
        "without a token for a published EVSE, and guestToken then leads back to it."
    )
    async def charge_intent_create(
        self,
        info: Info,
        *,
        evse_id: Annotated[strawberry.ID, strawberry.argument(description="Where the driver charges.")],
        quote_id: Annotated[strawberry.ID, strawberry.argument(description="The price that was shown: `quote`.")],
        return_url: Annotated[Url, strawberry.argument(description="Where the driver returns to.")],
        options: OptionsArgument,
        contact: Annotated[str | None, strawberry.argument(description="The driver's e-mail address.")] = None,
        way: Annotated[PayWay, strawberry.argument(description="How the card is given.")] = PayWay.CHECKOUT,
        payment_method_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Which card, for SAVED_CARD.")
        ] = None,
        target: Annotated[TargetInput | None, strawberry.argument(description="What the driver wants at most.")] = None,
        reader_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Which card reader asks, for READER.")
        ] = None,
    ) -> IntentPayload:
        context = info.context

        async def ask() -> Paying | HoldValue | Refusal:
            wanted = NO_TARGET if target is None else target.value()
            evse, quote = ids.read(Prefix.EVSE, evse_id, "evseId"), ids.read(Prefix.QUOTE, quote_id, "quoteId")
            card = ids.read_optional(Prefix.PAYMENT_METHOD, payment_method_id, "paymentMethodId")
            reader = ids.read_optional(Prefix.CARD_READER, reader_id, "readerId")
            draft = holds.IntentDraft(evse, quote, str(return_url), contact, way, card, wanted, reader)
            desk, how = context.house.desk, options.value()
            if context.caller is None:
                visit(context, _INTENT)
                return await ad_hoc.create_intent(desk=desk, draft=draft, options=how)
            if context.scope.driver_key is not None:
                return await own_charges.create_intent(scope=context.scope, desk=desk, draft=draft, options=how)
            return await holds.create_intent(scope=context.scope, desk=desk, draft=draft, options=how)

        made: Paying | HoldValue | Refusal = await outcome(ask)
        if isinstance(made, Refusal):
            return IntentPayload(errors=[user_error(made)])
        hold = made.hold if isinstance(made, Paying) else made
        token = made.guest_token if isinstance(made, Paying) else None
        url = None if hold.checkout_url is None else Url(hold.checkout_url)
        shown = Hold.of(hold)
        session = None if context.caller is None else await shown.session_of(info)
        return IntentPayload(
            hold=shown, guest_token=token, checkout_url=url, client_secret=hold.client_secret, session=session
        )

    @mutation(
        "Gives back what is held for a session that has not begun. Needs payments:write, "
        "or a guest's token for their own."
    )
    async def hold_release(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which hold.")],
        options: OptionsArgument,
    ) -> HoldPayload:
        context = info.context
        made = await outcome(
            lambda: holds.release(
                scope=context.scope,
                desk=context.house.desk,
                hold_id=ids.read(Prefix.HOLD, id, "id"),
                options=options.value(),
            )
        )
        return HoldPayload.of(made)

    @mutation("Gives captured money back. Needs payments:write.")
    async def refund_create(
        self,
        info: Info,
        hold_id: Annotated[strawberry.ID, strawberry.argument(description="Of which hold.")],
        options: OptionsArgument,
        amount_minor: Annotated[
            Long | None, strawberry.argument(description="In minor units; all that is left by default.")
        ] = None,
    ) -> HoldPayload:
        context = info.context
        made = await outcome(
            lambda: holds.refund(
                scope=context.scope,
                desk=context.house.desk,
                hold_id=ids.read(Prefix.HOLD, hold_id, "holdId"),
                amount_minor=None if amount_minor is None else int(amount_minor),
                options=options.value(),
            )
        )
        payload = HoldPayload.of(made)
        if isinstance(made, HoldValue) and made.session_key is not None and context.may(Permission.PAYMENTS_READ):
            issued = await context.loaders.session_documents.load(made.session_key) or []
            credits = [one for one in issued if one.kind is DocumentKind.CREDIT_NOTE]
            payload.document = Document.of(credits[-1]) if credits else None
        return payload

    @mutation("Says whose account receives the operator's money. Needs payments:write and access:write.")
    async def payment_account_set(
        self,
        info: Info,
        account: Annotated[
            str | None, strawberry.argument(description="The provider's name of it; null: the installation's own.")
        ],
        fee_basis_points: Annotated[
            int, strawberry.argument(description="What the installation keeps, in hundredths of a percent.")
        ] = 0,
        fee_fixed_minor: Annotated[
            Long | None, strawberry.argument(description="And this much of each capture, in minor units.")
        ] = None,
    ) -> PaymentAccountPayload:
        context = info.context
        draft = payment_accounts.PaymentAccountDraft(
            account, fee_basis_points, 0 if fee_fixed_minor is None else int(fee_fixed_minor)
        )
        made = await outcome(
            lambda: payment_accounts.set_account(scope=context.scope, desk=context.house.desk, draft=draft)
        )
        if isinstance(made, Refusal):
            return PaymentAccountPayload(errors=[user_error(made)])
        return PaymentAccountPayload(
            payment_account=PaymentAccount(
                account=made.account,
                fee_basis_points=made.fee_basis_points,
                fee_fixed_minor=Long(made.fee_fixed_minor),
                status=made.status,
                version=Long(made.version),
            )
        )
