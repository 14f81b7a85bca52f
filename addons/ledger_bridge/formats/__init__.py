from . import journal, sie4
