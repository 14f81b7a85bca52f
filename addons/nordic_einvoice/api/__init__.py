"""The other side of a wire: access points, the registers of receivers. Plain Python, no Odoo model."""
