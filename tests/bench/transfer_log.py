"""The log of a million transfers: how soon its list and its searches open, against the database alone."""

import time

from odoo.tools import SQL

from tests.bench import danish_company

DESCRIPTION = "the list of the transfer log, and what is searched in it, as the web client asks for it"
SIZE = 1_000_000
ADDONS = ["dinero_connector"]

BAR = 1.0  # seconds
COUNTED = 10_001  # the web client counts to ten thousand and says "10000+"
SPECIFICATION = {
    "connection_id": {"fields": {"display_name": {}}},
    "direction": {},
    "operation_name": {},
    "document_name": {},
    "done_date": {},
    "error_message": {},
    "state": {},
    "create_date": {},
}


def run(bench):
    with danish_company(bench) as company:
        env = company.env
        connections = env["transfer.connection"].create(
            [{"name": name, "kind": "dinero", "company_id": company.company.id} for name in ("Log A", "Log B")]
        )
        _result, seconds = bench.seconds(fill, env, connections, bench.size)
        yield bench.Figure("rows loaded", bench.size / seconds, "rows/s")
        word = f"F/2026/{bench.size // 2:07d}"
        searches = {
            "list": [],
            "needs attention": [("state", "in", ("failed", "uncertain"))],
            "one connection": [("connection_id", "=", connections[0].id)],
            "document": [("document_name", "ilike", f"{bench.size // 2:07d}")],
            "operation": [("operation_name", "ilike", "Kontakt")],
            "error": [("error_message", "ilike", "momskonto 17")],
            "a rare word of the bodies": [("body_text", "ilike", word)],
            "a common word of the bodies": [("body_text", "ilike", "DKK")],
            "a word no body has": [("body_text", "ilike", "findesikke")],
        }
        for name, domain in searches.items():
            _result, seconds = bench.best(opened, env, domain)
            yield bench.Figure(name, seconds, "s", most=BAR)
        assert opened(env, searches["a rare word of the bodies"])["length"] == 1
        _result, seconds = bench.best(grouped, env)
        yield bench.Figure("grouped by state", seconds, "s", most=BAR)
        _result, seconds = bench.best(health, env, connections)
        yield bench.Figure("health page", seconds, "s", most=BAR)
        _result, seconds = bench.best(claimed, env)
        yield bench.Figure("one transfer taken from the queue", seconds, "s", most=BAR)


def fill(env, connections, size):
    """As a year of pushing leaves it: most done, one in a thousand failed, bodies of about a kilobyte."""
    env.flush_all()
    env.cr.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'transfer_log' AND indexdef ~ 'gin'")
    indexes = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(name)))
    env.cr.execute(
        """
        INSERT INTO transfer_log (connection_id, company_id, kind, direction, operation, document_name, key, state,
               attempts, next_attempt, done_date, create_date, write_date, remote_id, request_body, response_body,
               error_message)
        SELECT (%(connections)s::int[])[1 + n %% 2], %(company)s, 'dinero', 'out',
               CASE WHEN n %% 10 = 0 THEN 'contact_create' ELSE 'invoice_create' END,
               'F/2026/' || lpad(n::text, 7, '0'), 'bench:' || n,
               CASE WHEN n %% 1000 = 0 THEN 'failed' WHEN n %% 5000 = 1 THEN 'queued' ELSE 'done' END,
               1, CASE WHEN n %% 5000 = 1 THEN now() - interval '1 minute' END, now(),
               now() - (%(size)s - n) * interval '30 seconds', now(), md5(n::text),
               '{"Number": "F/2026/' || lpad(n::text, 7, '0') || '", "Currency": "DKK", "Guid": "' || md5(n::text)
                    || '", "ProductLines": [' || repeat('{"Description": "Abonnement", "Quantity": 1}, ', 10) || ']}',
               '{"Guid": "' || md5(n::text) || '", "Status": "Booked", "TotalInclVat": ' || n || '.25, "Lines": ['
                    || repeat('{"Description": "Abonnement", "Quantity": 1}, ', 8) || ']}',
               CASE WHEN n %% 1000 = 0 THEN 'Der mangler en momskonto ' || (n / 1000) END
          FROM generate_series(1, %(size)s) AS n
        """,
        {"connections": connections.ids, "company": connections.company_id.id, "size": size},
    )
    for _name, definition in indexes:
        env.cr.execute(definition)
    env.cr.execute("ANALYZE transfer_log")
    env.invalidate_all()


def opened(env, domain):
    """What the web client asks for when the list opens."""
    env.invalidate_all()
    return env["transfer.log"].web_search_read(domain, SPECIFICATION, limit=80, count_limit=COUNTED)


def grouped(env):
    env.invalidate_all()
    return env["transfer.log"].formatted_read_group([], ["state"], ["__count"])


def health(env, connections):
    env.invalidate_all()
    names = ("queued_count", "failed_count", "uncertain_count", "done_count", "problem_log_ids", "schedule", "next_run")
    return connections.read(names)


def claimed(env):
    """Taken and put back."""
    start = time.perf_counter()
    with env.cr.savepoint() as savepoint:
        log = env["transfer.log"].sudo()._claim_next(None, False, set())
        assert log, "nothing waits"
        savepoint.rollback()
    env.invalidate_all()
    return time.perf_counter() - start
