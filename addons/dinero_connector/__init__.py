from . import api, controllers, models
