"""What stations hold for us: local lists, reservations, charging profiles, tariffs and grid controls."""

STATEMENTS: dict[str, str] = {}
