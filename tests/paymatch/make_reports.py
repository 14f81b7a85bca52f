# ruff: noqa: E501 - rows of reports stay on one line
"""Reports as acquirers and providers would send them, composed by us: the same structure, own numbers."""

import csv
import io
import json
import zipfile

ADYEN = [
    "Company Account",
    "Merchant Account",
    "Psp Reference",
    "Merchant Reference",
    "Payment Method",
    "Creation Date",
    "TimeZone",
    "Type",
    "Modification Reference",
    "Gross Currency",
    "Gross Debit (GC)",
    "Gross Credit (GC)",
    "Exchange Rate",
    "Net Currency",
    "Net Debit (NC)",
    "Net Credit (NC)",
    "Commission (NC)",
    "Markup (NC)",
    "Scheme Fees (NC)",
    "Interchange (NC)",
    "Payment Method Variant",
    "Modification Merchant Reference",
    "Batch Number",
    "Reserved4",
]
STRIPE = [
    "automatic_payout_id",
    "automatic_payout_effective_at",
    "balance_transaction_id",
    "created",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "charge_id",
    "payment_intent_id",
    "description",
    "card_brand",
    "payment_metadata[order_id]",
]
SHOPIFY = [
    "Transaction Date",
    "Type",
    "Order",
    "Card Brand",
    "Card Source",
    "Payout Status",
    "Payout Date",
    "Payout ID",
    "Available On",
    "Amount",
    "Fee",
    "Net",
    "Checkout",
    "Payment Method Name",
    "Presentment Amount",
    "Presentment Currency",
    "Currency",
]
LEGACY = [
    "Company Reg No",
    "Merchant Name",
    "Type",
    "Amount",
    "Currency",
    "Timestamp",
    "Date",
    "Message",
    "Merchant Reference",
    "Payment Transaction ID",
    "Receiver Account",
    "Transfer Reference Date",
    "Transfer Reference",
]
VIPPS_LIST = [
    "Salgsdato",
    "Salgssted",
    "Vippsnummer",
    "Produkt",
    "Transaksjons-ID",
    "Ordre-ID",
    "Brutto",
    "Gebyr",
    "Netto",
    "Transaksjonstype",
    "Oppgjørs-ID",
    "Oppgjørsdato",
    "Oppgjørssum",
    "Oppgjørskonto",
    "Fornavn",
    "Etternavn",
    "Melding",
]
STL = [
    "CH",
    "Transaction ID",
    "Invoice ID",
    "PayPal Reference ID",
    "PayPal Reference ID Type",
    "Transaction Event Code",
    "Transaction Initiation Date",
    "Transaction Completion Date",
    "Transaction  Debit or Credit",
    "Gross Transaction Amount",
    "Gross Transaction Currency",
    "Fee Debit or Credit",
    "Fee Amount",
    "Fee Currency",
    "Bank Reference ID",
]


