"""What outsiders may ask, by kind of caller and type: what is not in these tables does not exist for them, whatever is

added for others. What is in them is still filtered by `Scope` in the store.
"""

from app.domain.scope import CallerKind

WHOLE = "*"
_PAGES = (
    "Driver",
    "Account",
    "AccountMember",
    "AccountEntry",
    "Session",
    "Token",
    "Location",
    "ChargingStation",
    "Reading",
)
_ERRORS = {"UserError": WHOLE, "InvalidInput": WHOLE, "Refusal": WHOLE}

# A driver reads their own sessions, tokens and accounts, and of the network what is published.
DRIVER_FIELDS: dict[str, str] = {
    "Query": "viewer rateLimit drivers accounts sessions tokens locations quote",
    "Subscription": "sessionUpdates",
    "SessionUpdates": WHOLE,
    "Quote": "id price lines energyWh minutes startsAt holdAmount validUntil",
    "IntentPayload": "hold checkoutUrl clientSecret session errors",
    "CommandPayload": "session errors",
    "Hold": "id status way wanted amount captured refunded provisional captureBefore payBy heldAt failure "
    "releaseReason checkoutUrl clientSecret target createdAt version session",
    "SessionTarget": WHOLE,
    "Mutation": "driverCodeRequest driverSignIn tokenRefresh signOut driverTokenClaim driverTokenBlock "
    "driverExport driverErase "
    "paymentMethodCreate paymentMethodRemove paymentMethodPrefer chargeIntentCreate sessionStart sessionStop",
    "Node": "id",
    "Viewer": "kind scopes expiresAt operator driver",
    "Operator": "id name currency",
    "RateLimit": WHOLE,
    "Driver": WHOLE,
    "Account": "id kind name currency prepaid status balance costCentres limits members entries version",
    "AccountLimit": "id on per most costCentre driver",
    "AccountMember": WHOLE,
    "AccountEntry": "id kind amountMinor createdAt",
    "Money": WHOLE,
    "Token": "id type visualNumber contractId valid blockedReason validFrom validUntil lastUsedAt uid driver account "
    "version",
    "Session": "id status origin createdAt startedAt endedAt settledAt energyWh powerW socPercent chargingState "
    "stopReason version steps readings cost location evse connector token driver account costCentre",
    "SessionStep": WHOLE,
    "Reading": "at energyWh powerW socPercent",
    "Cost": WHOLE,
    "CostLine": WHOLE,
    "Price": WHOLE,
    "Location": "id name address postalCode city country latitude longitude timeZone helpPhone stations",
    "ChargingStation": "id name evses",
    "Evse": "id evseId physicalReference status connectors",
    "Connector": "id number standard format powerType maxPowerW",
    "SignInPayload": WHOLE,
    "SignOutPayload": WHOLE,
    "CodePayload": WHOLE,
    "PaymentMethod": WHOLE,
    "PaymentMethodPayload": WHOLE,
    "OwnTokenPayload": WHOLE,
    "DriverPayload": WHOLE,
    "DriverExportPayload": WHOLE,
    **_ERRORS,
    "PageInfo": WHOLE,
    **{f"{name}Connection": WHOLE for name in _PAGES},
    **{f"{name}Edge": WHOLE for name in _PAGES},
}

# A guest reads the session that they pay, and its hold and documents, and may end both.
GUEST_FIELDS: dict[str, str] = {
    "Query": "viewer rateLimit sessions holds",
    "Mutation": "sessionStop holdRelease chargeIntentMove",
    "Subscription": "sessionUpdates",
    "Node": "id",
    "Viewer": "kind scopes expiresAt operator",
    "Operator": "id name currency",
    "RateLimit": WHOLE,
    "Money": WHOLE,
    "Session": "id status origin createdAt startedAt endedAt settledAt energyWh powerW socPercent chargingState "
    "stopReason version steps readings cost location evse connector hold documents documentWait",
    "SessionStep": WHOLE,
    "SessionUpdates": WHOLE,
    "Reading": "at energyWh powerW socPercent",
    "Cost": WHOLE,
    "CostLine": WHOLE,
    "Price": WHOLE,
    "Hold": "id status way wanted amount captured refunded provisional captureBefore payBy heldAt failure "
    "releaseReason checkoutUrl target createdAt version session pluggedElsewhere",
    "PluggedElsewhere": WHOLE,
    "SessionTarget": WHOLE,
    "Document": "id kind number issuedAt currency url",
    "DocumentWait": WHOLE,
    "Location": "id name address postalCode city country latitude longitude timeZone helpPhone",
    "Evse": "id evseId physicalReference status connectors",
    "Connector": "id number standard format powerType maxPowerW",
    "HoldPayload": WHOLE,
    "CommandPayload": "session errors",
    "PageInfo": WHOLE,
    **_ERRORS,
    **{f"{name}Connection": WHOLE for name in ("Session", "Hold", "Reading")},
    **{f"{name}Edge": WHOLE for name in ("Session", "Hold", "Reading")},
}

# A visitor has no token: what is for sale at a published EVSE, and a way to pay for it.
VISITOR_FIELDS: dict[str, str] = {
    "Query": "evse quote",
    "Mutation": "chargeIntentCreate guestAccessRequest",
    "GuestAccessPayload": WHOLE,
    "PublicEvse": WHOLE,
    "PublicLocation": WHOLE,
    "PublicConnector": WHOLE,
    "PriceLine": WHOLE,
    "Money": WHOLE,
    "Price": WHOLE,
    "CostLine": WHOLE,
    "Quote": "id price lines energyWh minutes startsAt holdAmount validUntil",
    "IntentPayload": "hold checkoutUrl clientSecret guestToken errors",
    "Hold": "id status wanted amount payBy createdAt",
    **_ERRORS,
}

FIELDS = {CallerKind.DRIVER: DRIVER_FIELDS, CallerKind.GUEST: GUEST_FIELDS, CallerKind.VISITOR: VISITOR_FIELDS}
