"""The registers of receivers: a DNS server with NAPTR records (SML) and an SMP, both on this machine.

Plain Python without Odoo or pytest; the DNS speaks the real protocol over UDP.
"""

import socket
import threading
import time
from urllib.parse import quote, unquote

import dns.message
import dns.rcode
import dns.rrset

from .server import ApiError, Simulator

GROUP = """<?xml version="1.0" encoding="UTF-8"?>
<smp:ServiceGroup xmlns:smp="http://busdox.org/serviceMetadata/publishing/1.0/"
 xmlns:id="http://busdox.org/transport/identifiers/1.0/">
<id:ParticipantIdentifier scheme="iso6523-actorid-upis">{value}</id:ParticipantIdentifier>
<smp:ServiceMetadataReferenceCollection>{references}</smp:ServiceMetadataReferenceCollection></smp:ServiceGroup>"""


class SmpSimulator(Simulator):
    FAULTS = ("500", "html", "other", "bomb", "timeout_before", "redirect")

    def __init__(self):
        super().__init__()
        self.participants = {}

    def register(self, value, *types):
        self.participants[value] = types

    def answer(self, method, path, query, raw, headers):
        value = unquote(path.lstrip("/")).partition("::")[2]
        fault = self.take_fault("500", "html", "other", "bomb", "redirect")
        kind = fault.kind if fault else ""
        if kind == "500":
            raise ApiError(500, "fault")
        if kind == "redirect":
            return 302, "", {"Location": "http://127.0.0.1:1/"}
        if kind == "html":
            return 200, "<html>maintenance</html>", {}
        if kind == "bomb":
            return 200, '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', {}
        if value not in self.participants:
            raise ApiError(404, "not found")
        references = "".join(
            f'<smp:ServiceMetadataReference href="{self.base_url}/{quote(f"iso6523-actorid-upis::{value}", safe="")}'
            f'/services/{quote(f"busdox-docid-qns::{kind}", safe="")}"/>'
            for kind in self.participants[value]
        )
        return 200, GROUP.format(value="0192:000000000" if kind == "other" else value, references=references), {}


class DnsSimulator:
    """``records``: ``{name: [(type, text)]}``; ``is_silent``: asked, it never answers; ``is_mad``: answers noise."""

    def __init__(self):
        self.records, self.questions = {}, []
        self.is_silent = self.is_mad = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._socket.close()

    def add(self, name, kind, text):
        self.records.setdefault(name.lower().rstrip("."), []).append((kind, text))

    def zone(self, name):
        self.add(name, "SOA", f"ns.{name}. post.{name}. 1 3600 600 86400 60")

    def naptr(self, name, url):
        self.add(name, "NAPTR", f'100 10 "U" "Meta:SMP" "!^.*$!{url}!" .')

    def _serve(self):
        while True:
            try:
                data, address = self._socket.recvfrom(4096)
            except OSError:
                return
            if self.is_silent:
                time.sleep(0)
                continue
            try:
                self._socket.sendto(b"\x00noise" if self.is_mad else self._answer(data), address)
            except OSError:
                return

    def _answer(self, data):
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text().lower().rstrip(".")
        kind = dns.rdatatype.to_text(question.rdtype)
        self.questions.append((name, kind))
        response = dns.message.make_response(query)
        rows = self.records.get(name)
        if rows is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        for found, text in rows or ():
            if found == kind:
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, text))
        return response.to_wire()
