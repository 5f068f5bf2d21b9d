"""Documents: issued by themselves after the money moved, numbered without gaps, waiting aloud where something is missing."""

import asyncio
import csv
import io
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from facturx import xml_check_xsd
from lxml import etree

from app.documents import NoBuyer, file_of
from app.domain.document import Document, DocumentFormat, Party, Seller
from app.domain.document_link import VALIDITY, link, opens
from app.domain.filter import DocumentFilter, TimeRange
from app.domain.page import PageRequest
from app.domain.refusal import ErrorCode, Refusal
from app.domain.tax import OwnRate, TaxCategory
from app.operations import corrections, fiscal, papers
from app.queries import documents
from app.store import documents as store
from tests.documents.conftest import Office
from tests.documents.schematron import broken_rules
from tests.ground import START, OperatorRow
from tests.inbox.conftest import ended, started
from tests.world import made, options

SELLER = Seller("Volt GmbH", "Hauptstr. 1", "Berlin", "DE", "10115", "DE123456789", iban="DE89370400440532013000")
FLEET = Party("Fleet GmbH", "Weg 2", "Hamburg", "DE", "20095", "DE987654321")
DEALER = Party("Roam B.V.", "Laan 3", "Utrecht", "NL", None, "NL123456789B01", taxable_dealer=True)


class Desk:
    """One operator's people at the office."""

    def __init__(self, office: Office, operator_key: int) -> None:
        self.office, self.key = office, operator_key
        self.scope, self.desk, self.world = office.scope(operator_key), office.desk, office.world

    async def legal(self) -> None:
        made(await fiscal.set_legal(scope=self.scope, desk=self.desk, seller=SELLER))

    def hold(self, session_key: int, **values: object) -> int:
        """A card that was charged: what the session cost, unless told otherwise."""
        columns = {"status": "CAPTURED", "held_minor": 5000, "captured_minor": 0, "waived_minor": 0} | values
        names = ", ".join(columns)
        return self.world.one(
            f"INSERT INTO hold (id, operator_key, location_key, station_key, evse_key, session_key, currency, way, "
            f"wanted_minor, pay_by, created_by, created_at, {names}) SELECT gen_random_uuid(), operator_key, location_key, "
            f"station_key, evse_key, key, 'EUR', 'ELEMENT', 5000, now(), 'x', now(), "
            f"{', '.join(['%s'] * len(columns))} FROM session WHERE key = %s RETURNING key",
            *columns.values(), session_key,
        )[0]  # fmt: skip

    def session(self, tx: str = "tx-1") -> tuple[int, UUID]:
        return self.world.one("SELECT key, id FROM session WHERE transaction_id = %s", tx)

    async def owed(self, session_key: int) -> None:
        await papers.issue_owed(scope=self.scope, desk=self.desk, session_key=session_key)

    async def of(self, session_key: int) -> list[Document]:
        found = await documents.of_sessions(scope=self.scope, database=self.desk.database, keys=(session_key,))
        return found.get(session_key, [])

    async def invoice(self, key: str, buyer: Party, *sessions: UUID, **how: object) -> Document | Refusal:
        draft = papers.InvoiceDraft(buyer, sessions, **how)  # type: ignore[arg-type]
        return await papers.create_invoice(scope=self.scope, desk=self.desk, draft=draft, options=options(key))


@pytest.fixture
async def at(voice, office):
    """A station, and its operator's people; the tariff's prices contain 19 % of VAT."""
    station = await voice()
    office.world.run(
        """UPDATE tariff SET elements = '[{"components": [{"type": "ENERGY", "price": "0.58", "taxes":
        [{"name": "VAT", "percent": "19"}]}]}]'"""
    )
    return station, Desk(office, station.row.operator_key)


async def charged(station, tx: str = "tx-1", wh: int = 20_000, hours: int = 1) -> None:
    begin = START - timedelta(hours=hours)
    await station.say(started(begin, wh=0, tx=tx))
    await station.say(ended(begin + timedelta(minutes=50), wh=wh, seq=1, tx=tx))


