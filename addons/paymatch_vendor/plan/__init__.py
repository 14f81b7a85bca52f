from . import accounts, named
