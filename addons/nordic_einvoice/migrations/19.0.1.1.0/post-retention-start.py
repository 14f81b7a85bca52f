"""Sweden and Finland count from the end of the calendar year; the rules that came with the addon say so now."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE nordic_einvoice_retention rule
           SET counted_from = 'calendar_year'
          FROM ir_model_data data
         WHERE data.module = 'nordic_einvoice'
           AND data.name IN ('retention_se', 'retention_fi')
           AND data.model = 'nordic.einvoice.retention'
           AND data.res_id = rule.id
        """
    )