async def test_a_paid_session_gets_a_receipt_and_a_refund_a_credit_note(at, office):
    """A session of 11.60, of which 4.20 is given back because the charger was slow."""
    station, desk = at
    await desk.legal()
    await charged(station)
    key, _ = desk.session()
    hold = desk.hold(key, captured_minor=1160)
    await desk.owed(key)
    (receipt,) = await desk.of(key)
    assert (receipt.kind, receipt.number, receipt.total_minor) == ("RECEIPT", "R2026-000001", 1160)
    assert (receipt.net_minor, receipt.tax_minor) == (975, 185)
    assert receipt.lines[0].text == "Energy, Operator of CP-1 garage"
    office.world.run("UPDATE hold SET refunded_minor = 420 WHERE key = %s", hold)
    await desk.owed(key)
    await desk.owed(key)  # done twice, issued once
    _, credit = await desk.of(key)
    assert (credit.kind, credit.number, credit.total_minor) == ("CREDIT_NOTE", "C2026-000001", 420)
    assert (credit.net_minor, credit.tax_minor, credit.credited_number) == (353, 67, "R2026-000001")


async def test_a_corrected_bill_credits_the_receipt_and_issues_another(at):
    station, desk = at
    await desk.legal()
    await charged(station)
    key, uuid = desk.session()
    desk.hold(key, captured_minor=1160)
    await desk.owed(key)
    made(
        await corrections.rerate(
            scope=desk.scope, desk=desk.desk, session_id=uuid, tariff_id=None, energy_wh=10_000, options=options("r")
        )
    )
    await desk.owed(key)
    found = [(one.kind, one.total_minor) for one in await desk.of(key)]
    assert found == [("RECEIPT", 1160), ("CREDIT_NOTE", 1160), ("RECEIPT", 580)]
    # The refund of the difference is what the second receipt says already: no further credit.
    desk.world.run("UPDATE hold SET refunded_minor = 580")
    await desk.owed(key)
    assert len(await desk.of(key)) == 3


async def test_a_document_without_legal_data_waits_and_says_why(at, office):
    station, desk = at
    await charged(station)
    key, _ = desk.session()
    desk.hold(key, captured_minor=1160)
    office.world.run(
        "INSERT INTO duty (id, operator_key, kind, session_key, due_at) SELECT gen_random_uuid(), operator_key, "
        "'ISSUE_DOCUMENT', key, now() FROM session"
    )
    assert await office.work("ISSUE_DOCUMENT") == 1
    assert await desk.of(key) == []
    waits = await documents.waits(scope=desk.scope, database=desk.desk.database, keys=(key,))
    assert waits[key].code == "LEGAL_DATA_MISSING" and "operatorLegalSet" in waits[key].message
    assert office.world.one("SELECT due_at > %s FROM duty WHERE kind = 'ISSUE_DOCUMENT'", START) == (True,)
    await desk.legal()  # wakes what waited for it
    assert office.world.one("SELECT due_at FROM duty WHERE kind = 'ISSUE_DOCUMENT'") == (START,)
    await office.work("ISSUE_DOCUMENT")
    assert [one.number for one in await desk.of(key)] == ["R2026-000001"]
    assert await documents.waits(scope=desk.scope, database=desk.desk.database, keys=(key,)) == {}


@pytest.mark.parametrize(
    ("wh", "hold", "kinds"),
    [
        (0, {"status": "RELEASED"}, []),  # case 5: nothing was charged
        (20_000, {"status": "CAPTURED", "captured_minor": 1160, "provisional": True}, []),  # not the last word yet
        (20_000, {"status": "HELD"}, []),
        (500, {"status": "RELEASED", "waived_minor": 29}, [("RECEIPT", 0)]),  # case 6: below what a card takes
    ],
)
async def test_what_is_not_paid_has_no_receipt_and_what_is_waived_says_so(at, wh, hold, kinds):
    station, desk = at
    await desk.legal()
    await charged(station, wh=wh)
    key, _ = desk.session()
    desk.hold(key, **hold)
    await desk.owed(key)
    issued = await desk.of(key)
    assert [(one.kind, one.total_minor) for one in issued] == kinds
    assert all("Waived" in one.notes[-1] for one in issued)


