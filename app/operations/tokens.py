"""Setting up tokens, needs tokens:write."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request.charging_profile import EnergyTransferMode
from app.domain.scope import Permission, Scope
from app.domain.token import Token, TokenType, normalise_uid
from app.operations import texts
from app.operations.changes import changed
from app.operations.desk import Desk, Options, conflict, invalid, not_found, once, refusing
from app.operations.drivers import found_driver, require_whole_operator
from app.operations.local_lists import token_changes
from app.store import accounts, audit, tokens

_ALIASES_MAX = 8
# What a reader calls it (OCPP 2.x IdTokenEnumType) when nobody says.
_OCPP_TYPE = {TokenType.RFID: "ISO14443", TokenType.EMAID: "eMAID", TokenType.OTHER: "Local"}


@dataclass(frozen=True, slots=True)
class TokenDraft:
    """What a person says about a token; the uid is stored normalised."""

    uid: str
    type: TokenType
    ocpp_type: str | None = None
    visual_number: str | None = None
    contract_id: str | None = None
    group_id: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    driver_id: UUID | None = None
    account_id: UUID | None = None
    aliases: tuple[str, ...] = ()
    allowed_energy_transfer: tuple[EnergyTransferMode, ...] = ()


def _checked(draft: TokenDraft) -> dict[str, object]:
    uid = normalise_uid(texts.line(draft.uid, "input", "uid", longest=36))
    if not uid:
        raise invalid("A uid has at least one letter or digit.", "input", "uid")
    if draft.valid_from is not None and draft.valid_until is not None and draft.valid_until <= draft.valid_from:
        raise invalid("validUntil is after validFrom.", "input", "validUntil")
    said = {name: value for name, value in asdict(draft).items() if name not in ("driver_id", "account_id")}
    return said | {
        "uid": uid,
        "aliases": _aliases(uid, draft.aliases),
        "allowed_energy_transfer": [mode.value for mode in dict.fromkeys(draft.allowed_energy_transfer)],
        "type": draft.type.value,
        "ocpp_type": draft.ocpp_type or _OCPP_TYPE.get(draft.type, "Central"),
        "visual_number": texts.optional_line(draft.visual_number, "input", "visualNumber", longest=64),
        "contract_id": texts.optional_line(draft.contract_id, "input", "contractId", longest=36),
        "group_id": texts.optional_line(draft.group_id, "input", "groupId", longest=36),
    }


def _aliases(uid: str, said: tuple[str, ...]) -> list[str]:
    if len(said) > _ALIASES_MAX:
        raise invalid(f"A token has at most {_ALIASES_MAX} aliases.", "input", "aliases")
    found = [normalise_uid(texts.line(one, "input", "aliases", longest=36)) for one in said]
    if not all(found):
        raise invalid("An alias has at least one letter or digit.", "input", "aliases")
    return [name for name in dict.fromkeys(found) if name != uid]


def _shown(values: dict[str, object]) -> dict[str, object]:
    """A reader's names are what a thief needs: the audit log names the token, not its secrets."""
    return {name: value for name, value in values.items() if name not in ("uid", "aliases")}


async def _payer(connection: AsyncConnection, scope: Scope, draft: TokenDraft) -> dict[str, int | None]:
    """Whose it is and who pays for it. Only who may write drivers says so; a driver charges on their own accounts."""
    if draft.driver_id is None and draft.account_id is None:
        return {"driver_key": None, "account_key": None}
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    driver = account = None
    if draft.driver_id is not None:
        driver = (await found_driver(connection, scope, draft.driver_id, "input", "driverId")).key
    if draft.account_id is not None:
        found = await accounts.by_ids(connection, scope, (draft.account_id,))
        if draft.account_id not in found:
            raise not_found(Prefix.ACCOUNT, draft.account_id, "input", "accountId")
        account = found[draft.account_id].key
    if driver is not None and account is not None and not await accounts.is_member(connection, account, driver):
        raise invalid("The driver is not in this account. Add them: accountMemberSet.", "input", "accountId")
    return {"driver_key": driver, "account_key": account}


