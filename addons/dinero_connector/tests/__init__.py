from . import test_authorisation, test_contract, test_dinero, test_migration, test_products, test_sign_in
