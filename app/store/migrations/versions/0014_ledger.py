"""The ledger: double entry, written by the database with the facts."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Runs the script as one multi-statement command: psycopg's client-side parsing must not see its % and :."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_suffix(".sql").read_text())
