from . import test_keeping, test_notification, test_queue, test_security
