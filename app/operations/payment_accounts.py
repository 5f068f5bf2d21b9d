"""Whose account at the provider receives an operator's money, needs payments:write and access:write."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.domain.scope import Permission, Scope
from app.operations.desk import Desk, invalid, refusing
from app.store import audit, holds


@dataclass(frozen=True, slots=True)
class PaymentAccountDraft:
    """Whose account at the provider receives the money, and what the installation keeps of each capture."""

    account: str | None
    fee_basis_points: int = 0
    fee_fixed_minor: int = 0


@dataclass(frozen=True, slots=True)
class PaymentAccount:
    """As it is set; ``account`` None is the installation's own."""

    uuid: UUID
    account: str | None
    fee_basis_points: int
    fee_fixed_minor: int
    status: str
    version: int


@refusing
async def set_account(*, scope: Scope, desk: Desk, draft: PaymentAccountDraft) -> PaymentAccount:
    """Only the installation's owner may point money elsewhere: needs access:write too. Refuses INVALID_INPUT."""
    scope.require(Permission.PAYMENTS_WRITE)
    scope.require(Permission.ACCESS_WRITE)
    if draft.account is not None and not (draft.account.startswith("acct_") and len(draft.account) <= 100):
        raise invalid("account is the provider's name of it, such as acct_1AbC.", "account")
    if not 0 <= draft.fee_basis_points <= 10_000:
        raise invalid("feeBasisPoints lies between 0 and 10,000.", "feeBasisPoints")
    if not 0 <= draft.fee_fixed_minor <= 1_000_000:
        raise invalid("feeFixedMinor lies between 0 and 1,000,000.", "feeFixedMinor")
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        values = {
            "id": uuid,
            "operator_key": scope.operator_key,
            "account": draft.account,
            "fee_basis_points": draft.fee_basis_points,
            "fee_fixed_minor": draft.fee_fixed_minor,
        }
        try:
            async with connection.begin_nested():
                row = await holds.set_account(connection, values)
        except IntegrityError:
            raise invalid("This account cannot be used here. Check its name.", "account") from None
        await audit.write(
            connection, scope, action="payment_account.set", subject_kind="payment_account", subject_id=row.id,
            at=desk.now(), after={"account": draft.account, "feeBasisPoints": draft.fee_basis_points},
        )  # fmt: skip
    return PaymentAccount(row.id, row.account, row.fee_basis_points, row.fee_fixed_minor, row.status, row.version)
