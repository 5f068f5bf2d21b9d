"""What stations hold for us: local lists, reservations, charging profiles, tariffs and grid controls."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Runs the script as one multi-statement command: psycopg's client-side parsing must not see its % and :."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_suffix(".sql").read_text())
