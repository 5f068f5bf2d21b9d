"""Batch loaders of one execution: each batch is one short transaction, however many parents ask."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import TypeVar

from strawberry.dataloader import DataLoader

from app.domain.account import Account, AccountLimit
from app.domain.cdr import Cdr
from app.domain.command import Command
from app.domain.dispute import Dispute
from app.domain.document import Document, DocumentWait
from app.domain.driver import Driver
from app.domain.held import (
    ChargingLimit,
    DerAlarm,
    SessionPower,
    Settlement,
    StationChargingProfile,
    StationDerControl,
    StationTariff,
)
from app.domain.hold import Hold, SessionTarget
from app.domain.journal import JournalFrame
from app.domain.local_list import LocalList
from app.domain.location import Location
from app.domain.payout import PayoutLine
from app.domain.pricing import SessionRecord
from app.domain.quirk import RecordedQuirk, UnbilledEnergy
from app.domain.record import TransactionStatus
from app.domain.saved_card import SavedCard
from app.domain.scope import Scope
from app.domain.session import Session
from app.domain.signed_meter import SignedMeter
from app.domain.station import ChargingStation
from app.domain.station_cost import StationCost
from app.domain.tariff import Tariff, TariffAssignment
from app.domain.token import Token
from app.domain.trust import CertificateSigning, FirmwareCampaign, StationCertificate, StationLog
from app.queries import (
    Database,
    cdrs,
    commands,
    costs,
    disputes,
    documents,
    drivers,
    holds,
    journal,
    locations,
    payouts,
    power,
    quirks,
    records,
    sessions,
    signed_meters,
    stations,
    tariffs,
    tokens,
    trust,
)

K = TypeVar("K")
V = TypeVar("V")


class _Loader(DataLoader[K, V]):
    """Several fields, of one execution or of many, wait for the same value. A field whose sibling failed is cancelled,
    and must not cancel the value for the others: they would fail with what is no error of theirs, nor of anybody's."""

    def load(self, key: K) -> Awaitable[V]:
        return asyncio.shield(super().load(key))


