-- a copy of a database must not put e-invoices into the folder of the real access point
UPDATE transfer_connection
   SET einvoice_folder = NULL,
       has_einvoice_folder = FALSE
 WHERE kind = 'einvoice_file';
