"""Objects as Stripe sends them: every attribute that is always there, null where there is nothing to say."""

from typing import Any

Json = dict[str, Any]

DESCRIPTION = "Simulated by Voltgraph: no money moves"


def _nulls(names: str) -> Json:
    return dict.fromkeys(names.split())


def payment_intent(*, id: str, amount: int, currency: str, created: int, secret: str, metadata: Json) -> Json:
    return {
        **_nulls(
            "allowed_payment_method_types amount_details application application_fee_amount automatic_payment_methods "
            "canceled_at cancellation_reason customer customer_account description excluded_payment_method_types hooks "
            "last_payment_error latest_charge managed_payments next_action on_behalf_of payment_details payment_method "
            "payment_method_configuration_details payment_method_options payment_record presentment_details processing "
            "receipt_email review setup_future_usage shipping source statement_descriptor statement_descriptor_suffix "
            "transfer_data transfer_group"
        ),
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "capture_method": "manual",
        "client_secret": secret,
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "description": DESCRIPTION,
        "livemode": False,
        "metadata": metadata,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def charge(*, id: str, intent: Json, created: int, kind: str, card: Json) -> Json:
    return {
        **_nulls(
            "application application_fee application_fee_amount authorization_code balance_transaction "
            "calculated_statement_descriptor customer failure_balance_transaction failure_code failure_message level3 "
            "on_behalf_of outcome presentment_details radar_options receipt_email receipt_number receipt_url refunds "
            "review shipping source source_transfer statement_descriptor statement_descriptor_suffix transfer "
            "transfer_data transfer_group"
        ),
        "id": id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": False,
        "created": created,
        "currency": intent["currency"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {"type": kind, kind: card},
        "refunded": False,
        "status": "succeeded",
    }


def card_details(*, brand: str, last4: str, capture_before: int | None, may_increment: bool) -> Json:
    return {
        **_nulls(
            "authorization_code checks country description electronic_commerce_indicator fingerprint funding iin "
            "installments issuer mandate moto network network_token network_transaction_id regulated_status "
            "setup_credential_usage stored_credential_usage three_d_secure transaction_link_id wallet"
        ),
        "brand": brand,
        "capture_before": capture_before,
        "exp_month": 12,
        "exp_year": 2040,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "available" if may_increment else "unavailable"},
        "last4": last4,
        "multicapture": {"status": "unavailable"},
        "overcapture": {"maximum_amount_capturable": 0, "status": "unavailable"},
    }


def card_present_details(*, brand: str, last4: str, capture_before: int | None, may_increment: bool) -> Json:
    return {
        **_nulls(
            "amount_authorized brand_product cardholder_name country description emv_auth_data fingerprint funding "
            "generated_card iin issuer location network network_transaction_id offline preferred_locales reader "
            "receipt wallet"
        ),
        "brand": brand,
        "capture_before": capture_before,
        "exp_month": 12,
        "exp_year": 2040,
        "incremental_authorization_supported": may_increment,
        "last4": last4,
        "overcapture_supported": False,
        "read_method": "contactless_emv",
    }


DETAILS = {"card": card_details, "card_present": card_present_details}


def reader(*, id: str, label: str, created: int) -> Json:
    """A terminal that is switched on; ``created`` stands for when it was last heard, in ms."""
    return {
        **_nulls("action device_sw_version ip_address location"),
        "id": id,
        "object": "terminal.reader",
        "device_type": "simulated_wisepos_e",
        "label": label,
        "last_seen_at": created * 1000,
        "livemode": False,
        "metadata": {},
        "serial_number": "0000-double",
        "status": "online",
    }


def reader_action(intent_id: str) -> Json:
    return {
        "type": "process_payment_intent",
        "status": "in_progress",
        "failure_code": None,
        "failure_message": None,
        "process_payment_intent": {"payment_intent": intent_id},
    }


def refund(
    *, id: str, amount: int, intent: Json, charge_id: str, created: int, reason: str | None, metadata: Json
) -> Json:
    return {
        **_nulls(
            "balance_transaction customer customer_account description destination_details "
            "failure_balance_transaction failure_reason instructions_email next_action payment_method pending_reason "
            "presentment_details receipt_number source_transfer_reversal transfer_reversal"
        ),
        "id": id,
        "object": "refund",
        "amount": amount,
        "charge": charge_id,
        "created": created,
        "currency": intent["currency"],
        "metadata": metadata,
        "payment_intent": intent["id"],
        "reason": reason,
        "status": "succeeded",
    }


def checkout_session(*, id: str, mode: str, currency: str | None, amount: int | None, created: int, url: str) -> Json:
    return {
        **_nulls(
            "adaptive_pricing after_expiration allow_promotion_codes allowed_payment_method_types "
            "billing_address_collection branding_settings cancel_url client_reference_id client_secret "
            "collected_information consent consent_collection currency_conversion customer customer_account "
            "customer_creation customer_details customer_email discounts excluded_payment_method_types "
            "integration_identifier invoice invoice_creation line_items locale managed_payments name_collection "
            "optional_items origin_context payment_intent payment_link payment_method_collection "
            "payment_method_configuration_details payment_method_options permissions phone_number_collection "
            "presentment_details recovered_from redirect_on_completion return_url saved_payment_method_options "
            "setup_intent shipping_address_collection shipping_cost submit_type subscription success_url "
            "tax_id_collection total_details wallet_options"
        ),
        "id": id,
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": created,
        "currency": currency,
        "custom_fields": [],
        "custom_text": {
            **_nulls("after_submit shipping_address submit terms_of_service_acceptance"),
        },
        "expires_at": created + 24 * 3600,
        "livemode": False,
        "metadata": {},
        "mode": mode,
        "payment_method_types": ["card"],
        "payment_status": "unpaid" if mode == "payment" else "no_payment_required",
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
        "url": url,
    }


def setup_intent(*, id: str, created: int, secret: str) -> Json:
    return {
        **_nulls(
            "allowed_payment_method_types application attach_to_self automatic_payment_methods cancellation_reason "
            "customer customer_account description excluded_payment_method_types flow_directions last_setup_error "
            "latest_attempt managed_payments mandate next_action on_behalf_of payment_method "
            "payment_method_configuration_details payment_method_options single_use_mandate"
        ),
        "id": id,
        "object": "setup_intent",
        "client_secret": secret,
        "created": created,
        "livemode": False,
        "metadata": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }


def customer(*, id: str, created: int, email: str | None) -> Json:
    return {
        **_nulls("address default_source description name phone shipping"),
        "id": id,
        "object": "customer",
        "created": created,
        "email": email,
        "livemode": False,
    }


def payment_method(*, id: str, created: int, customer_id: str, brand: str, last4: str) -> Json:
    return {
        **_nulls("customer_account metadata"),
        "id": id,
        "object": "payment_method",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "card": {"brand": brand, "last4": last4, "exp_month": 12, "exp_year": 2040},
        "created": created,
        "customer": customer_id,
        "livemode": False,
        "type": "card",
    }


def dispute(*, id: str, charge_: Json, created: int, due_by: int) -> Json:
    return {
        **_nulls("intended_submission_method network_reason_code payment_method_details"),
        "id": id,
        "object": "dispute",
        "amount": charge_["amount_captured"],
        "balance_transactions": [],
        "charge": charge_["id"],
        "created": created,
        "currency": charge_["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge_["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }


def file(*, id: str, created: int, size: int) -> Json:
    return {
        **_nulls("expires_at filename links title url"),
        "id": id,
        "object": "file",
        "created": created,
        "purpose": "dispute_evidence",
        "size": size,
        "type": "pdf",
    }


def balance_transaction(
    *,
    id: str,
    type: str,
    category: str,
    amount: int,
    currency: str,
    fees: Json,
    source: str | None,
    created: int,
    available_on: int,
) -> Json:
    """``fees``: what was kept, by the kind of fee."""
    details = [
        {"amount": amount, "application": None, "currency": currency, "description": None, "type": kind}
        for kind, amount in fees.items()
        if amount
    ]
    fee = sum(fees.values())
    return {
        **_nulls("description exchange_rate"),
        "id": id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "fee": fee,
        "fee_details": details,
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "pending" if available_on > created else "available",
        "type": type,
    }


def payout(*, id: str, amount: int, currency: str, created: int, arrival_date: int) -> Json:
    return {
        **_nulls(
            "application_fee application_fee_amount balance_transaction description destination "
            "failure_balance_transaction failure_code failure_message metadata original_payout payout_method "
            "reversed_by statement_descriptor trace_id"
        ),
        "id": id,
        "object": "payout",
        "amount": amount,
        "arrival_date": arrival_date,
        "automatic": True,
        "created": created,
        "currency": currency,
        "livemode": False,
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": "in_transit",
        "type": "bank_account",
    }


def event(*, id: str, type: str, account: str | None, created: int, subject: Json) -> Json:
    made = {
        **_nulls("api_version context"),
        "id": id,
        "object": "event",
        "created": created,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    return made if account is None else made | {"account": account}
