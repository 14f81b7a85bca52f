from . import test_batches
