"""What the adapter must know of a station to name its parts: read by GraphQL, each time anew."""

from dataclasses import dataclass
from typing import Any

from tests.conformance.graphql import GraphQL, Refused

_STATION = """query($identity: String!) { station(identity: $identity) {
    id version identity location { id } evses { id number connectors { id number } } } }"""


@dataclass(frozen=True)
class Station:
    """A station with the ids of its parts by their OCPP numbers."""

    id: str
    identity: str
    version: int
    location: str
    evses: dict[int, str]
    connectors: dict[tuple[int, int], str]


async def station_of(api: GraphQL, identity: str) -> Station:
    found = (await api.ask(_STATION, identity=identity))["station"]
    if found is None:
        raise Refused(f"no station {identity}")
    evses = {evse["number"]: evse for evse in found["evses"]}
    return Station(
        id=found["id"],
        identity=identity,
        version=found["version"],
        location=found["location"]["id"],
        evses={number: evse["id"] for number, evse in evses.items()},
        connectors={(n, plug["number"]): plug["id"] for n, evse in evses.items() for plug in evse["connectors"]},
    )


async def token_of(api: GraphQL, uid: str) -> str | None:
    """The id of a token by its uid."""
    found = await api.ask("query($uids: [String!]) { tokens(filter: {uids: $uids}) { nodes { id } } }", uids=[uid])
    nodes = found["tokens"]["nodes"]
    return nodes[0]["id"] if nodes else None


async def session_of(api: GraphQL, station: Station, transaction_id: str) -> str | None:
    """The id of a session by the station's name of its transaction."""
    found: dict[str, Any] = await api.ask(
        "query($ids: [ID!]) { sessions(filter: {stationIds: $ids}, first: 50) { nodes { id transactionId status } } }",
        ids=[station.id],
    )
    nodes = found["sessions"]["nodes"]
    running = [node["id"] for node in nodes if node["transactionId"] == transaction_id and node["status"] == "ACTIVE"]
    return running[0] if running else None
