"""At most so many calls per period, counted over every worker. Plain Python; times are seconds since 1970."""


def reserve(taken, now, limit, period):
    """Reserve the next call.

    :param list taken: times of the latest calls, past and reserved, in order
    :param float now: the time
    :param int limit: calls per period, counted in any window of that length
    :param float period: seconds
    :return: ``(at, taken)``: when the call may be made, and the new list (at most ``limit`` long)
    """
    at = now
    if len(taken) >= limit:
        at = max(now, taken[-limit] + period)
    if taken:
        at = max(at, taken[-1])
    return at, [*taken, at][-limit:]