async def test_numbers_have_no_gaps_whoever_issues_and_whatever_fails(at, office):
    """Eight sessions at once by four workers, while others take a number and die before the commit."""
    station, desk = at
    await desk.legal()
    keys = []
    for number in range(8):
        await charged(station, f"tx-{number}", hours=20 - 2 * number)
        keys.append(desk.session(f"tx-{number}")[0])
        desk.hold(keys[-1], captured_minor=1160)

    async def takes_and_dies() -> None:
        async with desk.desk.database.transaction(desk.key) as connection:
            await store._number(connection, desk.key, "R2026")
            await asyncio.sleep(0)
            raise ZeroDivisionError

    async def dies() -> None:
        with pytest.raises(ZeroDivisionError):
            await takes_and_dies()

    await asyncio.gather(*(desk.owed(key) for key in (*keys, *keys)), *(dies() for _ in range(8)))
    numbers = [number for (number,) in office.world.rows("SELECT number FROM document ORDER BY number")]
    assert numbers == [f"R2026-{number:06d}" for number in range(1, 9)]


async def test_nobody_changes_a_document(at, office):
    station, desk = at
    await desk.legal()
    await charged(station)
    key, _ = desk.session()
    desk.hold(key, captured_minor=1160)
    await desk.owed(key)
    for deed in ("UPDATE document SET number = 'x'", "DELETE FROM document_cdr", "DELETE FROM document"):
        with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.ForeignKeyViolation)):
            office.world.run(deed)
        with psycopg.connect(office.database.app_url) as role, pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute(deed)


async def test_an_invoice_for_a_company_bills_many_sessions_once(at):
    station, desk = at
    await desk.legal()
    await charged(station, "tx-1", hours=5)
    await charged(station, "tx-2", wh=10_000, hours=2)
    one, two = desk.session("tx-1")[1], desk.session("tx-2")[1]
    invoice = made(await desk.invoice("i", FLEET, one, two))
    assert isinstance(invoice, Document)
    assert (invoice.number, invoice.total_minor, len(invoice.lines)) == ("I2026-000001", 1740, 2)
    assert invoice.buyer == FLEET and invoice.seller == SELLER
    assert made(await desk.invoice("i", FLEET, one, two)) == invoice  # a repeat is the same document
    again = await desk.invoice("j", FLEET, two)
    assert isinstance(again, Refusal) and again.code is ErrorCode.ALREADY_BILLED
    # A corrected session of an invoice: its part is credited and billed anew to the same company.
    made(
        await corrections.rerate(
            scope=desk.scope, desk=desk.desk, session_id=two, tariff_id=None, energy_wh=1_000, options=options("r")
        )
    )
    key = desk.session("tx-2")[0]
    await desk.owed(key)
    found = [(doc.kind, doc.total_minor, doc.buyer) for doc in await desk.of(key)]
    assert found == [("INVOICE", 1740, FLEET), ("CREDIT_NOTE", 580, FLEET), ("INVOICE", 58, FLEET)]


async def test_31_a_partner_abroad_pays_the_net_and_reads_why(at):
    station, desk = at
    await desk.legal()
    await charged(station)
    await charged(station, "tx-0", wh=0, hours=5)
    free = await desk.invoice("f", DEALER, desk.session("tx-0")[1])
    assert isinstance(free, Refusal) and "nothing to bill" in free.message
    bad = await desk.invoice("x", replace(DEALER, vat_number="NL1"), desk.session()[1])
    assert isinstance(bad, Refusal) and bad.path == ("buyer", "vatNumber")
    invoice = made(await desk.invoice("i", DEALER, desk.session()[1]))
    assert isinstance(invoice, Document)
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (975, 0, 975)
    assert "Articles 38 and 195" in invoice.notes[0]
    assert invoice.notes[1] == "VAT numbers: seller DE123456789, buyer NL123456789B01."
    assert invoice.taxes[0].category is TaxCategory.REVERSE_CHARGE


async def test_39_what_is_let_off_lowers_the_tax_too(at):
    station, desk = at
    await desk.legal()
    await charged(station)
    invoice = made(await desk.invoice("i", FLEET, desk.session()[1], discount_minor=160))
    assert isinstance(invoice, Document)
    assert (invoice.total_minor, invoice.net_minor, invoice.tax_minor) == (1000, 840, 160)
    assert invoice.lines[-1].text == "Discount"