def table(header, rows, delimiter=",", encoding="utf-8"):
    """CSV of rows given as dicts by column name."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([row.get(column, "") for column in header] for row in rows)
    return target.getvalue().encode(encoding)


def workbook(rows, before=()):
    """XLSX of rows given as lists."""
    from openpyxl import Workbook

    book = Workbook()
    for row in (*before, *rows):
        book.active.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def zipped(data, name="report.csv", more=()):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
        for other in more:
            archive.writestr(other, b"x")
    return target.getvalue()


def adyen_rows(batch="7", merchant="NordicShop"):
    base = {"Merchant Account": merchant, "Creation Date": "2026-03-10 12:00:00", "TimeZone": "CET"}
    base |= {"Batch Number": batch, "Net Currency": "DKK", "Gross Currency": "DKK", "Exchange Rate": "1"}

    def row(word, at, **values):
        return {
            **base,
            "Type": word,
            "Psp Reference": f"88{batch}{at}",
            "Modification Reference": f"99{batch}{at}",
        } | values

    return [
        row("Settled", 1, **{"Merchant Reference": "S00012", "Gross Credit (GC)": "1250.00", "Net Credit (NC)": "1237.25",
                             "Commission (NC)": "10.00", "Markup (NC)": "1.50", "Scheme Fees (NC)": "0.25", "Interchange (NC)": "1.00"}),
        row("Settled", 2, **{"Merchant Reference": "S00013", "Gross Credit (GC)": "624.5", "Net Credit (NC)": "624.5"}),
        row("Refunded", 3, **{"Merchant Reference": "S00012", "Gross Debit (GC)": "250.00", "Net Debit (NC)": "250.00"}),
        row("Chargeback", 4, **{"Merchant Reference": "S00009", "Gross Debit (GC)": "500", "Net Debit (NC)": "650",
                                "Commission (NC)": "150"}),
        row("DepositCorrection", 5, **{"Net Debit (NC)": "40.00", "Psp Reference": ""}),
        row("Fee", 6, **{"Net Debit (NC)": "61.25", "Psp Reference": "", "Modification Reference": "Transaction Fees March"}),
        row("MerchantPayout", 7, **{"Net Debit (NC)": "860.50", "Psp Reference": "", "Creation Date": "2026-03-12 02:00:00",
                                    "Modification Reference": f"TX1234567XT batch {batch}, {merchant}"}),
    ]  # fmt: skip


def adyen(rows=None, header=ADYEN):
    return table(header, adyen_rows() if rows is None else rows)


def stripe_rows():
    base = {"automatic_payout_id": "po_1", "automatic_payout_effective_at": "2026-03-12 00:00:00", "currency": "dkk"}
    base |= {"created": "2026-03-10 09:00:00"}

    def row(at, word, gross, fee, net, order=""):
        return {**base, "balance_transaction_id": f"txn_{at}", "reporting_category": word, "gross": gross, "fee": fee, "net": net,
                "charge_id": f"ch_{at}", "source_id": f"ch_{at}", "payment_metadata[order_id]": order}  # fmt: skip

    return [
        row(1, "charge", "1250.00", "18.75", "1231.25", "S00012"),
        row(2, "charge", "624.5", "0", "624.5", "S00013"),
        row(3, "refund", "-250", "0", "-250", "S00012"),
        row(4, "dispute", "-500.00", "150.00", "-650.00"),
        row(5, "fee", "-61.25", "0", "-61.25"),
        row(6, "payout", "-894.50", "0.00", "-894.50"),
    ]


def stripe(rows=None, header=STRIPE):
    return table(header, stripe_rows() if rows is None else rows)


def shopify_rows():
    def row(word, order, amount, fee, net, payout="71", status="paid"):
        return {"Transaction Date": "2026-03-10 12:00:00 +0100", "Type": word, "Order": order, "Card Brand": "visa",
                "Payout Status": status, "Payout Date": "2026-03-12" if payout else "", "Payout ID": payout, "Amount": amount,
                "Fee": fee, "Net": net, "Checkout": f"#{order}{word}", "Currency": "DKK"}  # fmt: skip

    return [
        row("charge", "#1001", "1250.00", "18.75", "1231.25"),
        row("refund", "#1001", "-250.00", "0.00", "-250.00"),
        row("chargeback", "#0999", "-500.00", "150.00", "-650.00"),
        row("charge", "#1002", "10.00", "0.15", "9.85", payout="72"),
        row("charge", "#1003", "99.00", "1.00", "98.00", payout="", status="pending"),
    ]


def legacy_rows():
    def row(word, amount, number, order=""):
        return {"Company Reg No": "12345674", "Type": word, "Amount": amount, "Currency": "DKK", "Date": "10-03-2026",
                "Merchant Reference": order, "Payment Transaction ID": f"t{number}", "Receiver Account": "12341234567890",
                "Transfer Reference Date": "12-03-2026", "Transfer Reference": "00000000000012345678"}  # fmt: skip

    return [
        row("Payment", "1250,0", 1, "S00012"),
        row("TransactionFee", "-12,5", 2),
        row("Refund", "-250,00", 3, "S00012"),
        row("Transfer", "-987,5", 4),
    ]


def vipps_list_rows():
    def row(order, gross, fee, net, word="Salg", number="2000461"):
        return {"Salgsdato": "10.03.2026", "Vippsnummer": "2142", "Produkt": "Netthandel", "Transaksjons-ID": f"7{order}{word}",
                "Ordre-ID": order, "Brutto": gross, "Gebyr": fee, "Netto": net, "Transaksjonstype": word,
                "Oppgjørs-ID": number, "Oppgjørsdato": "12.03.2026"}  # fmt: skip

    total = {"Salgsdato": "Til utbetaling netto", "Vippsnummer": "2142", "Oppgjørsdato": "12.03.2026"}
    return [
        row("S1", "1.250,00", "-18,75", "1.231,25"),
        row("S1", "-250,00", "0,00", "-250,00", "Refundering"),
        {**total, "Oppgjørs-ID": "2000461", "Oppgjørssum": "981,25"},
        row("S2", "100,00", "-1,50", "98,50", number="2000462"),
        {**total, "Oppgjørs-ID": "2000462", "Oppgjørssum": "98,50"},
    ]


def vipps_records(net="987.50", unit="513428"):
    return (
        "OrganizationNumber,MerchantName\r\n918713867,Butik\r\n"
        "SettlementInfo,SalesUnitName,SaleUnitNumber,SettlementDate,SettlementID,SettlementAccount,Gross,Currency,Fee,Refund,Net,"
        "NumberOfTransactions\r\n"
        f"SettlementInfo,Butik,{unit},12.03.2026,2000720,15039794613,1250.00,NOK,-12.50,-250.00,{net},2\r\n"
        "TransactionInfo,SalesDate,SaleUnitName,SaleUnitNumber,TransactionId,SettlementId,OrderID,SettlementDate,Gross,Currency,"
        "Fee,Refund,Net\r\n"
        f"TransactionInfo,10.03.2026,Butik,{unit},217811,2000720,S00012,12.03.2026,1250.00,NOK,-12.50,0.00,1237.50\r\n"
        f"TransactionInfo,10.03.2026,Butik,{unit},217812,2000720,S00012,12.03.2026,0.00,NOK,0.00,-250.00,-250.00\r\n"
    ).encode()


def stl(body=None):
    rows = body or [
        ("T1", "S00012", "", "T0006", "CR", "125000", "DKK", "DR", "1875", ""),
        ("T2", "S00012", "T1", "T1107", "DR", "25000", "DKK", "CR", "375", ""),
        ("T3", "", "T9", "T1201", "DR", "50000", "DKK", "", "", ""),
        ("T4", "", "T3", "T0106", "DR", "15000", "DKK", "", "", ""),
        ("T5", "", "", "T0400", "DR", "30000", "DKK", "", "", "BANK77"),
        ("T6", "S00014", "", "T0006", "CR", "1000", "DKK", "DR", "50", ""),
    ]
    lines = [
        '"RH","2026/03/11 02:00:00 +0100","A","ACCOUNT1","11"',
        '"FH",1',
        '"SH","2026/03/10 00:00:00 +0100","2026/03/10 23:59:59 +0100","ACCOUNT1"',
    ]
    lines.append(",".join(STL))
    for at, (number, order, parent, code, side, gross, currency, fee_side, fee, bank) in enumerate(rows):
        when = f"2026/03/10 {at + 1:02d}:00:00 +0100"
        lines.append(
            f'SB,{number},"{order}",{parent},TXN,{code},{when},{when},{side},{gross},{currency},{fee_side},{fee},{currency},{bank}'
        )
    lines += ['"SF","DKK",126000,90000,375,1925', '"SC",6', '"RF","DKK",126000,90000,375,1925', '"FF",6']
    return "\r\n".join(lines).encode("utf-8-sig")


def paypal_download(decimal=".", dates=("09/03/2026", "13/03/2026")):
    def money(text):
        return text if decimal == "." else text.translate(str.maketrans(",.", ".,"))

    header = ["Date", "Time", "Time Zone", "Description", "Currency", "Gross", "Fee", "Net", "Balance", "Transaction ID", "From Email Address", "Name", "Invoice ID", "Reference Txn ID"]  # fmt: skip
    rows = [
        (
            dates[0],
            "10:00:00",
            "Express Checkout Payment",
            "1,250.00",
            "-18.75",
            "1,231.25",
            "1,241.25",
            "T1",
            "S00012",
        ),
        (dates[1], "11:00:00", "Payment Refund", "-250.00", "3.75", "-246.25", "995.00", "T2", "S00012"),
        (dates[1], "12:00:00", "General Withdrawal - Bank Account", "-900.00", "0.00", "-900.00", "95.00", "T3", ""),
    ]
    return table(
        header,
        [
            {"Date": day, "Time": time, "Description": word, "Currency": "DKK", "Gross": money(gross), "Fee": money(fee),
             "Net": money(net), "Balance": money(balance), "Transaction ID": number, "Invoice ID": order}
            for day, time, word, gross, fee, net, balance, number, order in rows
        ],
    )  # fmt: skip


def klarna(amount="895.00", beside=False):
    totals = {
        "total_sale_amount": "1250.00", "total_fee_amount": "20.00", "total_tax_amount": "5.00", "total_return_amount": "250.00",
        "total_holdback_amount": "100.00", "total_release_amount": "20.00", "opening_debt_balance": "0.00",
        "closing_debt_balance": "0.00", "total_settlement_amount": amount, "payment_reference": "KL55", "settlement_currency": "DKK",
        "payout_date": "2026-03-12T00:00:00Z", "merchant_id": "K100", "merchant_settlement_type": "NET",
    }  # fmt: skip
    header = "type,capture_date,sale_date,order_id,short_order_id,capture_id,merchant_reference1,merchant_reference2,amount,posting_currency,refund_id,detailed_type"
    rows = [
        "SALE,2026-03-10T10:00:00Z,2026-03-09,o1,,c1,S00012,,1250.00,DKK,,",
        "FEE,2026-03-10T10:00:00Z,2026-03-09,o1,,c1,S00012,,15.00,DKK,,PURCHASE_FEE_PERCENTAGE",
        "FEE,2026-03-10T10:00:00Z,2026-03-09,o1,,c1,S00012,,5.00,DKK,,PURCHASE_FEE_FIXED",
        "RETURN,2026-03-10T10:00:00Z,2026-03-09,o1,,c1,S00012,,250.00,DKK,r1,",
        "HOLDBACK,2026-03-10T10:00:00Z,,,,,,,100.00,DKK,,ROLLING_RESERVE",
        "RELEASE,2026-03-10T10:00:00Z,,,,,,,20.00,DKK,,ROLLING_RESERVE",
    ]
    above = (
        [f"{name},{value}" for name, value in totals.items()]
        if beside
        else [",".join(totals), ",".join(totals.values())]
    )
    return "\n".join([*above, "", header, *rows]).encode()


def clearhaus(payout=92813):
    def row(number, gross, fees, order):
        return {"id": number, "processed_at": "2026-03-10T10:00:00+00:00", "amount": gross, "currency": "DKK", "reference": order, "type": "capture" if gross > 0 else "refund", "card": {"scheme": "visa"}, "settlement": {"date": "2026-03-12", "amount_gross": gross, "amount_net": gross - fees, "fees": fees, "currency": "DKK"}}  # fmt: skip

    return json.dumps(
        {
            "id": "6f4a", "settled": True, "currency": "DKK", "period": {"start_date": "2026-03-10", "end_date": "2026-03-10"},
            "payout": {"amount": payout, "date": "2026-03-12", "cancelled_date": None, "reference_number": "77", "descriptor": "CH2000001 2026-03-12"},
            "summary": {"sales": 125000, "credits": 0, "refunds": -25000, "chargebacks": 0, "fees": -2000, "other_postings": -187, "net": 97813},
            "reserve": {"amount": 5000, "date": "2026-06-12", "descriptor": "CH2000001 RES"},
            "other_postings": [{"date": "2026-03-10", "text": "Correction", "amount": -187}],
            "_embedded": {"ch:transactions": [row("a1", 125000, 1500, "S00012"), row("a2", -25000, 0, "S00012")]},
        }
    ).encode()  # fmt: skip


def vipps_api():
    entries = [("capture", 125000, "1", "S00012"), ("refund", -25000, "2", "S00013"), ("fees-retained", -1875, "f1", ""),
               ("capture", 25000, "3", "S00014"), ("payout-scheduled", -123125, "2000101", "Utbet. 2000101 Vippsnr 123456")]  # fmt: skip
    items, balance = [], 0
    for at, (word, amount, number, reference) in enumerate(entries):
        items.append({"pspReference": number, "time": f"2026-03-10T10:{at:02d}:00Z", "ledgerDate": "2026-03-10", "entryType": word, "reference": reference, "currency": "DKK", "amount": amount, "recipientHandle": "DK:123456", "balanceBefore": balance, "balanceAfter": balance + amount})  # fmt: skip
        balance += amount
    ledger = {"ledgerId": "302321", "currency": "DKK", "recipientHandles": ["DK:123456"]}
    return json.dumps({"vippsReport": {"payout": "2000101"}, "ledger": ledger, "items": items}).encode()


def nexi(amount=98125):
    def action(number, word, amount, fee):
        return {"id": number, "paymentId": f"p{number}", "paymentAction": word, "paymentMethod": "Visa", "timestamp": "2026-03-10T10:00:00Z", "reference": "S00012", "amount": amount, "currency": "DKK", "fee": fee}  # fmt: skip

    return json.dumps(
        {
            "payout": {"id": "n1", "reference": "NETS 4711", "date": "2026-03-12", "currency": "DKK", "amount": amount,
                       "chargedAmount": 125000, "refundedAmount": 25000, "depositedAmount": 0, "fees": 1875, "feeTaxAmount": 0,
                       "numberOfPaymentActions": 2},
            "paymentActions": [action("1", "Charged", 125000, 1875), action("2", "Refunded", 25000, 0)],
        }
    ).encode()  # fmt: skip


def zettle():
    rows = [("PAYMENT", 125000, "u1"), ("PAYMENT_FEE", -1875, "u1"), ("PAYMENT", -25000, "u2"), ("PAYMENT_FEE", 375, "u2"),
            ("PAYOUT", -98500, "u3"), ("PAYMENT", 1000, "u4")]  # fmt: skip
    return json.dumps(
        {
            "currency": "DKK",
            "transactions": [
                {"timestamp": f"2026-03-{10 + at}T10:00:00.000+0000", "amount": amount, "originatorTransactionType": word, "originatingTransactionUuid": number}
                for at, (word, amount, number) in enumerate(rows)
            ],
        }
    ).encode()  # fmt: skip


def shopify_api():
    def money(value):
        return {"amount": value, "currencyCode": "DKK"}

    def row(number, word, amount, fee, net, order="#1001"):
        return {
            "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}", "type": word, "sourceType": word,
            "transactionDate": "2026-03-10T10:00:00Z", "amount": money(amount), "fee": money(fee), "net": money(net),
            "associatedOrder": {"id": "gid://shopify/Order/1", "name": order}, "sourceOrderTransactionId": f"9{number}",
        }  # fmt: skip

    return json.dumps(
        {
            "shopifyPayout": {"id": "gid://shopify/ShopifyPaymentsPayout/71", "legacyResourceId": "71",
                              "issuedAt": "2026-03-12T00:00:00Z", "status": "PAID", "transactionType": "DEPOSIT",
                              "net": money("331.25")},
            "balanceTransactions": [row(1, "CHARGE", "1250.0", "18.75", "1231.25"), row(2, "REFUND", "-250.00", "0.0", "-250.00"),
                                    row(3, "DISPUTE", "-500.00", "150.00", "-650.00")],
        }
    ).encode()  # fmt: skip


def mollie(paid="996.85"):
    def money(value):
        return {"currency": "EUR", "value": value}

    costs = [
        {
            "description": "iDEAL",
            "count": 1,
            "amountNet": money("2.541"),
            "amountVat": money("0.5336"),
            "amountGross": money("3.0746"),
        },
        {
            "description": "Refunds",
            "count": 1,
            "amountNet": money("0.0625"),
            "amountVat": money("0.0131"),
            "amountGross": money("0.0756"),
        },
    ]
    payment = {"resource": "payment", "id": "tr_1", "amount": money("1250.00"), "settlementAmount": money("1250.00"), "description": "Order S00012", "metadata": {"order_id": "S00012"}, "method": "ideal", "paidAt": "2026-03-10T10:00:00+00:00"}  # fmt: skip
    refund = {"resource": "refund", "id": "re_1", "amount": money("250.00"), "settlementAmount": money("-250.00"), "paymentId": "tr_1", "createdAt": "2026-03-10T10:00:00+00:00"}  # fmt: skip
    return json.dumps(
        {"resource": "settlement", "id": "stl_1", "reference": "1234567.2603.01", "settledAt": "2026-03-12T00:00:00+00:00", "amount": money(paid),
         "periods": {"2026": {"03": {"revenue": [], "costs": costs}}}, "_embedded": {"payments": [payment], "refunds": [refund]}}
    ).encode()  # fmt: skip


def trustly(funding="1231.25"):
    def item(number, kind, amount, fee):
        return f"I,{number},2026-03-09T23:51:37.990Z,806,3618,Deferred,1,1020,3493,hash{number},{kind},Processed,2026-03-10T05:51:28.297Z,2026-03-10T05:21:11.237Z,EUR,{amount},TR77,AC118,999,,S{number},ptx,{fee}"  # fmt: skip

    return "\n".join(
        ["H,P11KFUN,1.0.0,2026-03-09T12:00:00.000Z,2026-03-10T12:00:00.000Z,3618,0001of0001",
         item(11, "Capture", "1250", "-15.00"), item(12, "Capture", "2.50", ""), item(13, "Refund", "-6.25", ""),
         f"F,Butik,,TR77,EUR,{funding},21,2026-03-12T10:00:00.000Z", f"L,3,1246.25,1,{funding}"]
    ).encode()  # fmt: skip


def braintree():
    def row(number, amount):
        return {"id": number, "orderId": f"S{number}", "createdAt": "2026-03-10T10:00:00Z", "merchantAccountId": "butik", "status": "SETTLED",
                "disbursementDetails": {"date": "2026-03-12", "amount": {"value": amount, "currencyCode": "DKK"}, "fundsHeld": False}}  # fmt: skip

    return json.dumps([row("a1", "1250.00"), row("a2", "-250.00")]).encode()


def swedbank_list():
    return workbook(
        [
            ["ContractingParty", "AccountingNo", "TotalNoOfTransactions", "AccountingDate", "ExternalMerchantId", "Version"],
            ["PayEx", "R1", 2, "2026-03-12", None, "2.0"],
            [],
            ["Subsite", "SubsiteDescription", "Currency", "ServiceType", "ServiceName", "NoOfDebit", "NoOfCredit", "Amount", "FromDate", "ToDate"],
            [None, None, "SEK", "Creditcard", "Card", 1, 1, 1000.5, "2026-03-10", "2026-03-10"],
            [],
            [],
            ["PayExAccountNo", "OrderIdentity", "Amount", "Currency", "DateCreated", "DateModified", "ServiceName", "PayexTransactionNo", "PayexBatchNo", "ReferencedTransaction", "Description"],
            [1, "S1", 1250.5, "SEK", "2026-03-10 10:00:00", "2026-03-10 23:59:59", "Card", 10715968318, 7, 10715967747, "x"],
            [1, "S1", -250, "SEK", "2026-03-10 10:00:00", "2026-03-10 23:59:59", "Card", 10715968319, 7, 10715968318, "x"],
        ]
    )  # fmt: skip


CHECKOUT = (
    b"Client Entity ID,Type,Payment ID,Reference,Processed On,Available On,Holding Currency,Payout ID,Gross In Holding Currency,"
    b"Deduction In Holding Currency,Net In Holding Currency,Payment Method\n"
    b"ent_1,Charge,pay_1,S1,2026-03-10T10:00:00.000,2026-03-12T00:00:00.000,DKK,P7,1250,-18.75,1231.25,VISA\n"
    b"ent_1,Refund,pay_2,S1,2026-03-10T11:00:00.000,2026-03-12T00:00:00.000,DKK,P7,-250,0,-250,VISA\n"
    b"ent_1,Merchant Payout,,,2026-03-12T00:00:00.000,2026-03-12T00:00:00.000,DKK,P7,0,-2,-2,\n"
)

NETBANK = (
    "Dato;Tekst;Beløb;Saldo\r\n12-03-2026;Utbet. 2000101;1.605,75;2.605,75\r\n11-03-2026;Husleje;-9.000,00;1.000,00\r\n"
).encode("cp1252")

NETBANK_DANSKE = (
    '"Dato";"Kategori";"Underkategori";"Tekst";"Beløb";"Saldo";"Status";"Afstemt"\r\n'
    '"13.03.2026";"";"";"Reserveret køb";"-50,00";"";"Venter";"Nej"\r\n'
    '"12.03.2026";"";"";"Utbet. 2000101";"1.605,75";"2.605,75";"Udført";"Nej"\r\n'
    '"11.03.2026";"";"";"Husleje";"-9.000,00";"1.000,00";"Udført";"Nej"\r\n'
).encode("cp1252")
NETBANK_NORDEA = (
    "Bogføringsdato;Beløb;Afsender;Modtager;Navn;Beskrivelse;Saldo;Valuta;Afstemt\r\n"
    "2026/03/12;1605,75;;;Vipps MobilePay;Utbet. 2000101;2605,75;DKK;\r\n"
    "2026/03/11;-9000,00;;;Udlejer A/S;Husleje;1000,00;DKK;\r\n"
).encode()
NETBANK_BOOKED = NETBANK.decode("cp1252").replace("Dato;", "Bogføringsdato;").encode()

# code -> (a complete report, payouts in it as (reference, amount paid or None))
COMPLETE = {
    "adyen": (adyen(), [("7", "860.50")]),
    "stripe": (stripe(), [("po_1", "894.50")]),
    "shopify": (table(SHOPIFY, shopify_rows()), [("71", None), ("72", None)]),
    "shopify_api": (shopify_api(), [("71", "331.25")]),
    "mobilepay_legacy": (table(LEGACY, legacy_rows(), ";"), [("00000000000012345678", "987.50")]),
    "vipps_table": (table(VIPPS_LIST, vipps_list_rows(), ";"), [("2000461", "981.25"), ("2000462", "98.50")]),
    "paypal": (stl(), [("T5", "300.00"), ("2026-03-10..2026-03-10", "0")]),
    "klarna": (klarna(), [("KL55", "895.00")]),
    "clearhaus": (clearhaus(), [("77", "928.13")]),
    "nexi_checkout": (nexi(), [("NETS 4711", "981.25")]),
    "vipps_api": (vipps_api(), [("2000101", "1231.25")]),
    "zettle": (zettle(), [("u3", "985.00"), ("2026-03-15..2026-03-15", "0")]),
    "mollie": (mollie(), [("1234567.2603.01", "996.85")]),
    "trustly": (trustly(), [("TR77", "1231.25")]),
    "braintree": (braintree(), [("butik 2026-03-12", None)]),
    "swedbank_pay_table": (swedbank_list(), [("R1", None)]),
    "checkout_com": (CHECKOUT, [("P7", None)]),
    "netbank_danske": (NETBANK_DANSKE, [("2026-03-11 - 2026-03-12", None)]),
    "netbank_nordea": (NETBANK_NORDEA, [("2026-03-11 - 2026-03-12", None)]),
    "netbank_booked": (NETBANK_BOOKED, [("2026-03-11 - 2026-03-12", None)]),
    "netbank_dk": (NETBANK, [("2026-03-11 - 2026-03-12", None)]),
}
