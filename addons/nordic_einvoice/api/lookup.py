"""Whether a participant can receive e-invoices, asked without a provider: SML (DNS), then the receiver's SMP (HTTPS).

Plain Python. ``unknown`` (no network, nonsense) is kept apart from "no": only the registers themselves say no. A name
that is not there counts only where the zone itself answers, so that a zone that has moved says nothing.

Source: Peppol Service Metadata Locator (NAPTR since 1 November 2025), Service Metadata Publishing 1.2.
"""

import base64
import hashlib
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

import requests

from odoo.addons.transfer_log.addresses import has_plain_host

from ..formats import xml
from ..formats.records import EInvoiceError

PEPPOL_ZONE = "participant.sml.prod.tech.peppol.org"
PEPPOL_TEST_ZONE = "participant.sml.test.tech.peppol.org"
SCHEME = "iso6523-actorid-upis"
TIMEOUT = 5  # seconds
MAX_ANSWER = 2 * 1024 * 1024
MAX_TYPES = 2000
ABLE, OTHER, ABSENT, UNKNOWN = "able", "other", "absent", "unknown"
BIS3 = "##urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0::"
WANTED = {
    ("peppol", "invoice"): ("Invoice-2::Invoice" + BIS3,),
    ("peppol", "credit_note"): ("CreditNote-2::CreditNote" + BIS3,),
    ("nemhandel", "invoice"): ("Invoice-2::Invoice##OIOUBL-2.",),
    ("nemhandel", "credit_note"): ("CreditNote-2::CreditNote##OIOUBL-2.",),
}


class NotThere(Exception):
    """The register answers, and has no such name."""


class NoAnswer(Exception):
    """Nobody answered, or with nonsense: nothing is known."""


@dataclass(frozen=True)
class Participant:
    """``state``: ``registered``, ``absent`` or ``unknown``. ``reason``: why it is unknown."""

    state: str
    document_types: tuple[str, ...] = ()
    reason: str = ""

    def can_receive(self, channel, kind):
        """``able``, ``other`` (registered, not for this), ``absent`` or ``unknown``."""
        if self.state != "registered":
            return self.state
        wanted = WANTED[channel, kind]
        return ABLE if any(part in one for one in self.document_types for part in wanted) else OTHER


def naptr_name(value, zone=PEPPOL_ZONE):
    """DNS name of a participant such as ``0192:923609016``."""
    digest = hashlib.sha256(value.lower().encode()).digest()
    return f"{base64.b32encode(digest).decode().rstrip('=')}.{SCHEME}.{zone}"


def cname_name(value, zone):
    """The older name by MD5, which NemHandel's register used."""
    digest = hashlib.md5(value.lower().encode(), usedforsecurity=False).hexdigest()
    return f"B-{digest}.{SCHEME}.{zone}"


def smp_of(records):
    """The SMP's address in NAPTR records ``(flags, service, regexp)``."""
    for flags, service, regexp in records:
        if flags.upper() != "U" or service.lower() != "meta:smp" or len(regexp) < 3:
            continue
        parts = regexp.split(regexp[0])
        if len(parts) == 4 and urlsplit(parts[2]).scheme in ("https", "http"):
            return parts[2].rstrip("/")
    raise NoAnswer("the register names no SMP")


def look_up(value, resolver, opener, *, zone=PEPPOL_ZONE, is_old_way=False):
    """Never raises for what a network may do.

    :param resolver: has ``naptr(name)``, ``exists(name)``, ``has_zone(zone)``
    :param opener: ``opener(url) -> bytes``, raises ``NotThere`` for 404 and ``NoAnswer``
    """
    try:
        return Participant("registered", _types(value, resolver, opener, zone, is_old_way))
    except NotThere:
        return Participant(ABSENT)
    except NoAnswer as error:
        return Participant(UNKNOWN, reason=str(error))


