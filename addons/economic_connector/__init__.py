from . import api, models
