"""What may happen to money on its way: forty cases by number, each with the test that tells it, or why it is open."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """``told_by`` names tests as module:function, by the beginning of the function's name."""

    words: str
    told_by: tuple[str, ...] = ()
    open: str = ""


_HERE, _STORED, _POST = "tests.payments.test_cases", "tests.payments.test_stored_holds", "tests.payments.test_webhooks"
_AD_HOC, _AD_HOC_MOVES = "tests.journeys.test_ad_hoc", "tests.journeys.test_moves"
_TAX, _PAPERS = "tests.domain.test_tax", "tests.documents.test_documents"

CASES: dict[int, Case] = {
    1: Case("the charger is silent until the hold nearly expires", (f"{_HERE}:test_01", f"{_STORED}:test_a_charger_that_is_silent")),
    2: Case("the hold expires before the stop", (f"{_HERE}:test_02",)),
    3: Case("the cost passes the hold", (f"{_HERE}:test_03",)),
    4: Case("the bank refuses to hold more", (f"{_HERE}:test_04", f"{_STORED}:test_near_the_limit")),
    5: Case("nothing was charged", (f"{_HERE}:test_05",)),
    6: Case("the cost is less than can be charged", (f"{_HERE}:test_06",)),
    7: Case("nobody plugs in, or too late", (f"{_HERE}:test_07",)),
    8: Case("the charger refuses or is away", (f"{_HERE}:test_08", f"{_STORED}:test_a_charger_that_is_away")),
    9: Case("word comes before the answer", (f"{_HERE}:test_09",)),
    10: Case("an answer is lost", (f"{_HERE}:test_10",)),
    11: Case("a failure is kept under the key", (f"{_HERE}:test_11",)),
    12: Case("messages come twice and in any order", (f"{_POST}:test_shuffled", "tests.payments.test_holds_law:test_any_order")),
    13: Case("messages do not come for days", (f"{_POST}:test_messages_that_never_came",)),
    14: Case("the capture fails", (f"{_HERE}:test_14",)),
    15: Case("captured, and died before writing it", (f"{_HERE}:test_15", f"{_STORED}:test_a_worker_that_dies")),
    16: Case("two workers capture", (f"{_STORED}:test_two_workers",)),
    17: Case("the driver leaves the page", ("tests.journeys.test_take_over:test_17",f"{_HERE}:test_17", f"{_AD_HOC}:test_from_the_sticker")),
    18: Case("the driver pays in two tabs", (f"{_HERE}:test_18",f"{_STORED}:test_one_driver_at_an_evse", f"{_AD_HOC}:test_from_the_sticker")),
    19: Case("paid for one EVSE, plugged in at another", (f"{_AD_HOC_MOVES}:test_19",)),
    20: Case("two drivers at one EVSE", ("tests.journeys.test_take_over:test_17",f"{_STORED}:test_one_driver_at_an_evse", "tests.schema.test_visitors:test_somebody_else")),
    21: Case("idle after energy ended", ("tests.jobs.test_stays:test_21", "tests.journeys.test_stay:test_21")),
    22: Case("the car stays after the capture", ("tests.jobs.test_stays:test_22", "tests.journeys.test_stay:test_21_22")),
    23: Case("the tariff changes meanwhile", ("tests.journeys.test_quote:test_",)),
    24: Case("the tariff crosses midnight or a change of the clocks", ("tests.domain.pricing.test_clock:test_",)),
    25: Case("the meter is doubtful", (f"{_HERE}:test_25",)),
    26: Case("a transaction is told days later", (f"{_HERE}:test_26",)),
    27: Case("currencies with none or three decimals", (f"{_HERE}:test_27",)),
    28: Case("rounding", (f"{_TAX}:test_28", f"{_TAX}:test_net_and_tax")),
    29: Case("prices with and without VAT", (f"{_TAX}:test_29",)),
    30: Case("VAT rates change by date and region", (f"{_TAX}:test_30", f"{_PAPERS}:test_30")),
    31: Case("reverse charge", (f"{_TAX}:test_31", f"{_PAPERS}:test_31")),
    32: Case("a partner abroad", (f"{_TAX}:test_31_32",)),
    33: Case("refunds, also failing ones", (f"{_HERE}:test_33", f"{_STORED}:test_people_refund",
        "tests.ledger.test_ledger:test_a_refund_that_fails", "tests.ledger.test_payouts:test_a_repayment_after_the_payout",
        "tests.domain.test_reconciliation:test_a_repayment_that_failed")),
    34: Case("a dispute", ("tests.ledger.test_disputes:test_34",)),
    35: Case("the bank asks for its customer", (f"{_HERE}:test_35", "tests.payments.test_cashier:test_the_bank_asks")),
    36: Case("the operator's account is restricted", (f"{_HERE}:test_36",)),
    37: Case("the fee exceeds the capture", (f"{_HERE}:test_37",)),
    38: Case("hold and tariff in different currencies", (f"{_HERE}:test_38",)),
    39: Case("vouchers and gifts", ("tests.payments.test_vouchers:test_39", "tests.journeys.test_voucher:test_39", f"{_TAX}:test_a_discount", f"{_PAPERS}:test_39")),
    40: Case("erasure against keeping invoices", ("tests.schema.test_erasure:test_40",)),
}  # fmt: skip
