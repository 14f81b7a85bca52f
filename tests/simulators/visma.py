"""The sign-in of Visma Connect and Dinero's tokens for personal integrations, as a part of the simulator of Dinero.

Codes are good for one use, and so are refresh tokens unless ``refresh_rotates`` is off; a used one is taken again for
``refresh_grace`` seconds.
"""

import base64
import hashlib
import html
import time
import uuid
from urllib.parse import urlencode

from .server import ApiError

CONSENT = """<!doctype html><html lang="da"><meta charset="utf-8"><title>Visma Connect (prøve)</title>
<body style="font-family: sans-serif; max-width: 32rem; margin: 4rem auto">
<h1>Visma Connect (prøve)</h1>
<p>Programmet <b>{client_id}</b> beder om adgang til dine regnskaber i Dinero.</p>
<p><a id="allow" href="{allow}">Giv adgang</a> &nbsp; <a id="deny" href="{deny}">Afvis</a></p>
</body></html>"""
FORM_POST = """<!doctype html><html><meta charset="utf-8"><body onload="document.forms[0].submit()">
<form method="post" action="{action}">{fields}<button>Videre</button></form></body></html>"""


class VismaSignIn:
    """Mixin of the simulator: ``authorize``, ``token`` and ``personal_token``."""

    asks_consent = False  # a page with two links, for a person in a browser
    refresh_grace = 0

    def start_sign_in(self, token_lifetime, refresh_rotates):
        self.client_id, self.client_secret = "isv_proeve", "hemmelig-kun-til-proever"
        self.api_key = "noegle-kun-til-proever"
        self.token_lifetime, self.refresh_rotates = token_lifetime, refresh_rotates
        self.codes, self.access_tokens, self.refresh_tokens = {}, {}, set()
        self.used_refresh_tokens = {}  # token -> when it was used

    def issue_tokens(self):
        """What the token address answers, without the sign-in page: for tests that do not test signing in."""
        with self.lock:
            refresh = f"refresh-{uuid.uuid4().hex}"
            self.refresh_tokens.add(refresh)
            return {
                "access_token": self._access_token(),
                "expires_in": self.token_lifetime,
                "token_type": "Bearer",
                "refresh_token": refresh,
                "scope": "dineropublicapi:write dineropublicapi:read offline_access",
            }

    def _access_token(self):
        access = f"access-{uuid.uuid4().hex}"
        self.access_tokens[access] = time.monotonic() + self.token_lifetime
        return access

    def revoke(self):
        """The user withdraws the consent over there."""
        with self.lock:
            self.access_tokens.clear()
            self.refresh_tokens.clear()
            self.used_refresh_tokens.clear()

    def expire_access_tokens(self):
        with self.lock:
            self.access_tokens.clear()

    def authorize(self, query):
        """-> (status, body, headers): back to the program at once, or a page that asks."""
        if query.get("client_id") != self.client_id or query.get("response_type") != "code":
            raise ApiError(400, {"error": "invalid_request"})
        if "offline_access" not in query.get("scope", ""):
            raise ApiError(400, {"error": "invalid_scope"})
        answer = query.get("answer")
        if self.asks_consent and answer not in ("allow", "deny"):
            links = {name: html.escape(f"?{urlencode(query | {'answer': name})}") for name in ("allow", "deny")}
            return 200, CONSENT.format(client_id=html.escape(self.client_id), **links), {}
        values = {"state": query.get("state", "")}
        if answer == "deny":
            values["error"] = "access_denied"
        else:
            values["code"] = uuid.uuid4().hex
            granted = {"redirect_uri": query["redirect_uri"], "challenge": query.get("code_challenge")}
            self.codes[values["code"]] = granted
        if query.get("response_mode") == "form_post":
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in values.items()
            )
            return 200, FORM_POST.format(action=html.escape(query["redirect_uri"]), fields=fields), {}
        return 302, None, {"Location": f"{query['redirect_uri']}?{urlencode(values)}"}

    def token(self, form):
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            raise ApiError(401, {"error": "invalid_client"})
        if form.get("grant_type") == "authorization_code":
            granted = self.codes.pop(form.get("code"), None)
            if not granted or granted["redirect_uri"] != form.get("redirect_uri"):
                raise ApiError(400, {"error": "invalid_grant"})
            if granted["challenge"] and granted["challenge"] != _challenge(form.get("code_verifier", "")):
                raise ApiError(400, {"error": "invalid_grant"})
            return self.issue_tokens()
        if form.get("grant_type") == "refresh_token":
            return self._refreshed(form.get("refresh_token"))
        raise ApiError(400, {"error": "unsupported_grant_type"})

    def _refreshed(self, token):
        used = self.used_refresh_tokens.get(token)
        in_grace = used is not None and time.monotonic() - used <= self.refresh_grace
        if token not in self.refresh_tokens and not in_grace:
            raise ApiError(400, {"error": "invalid_grant"})
        if self.refresh_rotates:
            self.refresh_tokens.discard(token)
            self.used_refresh_tokens.setdefault(token, time.monotonic())
        return self.issue_tokens()

    def personal_token(self, form, authorization):
        """A token for a company that integrates itself: client in the header, its API key as user and password."""
        expected = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if authorization != f"Basic {expected}" or "client_id" in form:
            raise ApiError(400, {"error": "invalid_client"})
        if form.get("grant_type") != "password" or form.get("scope") != "read write":
            raise ApiError(400, {"error": "unsupported_grant_type"})
        if form.get("username") != self.api_key or form.get("password") != self.api_key:
            raise ApiError(400, {"error": "invalid_grant"})
        with self.lock:
            return {"access_token": self._access_token(), "token_type": "bearer", "expires_in": self.token_lifetime}


def _challenge(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