async def test_an_account_is_billed_for_a_period_and_no_session_twice(at, office):
    """A fleet's month: by cost centre on its statement, and on an invoice all that nobody has billed."""
    station, desk = at
    await desk.legal()
    await charged(station, "tx-1", hours=5)
    await charged(station, "tx-2", wh=10_000, hours=2)
    await charged(station, "tx-3", wh=5_000, hours=1)
    world, operator = office.world, desk.key
    (account,) = world.one(
        "INSERT INTO account (id, operator_key, kind, name, legal_name, vat_number, country, address_lines, time_zone, currency,"
        " prepaid, search_text, created_at) VALUES (gen_random_uuid(), %s, 'COMPANY', 'Fleet', 'Fleet BV', 'DE111111125', 'DE', "
        "'{}', 'Europe/Berlin', 'EUR', false, '', now()) RETURNING key",
        operator,
    )  # fmt: skip
    (centre,) = world.one(
        "INSERT INTO cost_centre (operator_key, account_key, name) VALUES (%s, %s, 'Night shift') RETURNING key",
        operator, account,
    )  # fmt: skip
    world.run("UPDATE session SET account_key = %s WHERE transaction_id <> 'tx-3'", account)
    world.run("UPDATE session SET cost_centre_key = %s WHERE transaction_id = 'tx-2'", centre)
    (uuid,) = world.one("SELECT id FROM account WHERE key = %s", account)
    period = TimeRange(START - timedelta(days=1), START + timedelta(days=1))

    async def order(key: str, **how: object) -> Document | Refusal:
        draft = papers.InvoiceDraft(None, account_id=uuid, **how)  # type: ignore[arg-type]
        return await papers.create_invoice(scope=desk.scope, desk=desk.desk, draft=draft, options=options(key))

    world.run("UPDATE token SET group_id = 'Fleet A'")
    group = papers.StatementDraft(period.start, period.end, ("Fleet A",))
    whole = made(await papers.create_statement(scope=desk.scope, desk=desk.desk, draft=group, options=options("g")))
    assert isinstance(whole, Document)
    assert whole.total_minor == 1160 + 580 + 290, "a cost centre takes no session out of its group"
    world.run("UPDATE token SET group_id = NULL")
    await desk.invoice("one", FLEET, desk.session("tx-1")[1])
    nowhere = await order("nowhere", period=period)
    assert isinstance(nowhere, Refusal) and nowhere.path == ("buyer",)
    world.run("UPDATE account SET address_lines = ARRAY['Hof 2', '10115 Berlin']")
    draft = papers.StatementDraft(period.start, period.end, account_id=uuid)
    told = made(await papers.create_statement(scope=desk.scope, desk=desk.desk, draft=draft, options=options("s")))
    assert isinstance(told, Document)
    assert [(line.cost_centre, line.total_minor) for line in told.lines] == [(None, 1160), ("Night shift", 580)]
    invoice = made(await order("month", period=period))
    assert isinstance(invoice, Document) and invoice.buyer is not None
    assert (invoice.total_minor, invoice.account_key) == (580, account)
    said = (invoice.buyer.name, invoice.buyer.address, invoice.buyer.postal_code, invoice.buyer.city)
    assert said == ("Fleet BV", "Hof 2", "10115", "Berlin")
    again = await order("again", period=period)
    assert isinstance(again, Refusal) and again.path == ("period",)
    lost = await order("lost")
    assert isinstance(lost, Refusal) and lost.path == ("period",)
    # What a balance has paid is not to be paid again, and the paper says so.
    assert "Paid from the account's balance." not in invoice.notes
    world.run("UPDATE account SET prepaid = true")
    world.run("UPDATE session SET account_key = %s WHERE transaction_id = 'tx-3'", account)
    prepaid = made(await order("prepaid", period=period))
    assert isinstance(prepaid, Document)
    assert (prepaid.total_minor, prepaid.notes) == (290, ("Paid from the account's balance.",))


async def test_39_each_session_bears_its_part_of_what_is_let_off(at):
    """Two sessions of 11.60 and 5.80: of 15.00 let off the second bears 5.00, and can be corrected by itself."""
    station, desk = at
    await desk.legal()
    await charged(station, "tx-1", hours=5)
    await charged(station, "tx-2", wh=10_000, hours=2)
    both = [desk.session(tx)[1] for tx in ("tx-1", "tx-2")]
    invoice = made(await desk.invoice("i", FLEET, *both, discount_minor=1500))
    assert isinstance(invoice, Document)
    borne: dict[int, int] = {}
    for line in invoice.lines:
        borne[line.cdr_key] = borne.get(line.cdr_key, 0) + line.total_minor
    assert sorted(borne.values()) == [80, 160]
    assert invoice.total_minor == 240


