"""What clients ask."""

from typing import Annotated

import strawberry

from app.domain import filter as values
from app.domain.filter import SessionOrder
from app.domain.ids import MalformedId, Prefix, kind_of
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission
from app.queries import (
    audit,
    commands,
    journal,
    locations,
    operators,
    overview,
    sessions,
    stations,
    tariffs,
    tokens,
    trust,
)
from schema import ids
from schema.access import AccessQuery
from schema.audit import AuditEntry
from schema.card_reader import CardReaderQuery
from schema.cdr import CdrQuery
from schema.command import Command
from schema.context import Info
from schema.device import DeviceQuery
from schema.dispute import DisputeQuery
from schema.document import DocumentQuery
from schema.driver import DriverQuery
from schema.field import resolved
from schema.filter import (
    CommandFilter,
    FrameFilter,
    LocationFilter,
    SessionFilter,
    StationFilter,
    TariffFilter,
    TimeRange,
    TokenFilter,
    time_range,
)
from schema.hold import HoldQuery
from schema.journal import Frame
from schema.ledger import LedgerQuery
from schema.limits import RateLimit
from schema.location import Location
from schema.mismatch import MismatchQuery
from schema.node import read_nodes
from schema.operator import Operator, Viewer
from schema.overview import NetworkOverview
from schema.page import After, Connection, First, Node, connection
from schema.payout import PayoutQuery
from schema.preview import PreviewQuery
from schema.quirk import QuirkQuery
from schema.quote import QuoteQuery
from schema.session import Session
from schema.station import ChargingStation, ConnectionAttempt
from schema.tariff import Tariff
from schema.token import Authorisation, Token
from schema.trust import SecurityEvent
from schema.visitor import VisitorQuery
from schema.voucher import VoucherQuery

_NODES_MAX = 100


