"""Code lists are written as words of a text."""


def words(text):
    return frozenset(text.split())
