{
    "name": "Nordic E-Invoice",
    "summary": "EHF/Peppol BIS Billing 3 and OIOUBL: write, check, send, receive",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["transfer_log", "nordic_payment_reference", "account_edi_ubl_cii"],
    "data": [],
    "installable": True,
}
