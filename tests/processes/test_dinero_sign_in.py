"""Workers of their own renew a sign-in that is good for one use, and keep to one limit per minute together.

Needs a database server and a template with the addons; skipped where there is none.
"""

import threading

import pytest
import workers

TEMPLATE = workers.TEMPLATE
DATABASE = "dinero_sign_in"
WORKERS = 4

pytestmark = workers.needs_database

PREPARE = """
params = env["ir.config_parameter"]
for key, value in {{"test_server": "1", "api_url": "{url}", "connect_url": "{url}"}}.items():
    params.set_param("dinero_connector." + key, value)
connection = env["transfer.connection"].create({{"name": "Sign-in", "kind": "dinero",
    "dinero_client_id": "{client}", "dinero_client_secret": "{secret}"}})
connection._dinero_store_tokens({tokens})
env["dinero.token"].search([("connection_id", "=", connection.id)]).expires_at = "2020-01-01"
env.cr.commit()
"""
CONNECTION = """
connection = env["transfer.connection"].search([("name", "=", "Sign-in")])
"""
RENEW = (
    CONNECTION
    + """
ready()
try:
    print("TOKEN", env["dinero.token"]._access_token(connection))
    print("ORGANISATIONS", len(connection._dinero_call("organizations")))
except Exception as error:
    print("ERROR", type(error).__name__, error)
"""
)
STATE = (
    CONNECTION
    + """
token = env["dinero.token"].search([("connection_id", "=", connection.id)])
print("UNKNOWN", bool(token.renewal_sent_at))
"""
)
# a clock that stands still but for the sleeping, the same for all workers: 7 calls in windows of a minute
LIMITED = """
rates = env["transfer.rate"]
type(rates)._now = lambda self, cr: 1000.0
ready()
for _number in range(10):
    print("WAIT", round(rates._take("party", 10, 60)))
"""


@pytest.fixture
def simulator():
    with workers.dinero(TEMPLATE, DATABASE, PREPARE) as simulator:
        simulator.expire_access_tokens()
        simulator.requests.clear()
        yield simulator


def renewals(simulator):
    return sum(path == "/connect/token" for _method, path in simulator.requests)


def test_one_token_for_all_workers(simulator):
    printed = workers.together(DATABASE, *[RENEW] * WORKERS)
    assert renewals(simulator) == 1, printed
    tokens = {line for lines in printed for line in lines if line.startswith("TOKEN")}
    assert len(tokens) == 1, printed
    assert all("ORGANISATIONS 2" in lines for lines in printed), printed


@pytest.mark.parametrize("grace", [60, 0])
def test_killed_when_the_token_was_used_up(simulator, grace):
    simulator.refresh_grace = grace
    stored, release, answer = threading.Event(), threading.Event(), simulator._refreshed

    def stall(token):
        result = answer(token)
        stored.set()
        # the lock of the simulator is held: nobody else is answered before the worker is dead
        release.wait(60)
        return result

    simulator._refreshed = stall
    worker = workers.start(DATABASE, RENEW)
    assert worker.stdout.readline().strip() == "READY"
    worker.stdin.write("\n")
    worker.stdin.flush()
    assert stored.wait(60)
    worker.kill()
    worker.communicate(timeout=30)
    release.set()
    simulator._refreshed = answer
    assert workers.output(DATABASE, STATE) == ["UNKNOWN True"]
    (printed,) = workers.together(DATABASE, RENEW)
    if grace:
        assert "ORGANISATIONS 2" in printed, printed
        assert workers.output(DATABASE, STATE) == ["UNKNOWN False"]
    else:
        assert any(line.startswith("ERROR AuthorisationError") for line in printed), printed


def test_calls_of_all_workers_are_counted_together(simulator):
    printed = workers.together(DATABASE, *[LIMITED] * 3)
    waits = sorted(int(line.split()[1]) for lines in printed for line in lines if line.startswith("WAIT"))
    assert waits == [0] * 10 + [60] * 10 + [120] * 10
