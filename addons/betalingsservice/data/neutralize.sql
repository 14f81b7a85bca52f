-- a copy of the database never writes into the real folders, nor speaks to the operator
DELETE FROM betalingsservice_handover;
UPDATE transfer_connection
   SET betalingsservice_out = NULL, betalingsservice_in = NULL, betalingsservice_host = NULL,
       betalingsservice_user = NULL, betalingsservice_private_key = NULL, betalingsservice_passphrase = NULL,
       betalingsservice_host_key = NULL, is_paused = true
 WHERE kind = 'betalingsservice';
