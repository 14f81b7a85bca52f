{
    "name": "Paymatch beside OCA's Bank Reconciliation",
    "summary": "Payouts and payments are found first; what is left is matched on OCA's screen",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    # that of the module it joins, unlike the rest of the suite
    "license": "AGPL-3",  # pylint: disable=license-allowed
    "category": "Accounting/Accounting",
    "depends": ["paymatch", "account_reconcile_oca"],
    "auto_install": True,
}
