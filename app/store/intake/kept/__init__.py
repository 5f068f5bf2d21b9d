"""What stations report and we keep: one upsert a table, each with the rows of a batch as one JSON parameter."""

from app.store.intake.kept import bill, desired, device, money, power, quirk, record, trust

# In this order: a row may refer to one of a table before it.
KEPT: dict[str, str] = {
    **device.STATEMENTS,
    **desired.STATEMENTS,
    **power.STATEMENTS,
    **trust.STATEMENTS,
    **quirk.STATEMENTS,
    **record.STATEMENTS,
    **money.STATEMENTS,
    **bill.STATEMENTS,
}
