-- a copy of the database fetches nothing with the real keys
UPDATE transfer_connection
   SET paymatch_client_id = NULL, paymatch_client_secret = NULL, paymatch_subscription_key = NULL, is_paused = true
 WHERE kind = 'paymatch';
DELETE FROM ir_config_parameter WHERE key = 'paymatch.test_server';