@refusing
async def create(*, scope: Scope, desk: Desk, draft: TokenDraft) -> Token:
    """Refuses ALREADY_REGISTERED when the operator has the uid: the uid is its own idempotency key."""
    scope.require(Permission.TOKENS_WRITE)
    values = _checked(draft)
    uuid = desk.new_uuid()
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            lists = await token_changes(connection, scope)
            values |= await _payer(connection, scope, draft)
            made = await tokens.add(connection, uuid=uuid, operator_key=scope.operator_key, values=values)
            await audit.write(
                connection,
                scope,
                action="token.created",
                subject_kind="token",
                subject_id=uuid,
                at=desk.now(),
                after=_shown(values),
            )
    except IntegrityError as error:
        raise Refused(_taken()) from error
    desk.feed.publish(lists)
    return made


@refusing
async def update(*, scope: Scope, desk: Desk, token_id: UUID, if_version: int, draft: TokenDraft) -> Token:
    """Describes it anew; blocking is another deed. Refuses VERSION_CONFLICT and ALREADY_REGISTERED (the uid)."""
    scope.require(Permission.TOKENS_WRITE)
    values = _checked(draft)
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            lists = await token_changes(connection, scope)
            found = await _held(connection, token_id)
            if found.version != if_version:
                raise conflict(Prefix.TOKEN, token_id)
            values |= await _payer(connection, scope, draft)
            made = await tokens.change(connection, found.key, values)
            before, after = changed({name: getattr(found, name) for name in values}, values)
            await audit.write(
                connection,
                scope,
                action="token.updated",
                subject_kind="token",
                subject_id=token_id,
                at=desk.now(),
                before=_shown(before),
                after=_shown(after),
            )
    except IntegrityError as error:
        raise Refused(_taken()) from error
    desk.feed.publish(lists)
    return made


@refusing
async def block(*, scope: Scope, desk: Desk, token_id: UUID, reason: str, options: Options) -> Token:
    """From the commit on it is refused at every station that asks us."""
    return await _set_valid(scope, desk, token_id, reason, options, valid=False)


@refusing
async def unblock(*, scope: Scope, desk: Desk, token_id: UUID, reason: str, options: Options) -> Token:
    """From the commit on it is as good as it was before it was blocked."""
    return await _set_valid(scope, desk, token_id, reason, options, valid=True)


async def _held(connection: AsyncConnection, token_id: UUID) -> Token:
    """The token, its row held, as it is under the lock."""
    found = (await tokens.by_ids(connection, (token_id,))).get(token_id)
    if found is None:
        raise not_found(Prefix.TOKEN, token_id, "id")
    await tokens.lock(connection, found.key)
    return (await tokens.by_keys(connection, (found.key,)))[found.key]


async def _set_valid(scope: Scope, desk: Desk, token_id: UUID, reason: str, options: Options, *, valid: bool) -> Token:
    scope.require(Permission.TOKENS_WRITE)
    why = texts.line(reason, "reason")
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection,
            scope,
            options,
            mutation="tokenUnblock" if valid else "tokenBlock",
            values={"id": token_id, "reason": why},
            subject_kind="token",
            subject_id=token_id,
        )
        if earlier is not None:
            return await _held(connection, token_id)
        lists = await token_changes(connection, scope)
        found = await _held(connection, token_id)
        made = await (tokens.unblock(connection, found.key) if valid else tokens.block(connection, found.key, why))
        await audit.write(
            connection,
            scope,
            action="token.unblocked" if valid else "token.blocked",
            subject_kind="token",
            subject_id=token_id,
            at=desk.now(),
            before={"valid": found.valid, "blocked_reason": found.blocked_reason},
            after={"valid": made.valid, "blocked_reason": made.blocked_reason},
            reason=options.reason or why,
        )
    desk.feed.publish(lists)
    return made


def _taken() -> Refusal:
    message = "A token with this uid, or with an alias like it, exists. Find it by its uid."
    return Refusal(ErrorCode.ALREADY_REGISTERED, message, ("input", "uid"))