async def test_30_the_operators_own_rate_is_in_a_price_that_states_none(at, office):
    station, desk = at
    await desk.legal()
    office.world.run("""UPDATE tariff SET elements = '[{"components": [{"type": "ENERGY", "price": "0.58"}]}]'""")
    made(
        await fiscal.set_tax_rate(
            scope=desk.scope, desk=desk.desk, rate=OwnRate("DE", None, "MwSt", Decimal(16), date(2026, 1, 1))
        )
    )
    await charged(station)
    invoice = made(await desk.invoice("i", FLEET, desk.session()[1]))
    assert isinstance(invoice, Document)
    assert (invoice.net_minor, invoice.tax_minor) == (1000, 160)
    assert [(group.name, group.percent) for group in invoice.taxes] == [("MwSt", 16)]


async def test_tax_is_said_in_the_operators_own_currency_by_the_rate_of_the_day(at, office):
    station, desk = at
    await desk.legal()
    office.world.run("UPDATE operator SET currency = 'DKK'")
    await charged(station)
    early = await desk.invoice("x", FLEET, desk.session()[1])
    assert isinstance(early, Refusal) and early.code is ErrorCode.DOCUMENT_WAITS
    assert "exchangeRateSet" in early.message
    for day, rate in ((date(2026, 11, 19), "7.46"), (date(2026, 11, 22), "9")):
        made(
            await fiscal.set_exchange_rate(
                scope=desk.scope, desk=desk.desk, currency="EUR", rate=Decimal(rate), day=day
            )
        )
    invoice = made(await desk.invoice("i", FLEET, desk.session()[1]))
    assert isinstance(invoice, Document) and invoice.own_tax is not None
    assert (invoice.total_minor, invoice.currency) == (1160, "EUR")
    assert (invoice.own_tax.tax_minor, invoice.own_tax.day) == (1380, date(2026, 11, 19))


async def test_a_fleets_statement_is_the_sum_of_its_records_by_cost_centre(at, office):
    station, desk = at
    await desk.legal()
    for number, group in enumerate(("Sales", "Sales", "Works", None)):
        await charged(station, f"tx-{number}", wh=10_000 + number, hours=20 - 2 * number)
        if group is not None:
            office.world.token(OperatorRow(desk.key, "", 0), f"T{number}", group=group)
            office.world.run(
                "UPDATE session SET token_key = (SELECT max(key) FROM token) WHERE transaction_id = %s", f"tx-{number}"
            )
    wish = papers.StatementDraft(START - timedelta(days=1), START + timedelta(days=1), None, FLEET)
    whole = made(await papers.create_statement(scope=desk.scope, desk=desk.desk, draft=wish, options=options("s")))
    assert isinstance(whole, Document)
    assert [line.cost_centre for line in whole.lines] == [None, "Sales", "Sales", "Works"]
    assert office.world.one("SELECT sum(total_minor)::bigint FROM cdr") == (whole.total_minor,)
    part = replace(wish, token_group_ids=("Sales",))
    sales = made(await papers.create_statement(scope=desk.scope, desk=desk.desk, draft=part, options=options("t")))
    assert isinstance(sales, Document)
    assert (sales.number, len(sales.lines)) == ("S2026-000002", 2)
    empty = replace(wish, end=START - timedelta(hours=23))
    nothing = await papers.create_statement(scope=desk.scope, desk=desk.desk, draft=empty, options=options("u"))
    assert isinstance(nothing, Refusal)
    assert file_of(whole, DocumentFormat.PDF).startswith(b"%PDF")


async def test_the_files_of_an_invoice(at):
    station, desk = at
    await desk.legal()
    await charged(station)
    buyer = replace(FLEET, name="=Fleet Łódź & <Söhne>")
    invoice = made(await desk.invoice("i", buyer, desk.session()[1], discount_minor=160))
    assert isinstance(invoice, Document)
    xml = file_of(invoice, DocumentFormat.XML)
    assert xml_check_xsd(xml, flavor="factur-x", level="en16931")
    tree = etree.fromstring(xml)

    def amount(name: str) -> Decimal:
        (found,) = tree.findall(f".//{{*}}SpecifiedTradeSettlementHeaderMonetarySummation/{{*}}{name}")
        return Decimal(found.text)

    lines = [
        Decimal(one.text)
        for one in tree.findall(".//{*}SpecifiedTradeSettlementLineMonetarySummation/{*}LineTotalAmount")
    ]
    assert sum(lines) == amount("LineTotalAmount") == amount("TaxBasisTotalAmount")  # BR-CO-10, BR-CO-13
    assert amount("TaxBasisTotalAmount") + amount("TaxTotalAmount") == amount("GrandTotalAmount")  # BR-CO-15
    prices = [Decimal(one.text) for one in tree.findall(".//{*}NetPriceProductTradePrice/{*}ChargeAmount")]
    assert all(price >= 0 for price in prices)  # BR-27
    assert buyer.name in [one.text for one in tree.findall(".//{*}BuyerTradeParty/{*}Name")]
    rows = list(csv.DictReader(io.StringIO(file_of(invoice, DocumentFormat.CSV).decode())))
    assert sum(Decimal(row["total"]) for row in rows) == 10
    assert file_of(invoice, DocumentFormat.PDF) == file_of(invoice, DocumentFormat.PDF)
    with pytest.raises(NoBuyer):
        file_of(replace(invoice, buyer=None), DocumentFormat.XML)


