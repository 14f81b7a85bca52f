{
    "name": "Paymatch for Vendor Payments",
    "summary": "What the bank says about payments to vendors: bills paid, charges posted, rejected ones open again",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["paymatch"],
    "data": [
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "views/paymatch_vendor_payment_views.xml",
        "views/paymatch_bank_answer_views.xml",
        "views/account_bank_statement_line_views.xml",
        "views/account_journal_views.xml",
        "views/paymatch_vendor_menus.xml",
    ],
}
