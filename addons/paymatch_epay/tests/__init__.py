from . import test_epay