async def test_electronic_invoices_keep_every_rule_of_their_standard(at, tmp_path):
    """An invoice with a discount, one with the tax reversed, and a credit note; one that is tampered with is found out."""
    station, desk = at
    await desk.legal()
    await charged(station)
    await charged(station, "tx-2", wh=7_777, hours=5)
    home = made(await desk.invoice("i", FLEET, desk.session()[1], discount_minor=160))
    abroad = made(await desk.invoice("j", DEALER, desk.session("tx-2")[1]))
    key, uuid = desk.session()
    made(
        await corrections.rerate(
            scope=desk.scope, desk=desk.desk, session_id=uuid, tariff_id=None, energy_wh=1_000, options=options("r")
        )
    )
    await desk.owed(key)
    credit = next(one for one in await desk.of(desk.session()[0]) if one.kind == "CREDIT_NOTE")
    files = [file_of(one, DocumentFormat.XML) for one in (home, abroad, credit)]
    assert (credit.credited_number, abroad.tax_minor) == (home.number, 0)
    forged = re.sub(rb"(<ram:GrandTotalAmount>)[^<]+", rb"\g<1>99.99", files[0])
    *kept, found = await asyncio.to_thread(broken_rules, tmp_path, *files, forged)
    assert kept == [[], [], []]
    assert any("BR-CO-15" in rule for rule in found), found


async def test_a_spreadsheet_takes_no_line_for_a_formula(at):
    station, desk = at
    await desk.legal()
    await charged(station)
    invoice = made(await desk.invoice("i", FLEET, desk.session()[1]))
    assert isinstance(invoice, Document)
    sly = replace(invoice, lines=(replace(invoice.lines[0], text="=HYPERLINK(1)", cost_centre="@x"),))
    (row,) = csv.DictReader(io.StringIO(file_of(sly, DocumentFormat.CSV).decode()))
    assert (row["text"], row["cost_centre"]) == ("'=HYPERLINK(1)", "'@x")


def test_an_address_opens_one_document_in_one_form_for_ten_minutes():
    one, other, secret = UUID(int=1), UUID(int=2), b"s" * 32
    url = link(secret, "http://x/files", one, DocumentFormat.PDF, START)
    until, signature = url.partition("until=")[2].split("&signature=")
    assert opens(secret, one, DocumentFormat.PDF, until, signature, START)
    assert not opens(secret, one, DocumentFormat.PDF, until, signature, START + VALIDITY)
    assert not opens(secret, other, DocumentFormat.PDF, until, signature, START)
    assert not opens(secret, one, DocumentFormat.XML, until, signature, START)
    assert not opens(b"t" * 32, one, DocumentFormat.PDF, until, signature, START)
    assert not opens(secret, one, DocumentFormat.PDF, str(int(until) + 1), signature, START)
    assert not opens(secret, one, DocumentFormat.PDF, "-1", signature, START)


async def test_documents_are_found_by_kind_and_session(at):
    station, desk = at
    await desk.legal()
    await charged(station)
    _, uuid = desk.session()
    made(await desk.invoice("i", FLEET, uuid))
    for kinds, sessions, count in ((("INVOICE",), (uuid,), 1), (("RECEIPT",), None, 0), (None, (UUID(int=1),), 0)):
        wanted = DocumentFilter(kinds=kinds, session_ids=sessions)
        page = await documents.search(
            scope=desk.scope, database=desk.desk.database, filter=wanted, page=PageRequest(10)
        )
        assert len(page.items) == count, wanted
