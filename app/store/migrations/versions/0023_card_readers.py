"""Card readers at locations, and the one that asks for a hold's card."""

from pathlib import Path

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Runs the script as one multi-statement command: psycopg's client-side parsing must not see its % and :."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_suffix(".sql").read_text())
