"""The API as one mountable application: what the composition root builds, starts and stops."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.scope import Scope as CallerScope
from app.feed import Feed
from app.operations.desk import Desk, KnowsReader
from app.ports.gateway import Stations
from app.queries import Database
from schema.authentication import authenticate
from schema.context import make_house
from schema.execution import Execution
from schema.settings import ApiSettings
from schema.static import GRAPHIQL
from schema.subscription.fanout import Fanout
from schema.subscription.rights import RightsKeeper
from schema.transport.http import HttpEndpoint
from schema.transport.sse import EventStream
from schema.transport.websocket import WebSocketEndpoint

_PATH = "/graphql"


class Api:
    """An ASGI application; `startup` before the first request, `shutdown` after the last."""

    def __init__(self, desk: Desk, settings: ApiSettings) -> None:
        self.house = make_house(desk, settings)
        self.execution = Execution(self.house)
        self.fanout = Fanout(self.execution)
        self.rights = RightsKeeper(self.house)
        self._sockets = WebSocketEndpoint(self.execution, self.fanout, self.rights)
        http = HttpEndpoint(self.execution, EventStream(self.execution, self.fanout, self.rights))
        self._pinging: asyncio.Task[None] | None = None
        self.routes: list[BaseRoute] = [Route(_PATH, http), WebSocketRoute(_PATH, self._sockets)]
        if settings.graphiql and GRAPHIQL.is_dir():
            self.routes.append(Mount("/graphiql", StaticFiles(directory=GRAPHIQL)))
        self._app: ASGIApp = Starlette(routes=self.routes, middleware=list(cors(settings)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def identify(self, request: Request) -> CallerScope | None:
        """Whose Authorization a request carries; None without one that is good."""
        desk = self.house.desk
        try:
            return await authenticate(
                self.house.settings, desk.database, request.headers.get("authorization"), desk.now()
            )
        except GraphQLError:
            return None

    async def startup(self) -> None:
        self.rights.start()
        self._pinging = asyncio.create_task(self._sockets.ping(), name="websocket pings")

    async def shutdown(self) -> None:
        """Closes open sockets with 4503 and stops every task."""
        if self._pinging is not None:
            self._pinging.cancel()
        await self._sockets.close()
        await self.fanout.close()
        await self.rights.stop()


def cors(settings: ApiSettings) -> tuple[Middleware, ...]:
    """Lets the allowed origins' pages ask; without any, a browser keeps to our own."""
    if not settings.allowed_origins:
        return ()
    return (
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
            max_age=600,
        ),
    )


def build_api(
    database: Database,
    feed: Feed,
    stations: Stations,
    settings: ApiSettings,
    clock: Callable[[], datetime],
    hurry: Callable[[], None] | None = None,
    knows_reader: KnowsReader | None = None,
) -> Api:
    """The API over this process's database pool, feed and gateway; ``hurry`` wakes its worker, where it has one."""
    desk = Desk(
        database,
        feed,
        stations,
        clock,
        settings.ocpp_url,
        settings.files_url,
        settings.takes_payments,
        settings.sends_messages,
        settings.allowed_origins,
    )
    if hurry is not None:
        desk = replace(desk, hurry=hurry)
    return Api(replace(desk, knows_reader=knows_reader), settings)
