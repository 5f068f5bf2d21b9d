"""What the API must be told: its secret, its places and its limits, each limit with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.scope import CallerKind


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``secret`` signs member sessions and cursors (at least 32 bytes); all processes of an installation share it."""

    secret: bytes
    ocpp_url: str = "ws://localhost:9000/ocpp"
    files_url: str = "http://localhost:8080/files"
    takes_payments: bool = False  # whether a payment provider is configured
    sends_messages: bool = False  # whether people can be written to
    allowed_origins: tuple[str, ...] = ()  # besides the server's own; "*" allows any
    access_life_s: int = 900  # a stolen access token is worth little
    refresh_life_s: int = 30 * 86_400
    body_max_bytes: int = 256 * 1024  # the largest sensible document with its variables is a tenth of this
    message_max_bytes: int = 256 * 1024
    depth_max: int = 14  # the deepest of our own screens needs 9
    tokens_max: int = 4_000
    aliases_max: int = 60
    # Validation compares every two selections that may merge: in quadratic time, and before anybody has paid.
    fragments_max: int = 60
    repeats_max: int = 1_000
    selections_max: int = 20_000  # fragments put in: those that spread another twice double with every level
    cost_max: int = 50_000  # one request: two default lists inside each other; about a second of one core
    bucket_size: int = 150_000  # a dashboard's first screens in one breath
    bucket_restore_per_s: int = 1_000
    sign_ins_per_minute: int = 10  # for one address: argon2 costs 80 ms
    visits_per_minute: int = 30  # of one address without a token: a quote is a row, an intent keeps an EVSE busy
    subscriptions_max: int = 100  # one connection
    connections_max: int = 5_000  # WebSockets of one process, and as many event streams
    init_wait_s: float = 10.0
    ping_every_s: float = 15.0
    rights_every_s: float = 3.0
    queue_max: int = 256  # messages that wait for one slow connection
    snapshot_max: int = 2_000
    graphiql: bool = True
    trusted: Mapping[str, str] = field(default_factory=dict)  # documents by their ids, see `schema.trusted`
    trusted_only: frozenset[CallerKind] = frozenset()  # who may send nothing else

    def __post_init__(self) -> None:
        if len(self.secret) < 32:
            raise ValueError("ApiSettings.secret needs at least 32 bytes. Make one: openssl rand -hex 32")
