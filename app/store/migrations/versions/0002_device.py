"""What stations report of themselves: variables, monitors, events, messages, campaigns of firmware and logs."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Runs the script as one multi-statement command: psycopg's client-side parsing must not see its % and :."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_suffix(".sql").read_text())
