"""What the scripts do when their output is cut off."""

import subprocess
import sys
from pathlib import Path

LIB = Path(__file__).resolve().parents[2] / "script" / "lib"
TALKER = (
    "from console import main_guard\n"
    "def talk():\n"
    "    while True:\n"
    "        print('line', flush=True)\n"
    "main_guard(talk)\n"
)


def test_reader_that_has_enough_is_no_traceback():
    process = subprocess.Popen(
        [sys.executable, "-c", TALKER], cwd=LIB, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "line\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=30) == 141
