"""Benchmarks of ``script/bench``, one file each. Here is what several of them need."""

from contextlib import contextmanager


def rate(count, seconds):
    """So many per second."""
    return count / seconds


@contextmanager
def danish_company(bench):
    """The demo's Danish company in the benchmark's database, with a user's rights and language."""
    from tests.month import company

    with bench.environment() as env:
        yield company.create(env)
