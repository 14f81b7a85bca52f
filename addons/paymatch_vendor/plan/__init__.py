from . import accounts, keys, named
