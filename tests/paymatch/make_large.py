"""Large reports of Adyen and Stripe, written line by line to a file: as many lines as wanted, adding up."""

import random

# ruff: noqa: E501 - headers and rows of the files stay as they are

ADYEN = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),"
    "Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,"
    "Modification Merchant Reference,Batch Number,Reserved4,Reserved5,Reserved6,Reserved7,Reserved8,Reserved9,Reserved10\n"
)
STRIPE = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,created,available_on,currency,gross,fee,net,"
    "reporting_category,source_id,charge_id,payment_intent_id,description,payment_method_type,card_brand,card_country,"
    "payment_metadata[order_id]\n"
)


def adyen(path, count):
    """``count`` sales and the payout they make."""
    rnd, paid = random.Random(1), 0
    with open(path, "w", encoding="utf-8") as target:
        target.write(ADYEN)
        for at in range(count):
            gross, costs = rnd.randrange(1000, 500000), [rnd.randrange(1, 60) for _ in range(4)]
            paid += gross - sum(costs)
            target.write(
                f"Butik,ButikDK,88{at:014d},S{at:08d},visa,2026-03-{at % 28 + 1:02d} 10:{at % 60:02d}:00,CET,Settled,"
                f"99{at:014d},DKK,,{gross / 100:.2f},1,DKK,,{(gross - sum(costs)) / 100:.2f},"
                f"{','.join(f'{cost / 100:.2f}' for cost in costs)},visadebit,,7,,,,,,,\n"
            )
        target.write(
            f'Butik,ButikDK,,,,2026-03-30 00:00:00,CET,MerchantPayout,"TX1XT batch 7, ButikDK",,,,,DKK,{paid / 100:.2f},'
            ",,,,,,,7,,,,,,,\n"
        )
    return paid


def stripe(path, count, per_payout=5000):
    """``count`` charges in payouts of ``per_payout``."""
    rnd, paid = random.Random(2), 0
    with open(path, "w", encoding="utf-8") as target:
        target.write(STRIPE)
        for at in range(count):
            gross, fee = rnd.randrange(1000, 500000), rnd.randrange(1, 900)
            paid += gross - fee
            target.write(
                f"po_{at // per_payout},2026-03-{at % 28 + 1:02d} 00:00:00,txn_{at:020d},2026-03-{at % 28 + 1:02d} 09:00:00,"
                f"2026-03-20 00:00:00,dkk,{gross / 100:.2f},{fee / 100:.2f},{(gross - fee) / 100:.2f},charge,ch_{at:020d},"
                f"ch_{at:020d},pi_{at:020d},Order,card,visa,DK,S{at:07d}\n"
            )
    return paid
