"""OIOUBL: delivery and terms of delivery (section 4)."""

from .oioubl import INVOICE, OIOUBL, absent, filled, not_both, places, value_in

_DOCUMENT = places(Invoice="Delivery")
_TERMS = places(Invoice="DeliveryTerms")
absent(
    _DOCUMENT,
    "F-INV082 F-INV083 F-INV084 F-INV085 F-INV086 F-INV087 F-INV088",
    "ID Quantity MinimumQuantity MaximumQuantity ActualDeliveryTime LatestDeliveryDate LatestDeliveryTime",
)
absent(_DOCUMENT, "F-INV238 F-INV089 F-INV090", "DeliveryAddress PromisedDeliveryPeriod EstimatedDeliveryPeriod")
absent(
    "LINE/Delivery",
    "F-INV155 F-INV156 F-INV157 F-INV158 F-INV159/F-CRN098 F-INV160/F-CRN099",
    "ID MinimumQuantity MaximumQuantity ActualDeliveryTime LatestDeliveryDate LatestDeliveryTime",
)
absent(
    "LINE/Delivery",
    "F-INV240/F-CRN157 F-INV161/F-CRN100 F-INV162/F-CRN101",
    "DeliveryAddress PromisedDeliveryPeriod EstimatedDeliveryPeriod",
)


def _location(location, document):
    return not location.has("ID") and not location.has("Address")


OIOUBL.add("F-INV239", places(Invoice="Delivery/DeliveryLocation"), _location, "location")
OIOUBL.add("F-INV241 F-CRN158", "LINE/Delivery/DeliveryLocation", _location, "location")


def _not_twice(rule, name):
    @OIOUBL.rule(
        rule, "LINE", text="not_both", values={"element": f"Delivery/{name}", "other": f"Line/Delivery/{name}"}
    )
    def broken(line, document):
        return line.has(f"Delivery/{name}") and document.root.has(f"Delivery/{name}")


for number, part in (
    (330, "ActualDeliveryDate"),
    (331, "RequestedDeliveryPeriod"),
    (332, "DeliveryLocation"),
    (333, "DeliveryParty"),
):
    _not_twice(f"F-INV{number}", part)

absent(_TERMS, "F-INV101", "AllowanceCharge")
not_both(_TERMS, "F-INV102", "ID", "SpecialTerms")
not_both(_TERMS, "F-INV103", "LossRiskResponsibilityCode", "LossRisk")
value_in(places(Invoice="DeliveryTerms/ID"), "W-INV301", ["INCOTERMS", "Incoterms"], only=INVOICE)
filled(places(Invoice="DeliveryTerms/DeliveryLocation"), "F-INV302", "ID")
