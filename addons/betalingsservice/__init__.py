from . import formats, models, wizards
