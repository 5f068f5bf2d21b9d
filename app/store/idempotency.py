"""One answer a key: what a mutation with this key made, and of which input."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.scope import Scope
from app.store.tables import idempotency


@dataclass(frozen=True, slots=True)
class Deed:
    """What a key stands for."""

    mutation: str
    input_digest: bytes
    subject_id: UUID


async def find(connection: AsyncConnection, scope: Scope, key: str) -> Deed | None:
    rows = await connection.execute(
        select(idempotency.c.mutation, idempotency.c.input_digest, idempotency.c.subject_id).where(
            idempotency.c.caller == scope.caller, idempotency.c.key == key
        )
    )
    row = rows.one_or_none()
    return None if row is None else Deed(row.mutation, bytes(row.input_digest), row.subject_id)


async def claim(connection: AsyncConnection, scope: Scope, key: str, deed: Deed, subject_kind: str) -> bool:
    """Takes the key for this transaction. Waits for another that holds it; False when that one has committed."""
    made = await connection.execute(
        insert(idempotency)
        .values(
            operator_key=scope.operator_key,
            caller=scope.caller,
            key=key,
            mutation=deed.mutation,
            input_digest=deed.input_digest,
            subject_kind=subject_kind,
            subject_id=deed.subject_id,
        )
        .on_conflict_do_nothing()
        .returning(idempotency.c.key)
    )
    return made.scalar_one_or_none() is not None
