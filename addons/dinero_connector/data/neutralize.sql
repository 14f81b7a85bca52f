-- a copy of the database never talks to the real books
DELETE FROM dinero_token;
DELETE FROM dinero_authorisation;
UPDATE transfer_connection
   SET dinero_client_id = NULL, dinero_client_secret = NULL, dinero_api_key = NULL, is_paused = true
 WHERE kind = 'dinero';
UPDATE ir_config_parameter SET value = 'https://neutralized.invalid'
 WHERE key IN ('dinero_connector.api_url', 'dinero_connector.connect_url', 'dinero_connector.authz_url');
DELETE FROM ir_config_parameter WHERE key = 'dinero_connector.test_server';
