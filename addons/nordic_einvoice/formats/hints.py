"""What a bookkeeper does about a rule that was broken: rule id -> advice.

The advice names the field in Odoo, in English.
"""

CUSTOMER_ADDRESS = "Fill in the electronic address of the customer (partner, tab Accounting: scheme and number)."
COMPANY_ADDRESS = "Fill in the electronic address of your own company (its contact, tab Accounting)."
REFERENCE = "Fill in the buyer reference or the customer's order number on the invoice."
VAT_COMPANY = "Correct the VAT number of your own company."
TAX_CATEGORY = "Set the tax category on the tax (Configuration > Taxes, tab Advanced Options)."
TOTALS = "The totals do not add up. Reset the invoice to draft and post it again; report it if it happens again."
DANISH_PAYMENT = "Choose a payment reference agreement (FIK) or a bank account with registration and account number."

HINTS = {
    "PEPPOL-EN16931-R003": REFERENCE,
    "PEPPOL-EN16931-R010": CUSTOMER_ADDRESS,
    "PEPPOL-EN16931-R020": COMPANY_ADDRESS,
    "PEPPOL-COMMON-R040": "The GLN has a wrong check digit: compare it with the customer's own statement.",
    "PEPPOL-COMMON-R041": "The Norwegian organisation number has a wrong check digit: look it up in Enhetsregisteret.",
    "PEPPOL-COMMON-R042": "A CVR number has 8 digits.",
    "PEPPOL-COMMON-R049": "The Swedish organisation number has a wrong check digit.",
    "PEPPOL-COMMON-R052": "A Danish P number has 10 digits.",
    "PEPPOL-COMMON-R053": "A Danish SE number is written DK and 8 digits.",
    "NO-R-001": VAT_COMPANY + " Norway: NO, 9 digits, MVA.",
    "NO-R-002": "Companies in Foretaksregisteret state it: set it on the company's contact.",
    "DK-R-002": "Fill in the CVR number of your own company.",
    "DK-R-005": DANISH_PAYMENT,
    "DK-R-006": DANISH_PAYMENT,
    "DK-R-008": DANISH_PAYMENT,
    "DK-R-010": DANISH_PAYMENT,
    "DK-R-011": DANISH_PAYMENT,
    "DK-R-013": "An identifier of a party needs its scheme.",
    "DK-R-014": "Fill in the CVR number of your own company.",
    "DK-R-016": "A credit note cannot be negative: use an invoice.",
    "DK-R-017": "The customer's register number must be a CVR number.",
    "SE-R-001": VAT_COMPANY + " Sweden: SE and 12 digits.",
    "SE-R-002": VAT_COMPANY + " Sweden: SE and 12 digits.",
    "BR-CO-10": TOTALS,
    "BR-CO-13": TOTALS,
    "BR-CO-14": TOTALS,
    "BR-CO-15": TOTALS,
    "BR-CO-16": TOTALS,
    "BR-06": "Fill in the name of your own company.",
    "BR-07": "Fill in the name of the customer.",
    "BR-09": "Fill in the country of your own company.",
    "BR-11": "Fill in the country of the customer.",
    "BR-25": "A line has no text: fill in the product or the description.",
    "BR-IC-11": "A sale to another EU country needs a delivery date or an invoicing period.",
    "BR-IC-12": "A sale to another EU country needs the country of delivery: fill in the delivery address.",
    "BR-E-10": TAX_CATEGORY,
    "BR-AE-10": TAX_CATEGORY,
    "BR-S-05": TAX_CATEGORY,
    "UBL-SR-53": "The customer has no VAT number where one is expected.",
    "F-INV044": CUSTOMER_ADDRESS,
    "F-CRN040": CUSTOMER_ADDRESS,
    "F-INV031": COMPANY_ADDRESS,
    "F-CRN028": COMPANY_ADDRESS,
    "F-INV051": REFERENCE,
    "F-CRN047": REFERENCE,
    "F-INV147": "Remove lines with the quantity 0.",
    "F-LIB033": "Fill in the postal code.",
    "F-LIB034": "Fill in the street.",
    "F-LIB035": "Fill in the house number.",
    "F-LIB179": "OIOUBL does not know this kind of electronic address.",
    "F-LIB180": "A CVR number has 8 digits.",
    "F-LIB181": "A GLN has 13 digits.",
    "F-LIB305": "The FIK creditor number has 8 digits: correct the payment reference agreement.",
}


def hint(rule):
    return HINTS.get(rule, "")
