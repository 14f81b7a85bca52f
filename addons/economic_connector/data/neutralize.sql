-- a copy of the database never talks to the real books
UPDATE transfer_connection
   SET economic_app_secret = NULL, economic_grant_token = NULL, is_paused = true
 WHERE kind = 'economic';
UPDATE ir_config_parameter SET value = 'https://neutralized.invalid' WHERE key = 'economic_connector.api_url';
DELETE FROM ir_config_parameter WHERE key = 'economic_connector.test_server';
