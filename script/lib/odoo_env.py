"""An Odoo environment in this process, for scripts (demo, benchmarks, translation export)."""

import logging
import os
from contextlib import contextmanager

from layout import CONFIG


def configure(dbname, *arguments, level="warn"):
    """Read our configuration and set Odoo up for database ``dbname`` in this process."""
    from database import environment

    os.environ.update(environment())
    os.environ.setdefault("TZ", "UTC")
    import odoo.init  # noqa: F401
    from odoo.tools import config

    config.parse_config(["-c", str(CONFIG), "-d", dbname, f"--log-level={level}", *arguments], setup_logging=True)
    logging.getLogger("odoo.modules").setLevel(logging.WARNING)
    return config


@contextmanager
def environment(dbname, *, lang=None):
    """``env`` of the superuser on a cursor of its own; committed when the block ends well."""
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    registry = Registry(dbname)
    with registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {"lang": lang} if lang else {})
        yield env
        env.flush_all()
        cursor.commit()