@strawberry.type(description="What clients ask.")
class Query(
    DriverQuery,
    DeviceQuery,
    AccessQuery,
    QuirkQuery,
    QuoteQuery,
    PreviewQuery,
    HoldQuery,
    CdrQuery,
    DocumentQuery,
    LedgerQuery,
    MismatchQuery,
    PayoutQuery,
    CardReaderQuery,
    VoucherQuery,
    DisputeQuery,
    VisitorQuery,
):
    @resolved("Who you are here, and what you may do.")
    def viewer(self, info: Info) -> Viewer:
        return Viewer.of(info.context.scope)

    @resolved("What you may still ask before you must wait.")
    def rate_limit(self, info: Info) -> RateLimit:
        context = info.context
        return RateLimit.of(context.house.settings, context.available)

    @resolved("Anything by its id; null when it is absent or not yours.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")]
    ) -> Node | None:
        return (await read_nodes(info.context, [id]))[0]

    @resolved("Things by their ids, in the order asked; null for each that is absent or not yours.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100.")]
    ) -> list[Node | None]:
        if len(ids) > _NODES_MAX:
            raise Refused(Refusal(ErrorCode.INVALID_INPUT, f"At most {_NODES_MAX} ids.", ("ids",)))
        return await read_nodes(info.context, [str(one) for one in ids])

    @resolved("The operators that your token is good for; sign in with operatorId for another.")
    async def operators(self, info: Info) -> list[Operator]:
        context = info.context
        return [Operator.of(one) for one in await operators.mine(scope=context.scope, database=context.database)]

    @resolved("Locations, oldest first. Needs network:read.")
    async def locations(
        self,
        info: Info,
        filter: Annotated[LocationFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Location]:
        context = info.context
        wanted = values.LocationFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"locations:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: locations.search(
                scope=context.scope, database=context.database, filter=wanted, page=page
            ),
            show=Location.of,
        )

    @resolved("Stations, oldest first. Needs network:read.")
    async def stations(
        self,
        info: Info,
        filter: Annotated[StationFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[ChargingStation]:
        context = info.context
        wanted = values.StationFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"stations:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: stations.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=ChargingStation.of,
        )

    @resolved("A station by the identity it connects with. Needs network:read.")
    async def station(
        self, info: Info, identity: Annotated[str, strawberry.argument(description="Its OCPP identity.")]
    ) -> ChargingStation | None:
        context = info.context
        found = await stations.by_identity(scope=context.scope, database=context.database, identity=identity)
        return None if found is None else ChargingStation.of(found)

    @resolved("Knocks at the door of your stations' identities, newest first. Needs network:read.")
    async def connection_attempts(
        self,
        info: Info,
        identity: Annotated[str | None, strawberry.argument(description="Of this identity only.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[ConnectionAttempt]:
        context = info.context
        return await connection(
            context,
            binding=f"attempts:{identity!r}",
            first=first,
            after=after,
            read=lambda page: journal.attempts(
                scope=context.scope, database=context.database, identity=identity, page=page
            ),
            show=ConnectionAttempt.of,
        )

    @resolved("What stations reported about their own security, newest first. Needs network:read.")
    async def security_events(
        self,
        info: Info,
        station_id: Annotated[strawberry.ID | None, strawberry.argument(description="Of this station only.")] = None,
        critical: Annotated[bool | None, strawberry.argument(description="Only critical ones, or only others.")] = None,
        at: Annotated[TimeRange | None, strawberry.argument(description="When they happened.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[SecurityEvent]:
        context = info.context
        uuid = ids.read_optional(Prefix.STATION, station_id, "stationId")
        during = time_range(at)
        return await connection(
            context,
            binding=f"securityEvents:{uuid}:{critical}:{during!r}",
            first=first,
            after=after,
            read=lambda page: trust.security_events(
                scope=context.scope,
                database=context.database,
                station_id=uuid,
                critical=critical,
                at=during,
                page=page,
            ),
            show=SecurityEvent.of,
        )

    @resolved("Sessions. Needs sessions:read.")
    async def sessions(
        self,
        info: Info,
        filter: Annotated[SessionFilter | None, strawberry.argument(description="Which.")] = None,
        order_by: Annotated[
            SessionOrder, strawberry.argument(description="In which order.")
        ] = SessionOrder.STARTED_AT_DESC,
        first: First = 50,
        after: After = None,
    ) -> Connection[Session]:
        context = info.context
        wanted = values.SessionFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"sessions:{order_by}:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: sessions.search(
                scope=context.scope, database=context.database, filter=wanted, page=page, order=order_by
            ),
            show=Session.of,
        )

    @resolved("Tokens, newest first. Needs tokens:read.")
    async def tokens(
        self,
        info: Info,
        filter: Annotated[TokenFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Token]:
        context = info.context
        wanted = values.TokenFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"tokens:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: tokens.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Token.of,
        )

    @resolved("Taps, newest first: why each was accepted or refused. Needs tokens:read.")
    async def authorisations(
        self,
        info: Info,
        *,
        station_id: Annotated[strawberry.ID | None, strawberry.argument(description="At this station.")] = None,
        token_id: Annotated[strawberry.ID | None, strawberry.argument(description="Of this token.")] = None,
        at: Annotated[TimeRange | None, strawberry.argument(description="Then.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Authorisation]:
        context = info.context
        wanted = values.AuthorisationFilter(
            station_id=ids.read_optional(Prefix.STATION, station_id, "stationId"),
            token_id=ids.read_optional(Prefix.TOKEN, token_id, "tokenId"),
            at=time_range(at),
        )
        return await connection(
            context,
            binding=f"authorisations:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: tokens.authorisations(
                scope=context.scope, database=context.database, filter=wanted, page=page
            ),
            show=Authorisation.of,
        )

    @resolved("Tariff versions, newest first. Needs tariffs:read.")
    async def tariffs(
        self,
        info: Info,
        filter: Annotated[TariffFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Tariff]:
        context = info.context
        wanted = values.TariffFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"tariffs:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: tariffs.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Tariff.of,
        )

    @resolved("Commands, newest first. Needs commands:read.")
    async def commands(
        self,
        info: Info,
        filter: Annotated[CommandFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Command]:
        context = info.context
        wanted = values.CommandFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"commands:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: commands.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Command.of,
        )

    @resolved("One station's frames, newest first. Needs journal:read.")
    async def frames(
        self,
        info: Info,
        filter: Annotated[FrameFilter, strawberry.argument(description="Which; the station is compulsory.")],
        first: First = 100,
        after: After = None,
    ) -> Connection[Frame]:
        context = info.context
        wanted = filter.value()
        if wanted.text is not None:
            # Whoever may search for a token's uid can guess it, character by character.
            context.scope.require(Permission.TOKENS_WRITE)
        return await connection(
            context,
            binding=f"frames:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: journal.frames(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Frame.of,
        )

    @resolved("The network in a handful of numbers. Needs network:read and sessions:read.")
    async def network_overview(
        self,
        info: Info,
        filter: Annotated[StationFilter | None, strawberry.argument(description="Of which stations.")] = None,
    ) -> NetworkOverview:
        context = info.context
        at = context.house.desk.now()
        wanted = values.StationFilter() if filter is None else filter.value()
        found = await overview.network(scope=context.scope, database=context.database, filter=wanted, at=at)
        return NetworkOverview.of(found, at)

    @resolved("The audit log, newest first. Needs audit:read and access to every location.")
    async def audit_entries(
        self,
        info: Info,
        *,
        subject_id: Annotated[strawberry.ID | None, strawberry.argument(description="About this.")] = None,
        actor: Annotated[str | None, strawberry.argument(description="By this caller, such as member:mem_….")] = None,
        at: Annotated[TimeRange | None, strawberry.argument(description="Then.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[AuditEntry]:
        context = info.context
        subject = None
        if subject_id is not None:
            subject = ids.read(_kind(subject_id), subject_id, "subjectId")
        wanted = values.AuditFilter(subject_id=subject, actor=actor, at=time_range(at))
        return await connection(
            context,
            binding=f"audit:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: audit.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=AuditEntry.of,
        )


def _kind(text: str) -> Prefix:
    try:
        return kind_of(text)
    except MalformedId as error:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, str(error), ("subjectId",))) from error