def _types(value, resolver, opener, zone, is_old_way):
    try:
        if is_old_way:
            name = cname_name(value, zone)
            resolver.exists(name)
            smp = f"http://{name}"
        else:
            smp = smp_of(resolver.naptr(naptr_name(value, zone)))
    except NotThere:
        if not resolver.has_zone(zone):
            raise NoAnswer(f"the zone {zone} does not answer") from None
        raise
    return document_types(opener(f"{smp}/{quote(f'{SCHEME}::{value}', safe='')}"), value)


def document_types(data, value):
    """Document types in an SMP's ServiceGroup."""
    try:
        root = xml.parse(data)
    except EInvoiceError as error:
        raise NoAnswer(f"the SMP's answer cannot be read: {error.message}") from error
    names = [element for element in root.iter() if isinstance(element.tag, str)]
    locals_ = {element: element.tag.rpartition("}")[2] for element in names}
    if locals_[root] not in ("ServiceGroup", "SignedServiceGroup"):
        raise NoAnswer("the SMP's answer is no ServiceGroup")
    owner = next((element.text or "" for element in names if locals_[element] == "ParticipantIdentifier"), "")
    if owner.strip().lower() != value.lower():
        raise NoAnswer("the SMP answers for somebody else")
    found = []
    for element in names:
        if locals_[element] == "ServiceMetadataReference":
            kind = unquote(element.get("href", "")).rpartition("/services/")[2]
            found.append(kind.removeprefix("busdox-docid-qns::")[:500])
    return tuple(found[:MAX_TYPES])


class Opener:
    """GET of an address that a register gave us: not ours, so it may lead nowhere within our own network."""

    def __init__(self, *, allow_inner=False, session=None):
        self.allow_inner = allow_inner
        self.session = session or requests.Session()

    def __call__(self, url):
        self._check(url)
        try:
            answer = self.session.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True)
            with answer:
                if answer.status_code == 404:
                    raise NotThere(url)
                if answer.status_code != 200:
                    raise NoAnswer(f"the SMP answers with HTTP {answer.status_code}")
                return self._read(answer)
        except requests.RequestException as error:
            raise NoAnswer("the SMP does not answer") from error

    def _read(self, answer):
        data = b""
        for chunk in answer.iter_content(65536):
            data += chunk
            if len(data) > MAX_ANSWER:
                raise NoAnswer("the SMP's answer is too large")
        return data

    def _check(self, url):
        if not has_plain_host(url):
            raise NoAnswer("the register names no SMP")
        if self.allow_inner:
            return
        parts = urlsplit(url)
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError, ValueError) as error:
            raise NoAnswer("the SMP's name is not known") from error
        if not all(ipaddress.ip_address(address[4][0].partition("%")[0]).is_global for address in found):
            raise NoAnswer("the register names an SMP within our own network")


class Resolver:
    """DNS by dnspython. ``nameservers`` and ``port``: other than the system's (tests)."""

    def __init__(self, nameservers=None, port=53):
        import dns.resolver

        try:
            self._resolver = dns.resolver.Resolver(configure=nameservers is None)
        except dns.resolver.NoResolverConfiguration as error:
            raise NoAnswer("this server has no DNS") from error
        if nameservers is not None:
            self._resolver.nameservers = nameservers
            self._resolver.port = port
        self._resolver.lifetime = TIMEOUT

    def _ask(self, name, kind):
        import dns.exception
        import dns.resolver

        try:
            return self._resolver.resolve(name, kind)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer) as error:
            raise NotThere(name) from error
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise NoAnswer("the DNS does not answer") from error

    def naptr(self, name):
        records = sorted(self._ask(name, "NAPTR"), key=lambda one: (one.order, one.preference))
        return [(_text(one.flags), _text(one.service), _text(one.regexp)) for one in records]

    def exists(self, name):
        self._ask(name, "CNAME")

    def has_zone(self, zone):
        try:
            self._ask(zone, "SOA")
        except (NotThere, NoAnswer):
            return False
        return True


def _text(value):
    return re.sub(r"[\x00-\x20\x7f]", "", value.decode("ascii", "replace"))
