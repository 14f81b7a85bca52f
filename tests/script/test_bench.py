"""script/bench: its table and its JSON, and that every benchmark is complete. No database, no timing."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "script" / "lib"
sys.path.insert(0, str(LIBRARY))

import bench  # noqa: E402
from console import SetupError  # noqa: E402

NAMES = (
    "betalingsservice",
    "billing",
    "deferral",
    "einvoice",
    "ledger",
    "paymatch",
    "paymatch_matching",
    "paymatch_posting",
    "prepayment",
    "status",
    "transfer_log",
)
FIGURES = [
    bench.Figure("invoices", 1234.5, "per second", "core", 617.25),
    bench.Figure("faults", 0.0, "of 10", "core", 0),
    bench.Figure("alone", 7.0, "per second"),
]


def test_all_are_there():
    assert tuple(sorted(path.stem for path in bench.FOLDER.glob("*.py") if path.stem != "__init__")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_benchmark_is_complete(name):
    module = bench.load(name)
    assert module.DESCRIPTION and module.DESCRIPTION[-1] != "."
    assert isinstance(module.SIZE, int) and module.SIZE > 0
    assert {path.name for path in (ROOT / "addons").iterdir()} >= set(module.ADDONS)
    assert all("==" in package for package in getattr(module, "PEERS", ()))
    assert callable(module.run)


@pytest.mark.parametrize("name", NAMES)
def test_benchmark_commits_nothing_itself(name):
    tree = ast.parse((bench.FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    assert "commit" not in {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_peers_are_no_requirement_of_the_product():
    required = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("requirements*.txt"))
    for name in NAMES:
        for package in getattr(bench.load(name), "PEERS", ()):
            assert package.split("==")[0] + "==" not in required


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(SetupError, match="betalingsservice, billing, deferral, einvoice"):
        bench.load("nonsense")


def test_ratio():
    assert [figure.ratio for figure in FIGURES] == [2.0, None, None]


def test_table():
    head, first, second, third = bench.table(FIGURES).split("\n")
    assert head.split() == ["figure", "value", "unit", "peer", "peer's", "value", "ratio"]
    assert first.split() == ["invoices", "1,234.50", "per", "second", "core", "617.25", "2.00"]
    assert second.split() == ["faults", "0.00", "of", "10", "core", "0.00"]
    assert third.split() == ["alone", "7.00", "per", "second"]
    assert first.index("core") == head.index("peer")


def test_bars():
    figures = [
        bench.Figure("ratio", 3.0, "per second", "core", 2.0, least=1.8),
        bench.Figure("ratio", 3.7, "per second", "core", 2.0, least=1.8),
        bench.Figure("alone", 2.0, "per invoice", most=2),
        bench.Figure("growth", 2.4, "ms", "200", 2.0, most=1.15),
    ]
    assert [figure.bar for figure in figures] == [">= 1.8 NOT MET", ">= 1.8 met", "<= 2 met", "<= 1.15 NOT MET"]
    head, *rows = bench.table(figures).split("\n")
    assert head.endswith("bar") and rows[0].endswith("NOT MET")
    assert [figure.met for figure in FIGURES] == [None, None, None]


def test_json_is_all_there_is_on_standard_output():
    program = (
        "import sys, bench\n"
        "figures = [bench.Figure('invoices', 1234.5, 'per second', 'core', 617.25)]\n"
        "bench.measure = lambda module, size, seed, only: print('noise') or figures[:size]\n"
        "sys.argv = ['bench', 'ledger', '--json', '--size', '3', '--seed', '7']\n"
        "sys.exit(bench.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=LIBRARY, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {"benchmark", "seed", "machine", "figures"}
    assert (answer["benchmark"], answer["seed"]) == ("ledger", 7)
    assert answer["figures"] == [
        {"name": "invoices", "value": 1234.5, "unit": "per second"}
        | {"peer": "core", "peer_value": 617.25, "ratio": 2.0, "least": None, "most": None, "met": None}
    ]


def test_a_part_alone():
    class Module:
        PARTS = ("speed", "workers")

    assert bench.which(Module, "workers") == "workers"
    assert bench.which(Module, None) is None
    assert bench.which(object, "7") == 7
    for module, only in ((Module, "7"), (Module, "nonsense"), (object, "workers")):
        with pytest.raises(SetupError):
            bench.which(module, only)


def test_size_of_zero_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bench", "ledger", "--size", "-1"])
    with pytest.raises(SetupError, match="1 or more"):
        bench.main()
