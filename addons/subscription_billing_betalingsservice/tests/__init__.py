from . import test_cut_off
