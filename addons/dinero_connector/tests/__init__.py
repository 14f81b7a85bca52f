from . import (
    test_authorisation,
    test_contract,
    test_currency,
    test_dinero,
    test_files,
    test_migration,
    test_products,
    test_sign_in,
    test_vendor_bills,
)
