from . import test_template_policy
