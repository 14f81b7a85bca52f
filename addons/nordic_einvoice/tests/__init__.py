from . import test_content
from . import test_outgoing
from . import test_proof
from . import test_receiving
from . import test_scenarios
from . import test_scenario_matrix
from . import test_security
from . import test_transfer
