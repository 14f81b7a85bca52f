"""What the scripts print: steps with their times, progress, and one clear error."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager


class SetupError(Exception):
    """Something the person at the keyboard can mend; the text says how."""


def say(text):
    print(text, flush=True)


@contextmanager
def step(title):
    """Print ``title``, run the block, print how long it took."""
    start = time.monotonic()
    say(f"==> {title}")
    yield
    say(f"    done in {time.monotonic() - start:.1f} s")


def run(command, *, quiet=True, every=15, log=None, **kwargs):
    """Run ``command`` and raise SetupError with the end of its output when it fails.

    :param list command: program and arguments
    :param bool quiet: keep the output for the error message instead of printing it
    :param int every: seconds between two signs of life while a quiet command runs
    :param log: file that receives a quiet command's output; a temporary one otherwise
    """
    command = [str(part) for part in command]
    if not quiet:
        done = subprocess.run(command, check=False, **kwargs)
        if done.returncode:
            raise SetupError(f"{command[0]} ended with status {done.returncode}: {' '.join(command)}")
        return ""
    import tempfile

    with open(log, "w+b") if log else tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **kwargs)
        start = time.monotonic()
        while True:
            try:
                process.wait(timeout=every)
                break
            except subprocess.TimeoutExpired:
                say(f"    ... {time.monotonic() - start:.0f} s")
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode:
        tail = "\n".join(text.strip().splitlines()[-25:])
        raise SetupError(f"This command ended with status {process.returncode}:\n  {' '.join(command)}\n{tail}")
    return text


def which(name):
    return shutil.which(name)


def main_guard(function):
    """Call ``function``; turn SetupError into a message on standard error and status 1."""
    try:
        sys.exit(function() or 0)
    except SetupError as error:
        print(f"\nStopped: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    except BrokenPipeError:
        # whoever reads our output has enough (``script/inspect FILE | head``)
        os._exit(141)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr, flush=True)
        sys.exit(130)