class Loaders:
    """Made once an execution, or once for several with equal rights; a value is read at most once."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._scope, self._database = scope, database

        def _loader(read: Callable[[list[K]], Awaitable[dict[K, V]]]) -> DataLoader[K, V | None]:
            async def load(keys: list[K]) -> list[V | None]:
                found = await read(keys)
                return [found.get(key) for key in keys]

            return _Loader(load, max_batch_size=1000)

        self.station: DataLoader[int, ChargingStation | None] = _loader(self._stations)
        self.evse_owner: DataLoader[int, ChargingStation | None] = _loader(
            lambda keys: stations.owning(scope=scope, database=database, evse_keys=keys)
        )
        self.location: DataLoader[int, Location | None] = _loader(self._locations)
        self.session: DataLoader[int, Session | None] = _loader(self._sessions)
        self.token: DataLoader[int, Token | None] = _loader(self._tokens)
        self.tariff: DataLoader[int, Tariff | None] = _loader(self._tariffs)
        self.command: DataLoader[int, Command | None] = _loader(self._commands)
        self.command_frames: DataLoader[int, list[JournalFrame] | None] = _loader(self._command_frames)
        self.certificates = _loader(self._certificates)
        self.signings = _loader(self._signings)
        self.campaigns = _loader(self._campaigns)
        self.logs = _loader(self._logs)
        held = partial(power.held, scope=scope, database=database)
        self.profiles: DataLoader[int, list[StationChargingProfile] | None] = _loader(
            lambda keys: held(keys=keys, read=power.profiles)
        )
        self.limits: DataLoader[int, list[ChargingLimit] | None] = _loader(
            lambda keys: held(keys=keys, read=power.limits)
        )
        self.station_tariffs: DataLoader[int, list[StationTariff] | None] = _loader(
            lambda keys: held(keys=keys, read=power.tariffs)
        )
        self.der_controls: DataLoader[int, list[StationDerControl] | None] = _loader(
            lambda keys: held(keys=keys, read=power.controls)
        )
        self.der_alarms: DataLoader[int, list[DerAlarm] | None] = _loader(
            lambda keys: held(keys=keys, read=power.alarms)
        )
        self.local_list: DataLoader[int, LocalList | None] = _loader(
            lambda keys: power.lists(scope=scope, database=database, keys=keys)
        )
        self.session_power: DataLoader[int, SessionPower | None] = _loader(
            lambda keys: power.of_sessions(scope=scope, database=database, keys=keys)
        )
        self.settlements: DataLoader[int, list[Settlement] | None] = _loader(
            lambda keys: power.settlements_of(scope=scope, database=database, keys=keys)
        )
        self.station_cost: DataLoader[int, StationCost | None] = _loader(
            lambda keys: power.costs(scope=scope, database=database, keys=keys)
        )
        self.signed_meter: DataLoader[int, SignedMeter | None] = _loader(
            lambda keys: signed_meters.of_sessions(scope=scope, database=database, keys=keys)
        )
        self.transaction_status: DataLoader[int, TransactionStatus | None] = _loader(
            lambda keys: records.statuses(scope=scope, database=database, keys=keys)
        )
        self.quirks: DataLoader[int, list[RecordedQuirk] | None] = _loader(
            lambda keys: quirks.of_stations(scope=scope, database=database, keys=keys)
        )
        self.unbilled: DataLoader[int, list[UnbilledEnergy] | None] = _loader(
            lambda keys: quirks.unbilled(scope=scope, database=database, keys=keys)
        )
        self.session_record: DataLoader[int, SessionRecord | None] = _loader(
            lambda keys: costs.records(scope=scope, database=database, keys=keys)
        )
        self.session_target: DataLoader[int, tuple[SessionTarget, str] | None] = _loader(
            lambda keys: sessions.targets(scope=scope, database=database, keys=keys)
        )
        self.hold: DataLoader[int, Hold | None] = _loader(
            lambda keys: holds.by_sessions(scope=scope, database=database, keys=keys)
        )
        self.hold_by_key: DataLoader[int, Hold | None] = _loader(
            lambda keys: holds.by_keys(scope=scope, database=database, keys=keys)
        )
        self.dispute: DataLoader[int, Dispute | None] = _loader(
            lambda keys: disputes.by_holds(scope=scope, database=database, keys=keys)
        )
        self.payout_line: DataLoader[int, PayoutLine | None] = _loader(
            lambda keys: payouts.lines_by_keys(scope=scope, database=database, keys=keys)
        )
        self.driver: DataLoader[int, Driver | None] = _loader(
            lambda keys: drivers.by_keys(scope=scope, database=database, keys=keys)
        )
        self.account: DataLoader[int, Account | None] = _loader(
            lambda keys: drivers.accounts_by_keys(scope=scope, database=database, keys=keys)
        )
        self.driver_accounts: DataLoader[int, list[Account] | None] = _loader(
            lambda keys: drivers.accounts_of_drivers(scope=scope, database=database, keys=keys)
        )
        self.driver_tokens: DataLoader[int, list[Token] | None] = _loader(
            lambda keys: tokens.of_drivers(scope=scope, database=database, keys=keys)
        )
        self.driver_cards: DataLoader[int, list[SavedCard] | None] = _loader(
            lambda keys: drivers.cards(scope=scope, database=database, keys=keys)
        )
        self.account_limits: DataLoader[int, list[AccountLimit] | None] = _loader(
            lambda keys: drivers.limits(scope=scope, database=database, keys=keys)
        )
        self.cost_centres: DataLoader[int, list[str] | None] = _loader(
            lambda keys: drivers.cost_centres(scope=scope, database=database, keys=keys)
        )
        self.cost_centre_name: DataLoader[int, str | None] = _loader(
            lambda keys: drivers.cost_centre_names(scope=scope, database=database, keys=keys)
        )
        self.cdr: DataLoader[int, Cdr | None] = _loader(
            lambda keys: cdrs.by_keys(scope=scope, database=database, keys=keys)
        )
        self.session_cdr: DataLoader[int, Cdr | None] = _loader(
            lambda keys: cdrs.of_sessions(scope=scope, database=database, keys=keys)
        )
        self.document: DataLoader[int, Document | None] = _loader(
            lambda keys: documents.by_keys(scope=scope, database=database, keys=keys)
        )
        self.session_documents: DataLoader[int, list[Document] | None] = _loader(
            lambda keys: documents.of_sessions(scope=scope, database=database, keys=keys)
        )
        self.document_wait: DataLoader[int, DocumentWait | None] = _loader(
            lambda keys: documents.waits(scope=scope, database=database, keys=keys)
        )
        self.assignments: DataLoader[str, list[TariffAssignment] | None] = _loader(self._assignments)

    async def _stations(self, keys: Collection[int]) -> dict[int, ChargingStation]:
        return await stations.by_keys(scope=self._scope, database=self._database, keys=keys)

    async def _locations(self, keys: Collection[int]) -> dict[int, Location]:
        return await locations.by_keys(scope=self._scope, database=self._database, keys=keys)

    async def _sessions(self, keys: Collection[int]) -> dict[int, Session]:
        return await sessions.by_keys(scope=self._scope, database=self._database, keys=keys)

    async def _tokens(self, keys: Collection[int]) -> dict[int, Token]:
        return await tokens.by_keys(scope=self._scope, database=self._database, keys=keys)

    async def _tariffs(self, keys: Collection[int]) -> dict[int, Tariff]:
        return await tariffs.by_keys(scope=self._scope, database=self._database, keys=keys)

    async def _commands(self, keys: Collection[int]) -> dict[int, Command]:
        return await commands.by_keys(scope=self._scope, database=self._database, keys=keys)

    async def _command_frames(self, keys: Collection[int]) -> dict[int, list[JournalFrame]]:
        return await journal.frames_of_commands(scope=self._scope, database=self._database, keys=keys)

    async def _certificates(self, keys: Collection[int]) -> dict[int, list[StationCertificate]]:
        return await trust.certificates(scope=self._scope, database=self._database, keys=keys)

    async def _signings(self, keys: Collection[int]) -> dict[int, list[CertificateSigning]]:
        return await trust.signings(scope=self._scope, database=self._database, keys=keys)

    async def _campaigns(self, keys: Collection[int]) -> dict[int, list[FirmwareCampaign]]:
        return await trust.campaigns(scope=self._scope, database=self._database, keys=keys)

    async def _logs(self, keys: Collection[int]) -> dict[int, list[StationLog]]:
        return await trust.logs(scope=self._scope, database=self._database, keys=keys)

    async def _assignments(self, codes: Collection[str]) -> dict[str, list[TariffAssignment]]:
        return await tariffs.assignments(scope=self._scope, database=self._database, codes=codes)
