-- a copy of a database must not put e-invoices into the folder of the real access point
UPDATE transfer_connection
   SET einvoice_folder = NULL,
       has_einvoice_folder = FALSE
 WHERE kind = 'einvoice_file';

UPDATE transfer_connection
   SET einvoice_client_id = NULL,
       einvoice_secret = NULL,
       einvoice_vendor_key = NULL,
       einvoice_webhook_token = NULL,
       einvoice_webhook_secret = NULL,
       einvoice_is_fetching = FALSE,
       is_paused = TRUE
 WHERE kind = 'einvoice_api';
DELETE FROM ir_config_parameter
 WHERE key = 'nordic_einvoice.test_server';
-- nor read what the real one receives
UPDATE transfer_connection
   SET einvoice_inbox_folder = NULL
 WHERE kind = 'einvoice_inbox';
-- nor send through the registration of the real one
UPDATE transfer_connection
   SET is_paused = TRUE
 WHERE kind = 'einvoice_core';
