"""What core does again and again while many invoices are made at once, and need not do twice.

All of it is off outside a batch of a run, and changes nothing that is booked: a test compares every stored column.
"""

BATCH = "subscription_billing_batch"
#: That the billing itself makes the invoices, and may write what nobody types on one.
MAKING = "subscription_billing_making"
#: The value of both in the context. Contexts come over RPC too, an object does not.
OWN = object()
#: The context of a batch. No line "created" in the history of each invoice, nobody follows it because of the run, and
#: core does not note after each of its own writes that an invoice was changed by hand, to take it back in the end.
CONTEXT = {
    BATCH: OWN,
    MAKING: OWN,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_post_autofollow_author_skip": True,
    "skip_is_manually_modified": True,
}
#: What core adds to it while invoices are made and posted,
STEPS = ({}, {"skip_account_move_synchronization": True}, {"skip_invoice_line_sync": True})
#: and now and then, and whether as superuser.
RARE = (("active_test", False, True), ("active_test", False, False), ("ignore_exceptions", True, False))


def in_batch(env):
    return env.context.get(BATCH) is OWN


def is_making(env):
    return env.context.get(MAKING) is OWN


def is_idle(records, vals, name):
    """Whether core writes, in a batch, nothing but a value all the records have already.

    When invoices are made core writes the customer on each line again, invoice by invoice, and that none was changed
    by hand; each of these writes looks through taxes, terms and balance once more.
    """
    if len(vals) != 1 or name not in vals or not in_batch(records.env):
        return False
    field = records._fields[name]
    return all(field.convert_to_write(record[name], record) == vals[name] for record in records)


def environments(env):
    """The environments core makes for each value of each invoice and forgets at once, to be held during a batch.

    An environment that is held is found again instead of being made, some 300 times an invoice. Which they are follows
    from what core adds to the context; one that is missing here costs time and nothing else.
    """
    held = []
    for step in STEPS:
        context = {**env.context, **step}
        held += [env(context=context, su=True), env(context={**context, "prefetch_fields": False}, su=True)]
        binary = {**context, "bin_size": False}
        held += [env(context=binary), env(context=binary, su=True)]
        held.append(env(context={**binary, "prefetch_fields": False}, su=True))
        held += [env(context={**context, name: value}, su=su) for name, value, su in RARE]
    return held
