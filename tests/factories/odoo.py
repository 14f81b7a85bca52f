"""factory-boy factories that create Odoo records: ``PartnerFactory.create(env=env, name="...")``."""

import factory


class OdooFactory(factory.Factory):
    """Base: ``Meta.model`` is a model's name, ``env`` the environment to create in."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, env=None, **values):
        if env is None:
            raise ValueError(f"{cls.__name__}.create() needs env=")
        return env[model_class].create(values)

    @classmethod
    def _build(cls, model_class, *args, env=None, **values):
        return values


class PartnerFactory(OdooFactory):
    """A Danish business customer with a fictitious address."""

    class Meta:
        model = "res.partner"

    name = factory.Sequence(lambda n: f"Kunde {n + 1:03d} ApS")
    is_company = True
    street = factory.Sequence(lambda n: f"Prøvevej {n + 1}")
    zip = "8000"
    city = "Aarhus C"
    email = factory.Sequence(lambda n: f"kunde{n + 1:03d}@example.com")

    @classmethod
    def _create(cls, model_class, *args, env=None, **values):
        if env is not None:
            values.setdefault("country_id", env.ref("base.dk").id)
            values.setdefault("lang", "da_DK" if env["res.lang"]._get_code("da_DK") else "en_US")
        return super()._create(model_class, env=env, **values)


class ProductFactory(OdooFactory):
    """A service sold by the piece, with the company's default sales tax."""

    class Meta:
        model = "product.product"

    name = factory.Sequence(lambda n: f"Vare {n + 1}")
    type = "service"
    list_price = 100.0
    invoice_policy = "order"


class InvoiceFactory(OdooFactory):
    """A draft customer invoice with one line of ``amount`` net; without ``tax`` the company's own applies."""

    class Meta:
        model = "account.move"

    move_type = "out_invoice"
    partner_id = None
    invoice_date = None

    @classmethod
    def _create(cls, model_class, *args, env=None, amount=100.0, tax=None, product=None, label=None, **values):
        line = {"name": label or "Salg", "quantity": 1, "price_unit": amount}
        if product:
            line["product_id"] = product.id
        tax = env.company.account_sale_tax_id if tax is None and env is not None else tax
        if tax is not None:
            line["tax_ids"] = [(6, 0, tax.ids)]
        return super()._create(model_class, env=env, invoice_line_ids=[(0, 0, line)], **values)
