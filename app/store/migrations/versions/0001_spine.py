"""The spine: every table, policy and look-up function of the first release, and procrastinate's own schema."""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None

# Workers and operations defer jobs inside their own transactions, so both roles write procrastinate's tables.
_JOB_GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO voltgraph_app, voltgraph_ingest;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA procrastinate TO voltgraph_app, voltgraph_ingest;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA procrastinate TO voltgraph_app, voltgraph_ingest;
GRANT USAGE ON SCHEMA procrastinate TO voltgraph_app, voltgraph_ingest;
"""


def upgrade() -> None:
    """Runs each script as one multi-statement command: psycopg's client-side parsing must not see its % and :."""
    connection = op.get_bind().connection.cursor()
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    connection.execute("CREATE SCHEMA procrastinate")
    connection.execute("SET LOCAL search_path = procrastinate, public")
    connection.execute(SchemaManager.get_schema().encode())
    connection.execute("SET LOCAL search_path = public")
    connection.execute(_JOB_GRANTS)
