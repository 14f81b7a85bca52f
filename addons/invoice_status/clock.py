"""What day it is where a company is. Also known before the addon is installed."""

from datetime import datetime, timezone

import pytz


def company_timezone(company):
    """The company's own clock: its address' time zone, else that of its country.

    :param company: one ``res.company``
    :rtype: datetime.tzinfo
    """
    company.ensure_one()
    name = company.partner_id.tz
    if not name and company.country_id.code:
        names = pytz.country_timezones.get(company.country_id.code)
        name = names[0] if names else None
    return pytz.timezone(name or "UTC")


def company_today(company):
    """Today's date where the company is.

    :param company: one ``res.company``
    :rtype: datetime.date
    """
    return datetime.now(timezone.utc).astimezone(company_timezone(company)).date()
