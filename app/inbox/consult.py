"""Questions that others answer, asked before the event is written: question, answer and effect are then one commit.

Nothing has been acknowledged while we ask, so nothing is lost if the process dies; the station asks again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from app.domain.certificate import ChainEntry, OcspRequest, Revocation
from app.domain.event import Arrival, StationEvent
from app.domain.trust_event import (
    ChainRevocationAsked,
    ContractPresented,
    EvCertificateAsked,
    RevocationAsked,
    SigningAsked,
)
from app.ports.pki import ListReply, OcspReply, Pki, Unanswered

_REVOKED, _UNPROVEN, _ACCEPTED = "CertificateRevoked", "CertChainError", "Accepted"

Ask = Callable[[Pki, StationEvent, datetime], Awaitable[StationEvent]]


async def _signing(pki: Pki, event: StationEvent, at: datetime) -> StationEvent:
    assert isinstance(event, SigningAsked)
    return replace(event, complaint=pki.complaint(event.csr))


async def _ev_certificate(pki: Pki, event: StationEvent, at: datetime) -> StationEvent:
    assert isinstance(event, EvCertificateAsked)
    try:
        reply = await pki.ev_certificate(
            schema_version=event.schema_version, action=event.action, exi_request=event.exi_request
        )
    except Unanswered as error:
        return replace(event, failure=str(error))
    return replace(event, exi_response=reply.exi_response, remaining_contracts=reply.remaining_contracts)


async def _revocation(pki: Pki, event: StationEvent, at: datetime) -> StationEvent:
    assert isinstance(event, RevocationAsked)
    try:
        return replace(event, ocsp_result=(await pki.revocation(event.request)).der)
    except Unanswered as error:
        return replace(event, failure=str(error))


async def _chain(pki: Pki, event: StationEvent, at: datetime) -> StationEvent:
    assert isinstance(event, ChainRevocationAsked)
    return replace(event, entries=tuple([await _entry(pki, entry) for entry in event.entries]))


async def _entry(pki: Pki, entry: ChainEntry) -> ChainEntry:
    try:
        reply: OcspReply | ListReply
        if entry.source == "CRL":
            reply = await pki.listed(entry.request)
        else:
            reply = await pki.revocation(entry.request)
    except Unanswered:
        return replace(entry, revocation=Revocation.FAILED)
    return replace(entry, revocation=reply.revocation, next_update=reply.next_update)


async def _contract(pki: Pki, event: StationEvent, at: datetime) -> StationEvent:
    """A whole chain is examined first; then everybody who may have revoked a part of it is asked."""
    assert isinstance(event, ContractPresented)
    questions = event.hash_data
    if event.certificate is not None and not questions:
        status, questions = pki.examine_contract(event.certificate, at=at)
        if status != _ACCEPTED:
            return replace(event, certificate_status=status)
    return replace(event, certificate_status=await _standing(pki, questions))


async def _standing(pki: Pki, questions: tuple[OcspRequest, ...]) -> str:
    """Revoked is revoked; what nobody vouches for is not accepted either."""
    for question in questions:
        try:
            revocation = (await pki.revocation(question)).revocation
        except Unanswered:
            return _UNPROVEN
        if revocation is Revocation.REVOKED:
            return _REVOKED
        if revocation is not Revocation.GOOD:
            return _UNPROVEN
    return _ACCEPTED


ASK: dict[type[StationEvent], Ask] = {
    SigningAsked: _signing,
    EvCertificateAsked: _ev_certificate,
    RevocationAsked: _revocation,
    ChainRevocationAsked: _chain,
    ContractPresented: _contract,
}


async def consulted(pki: Pki, arrival: Arrival) -> Arrival:
    """The arrival with what others know of its question."""
    ask = ASK.get(type(arrival.event))
    if ask is None:
        return arrival
    return arrival._replace(event=await ask(pki, arrival.event, arrival.received_at))
