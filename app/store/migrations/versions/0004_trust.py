"""What stations are trusted by: certificates, signing requests, security events, files they hand over."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Runs the script as one multi-statement command: psycopg's client-side parsing must not see its % and :."""
    op.get_bind().connection.cursor().execute(Path(__file__).with_suffix(".sql").read_text())
