"""Signing in to Dinero. Plain Python: no Odoo model, no database.

Two ways (accounting-apis A2): Visma Connect for everybody, and a key for a company that integrates itself. Both end in
the same bearer token.
"""

import base64
import hashlib
import json
import secrets
from urllib.parse import urlencode

from odoo.addons.ledger_bridge.api.http import Http

from .errors import DineroError, from_response, lower_keys

CONNECT_URL = "https://connect.visma.com"
AUTHZ_URL = "https://authz.dinero.dk"
SCOPE = "dineropublicapi:read dineropublicapi:write offline_access"
DEFAULT_LIFETIME = 3600  # seconds, where the answer does not say
REFUSED = ("invalid_grant", "invalid_client", "unauthorized_client")


def pkce_pair():
    """-> (verifier, challenge) for S256."""
    verifier = secrets.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class VismaConnect:
    """Sign-in with Visma Connect: authorization code with PKCE, refresh (A2.1)."""

    def __init__(self, client_id, client_secret, *, url=CONNECT_URL, session=None):
        self.client_id, self.client_secret, self.url = client_id, client_secret, url.rstrip("/")
        self.http = Http(DineroError, from_response, session=session)

    def authorize_url(self, *, redirect_uri, state, challenge):
        query = {
            "client_id": self.client_id,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "ui_locales": "da-DK",
        }
        return f"{self.url}/connect/authorize?{urlencode(query)}"

    def exchange(self, *, code, redirect_uri, verifier):
        return self._token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }
        )

    def refresh(self, refresh_token):
        return self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def _token(self, form):
        """-> ``{"access_token", "refresh_token", "expires_in"}``. ``invalid_grant``: sign in again."""
        form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        return token_answer(self.http, f"{self.url}/connect/token", form)


class PersonalSignIn:
    """Tokens of a company that integrates itself: its API key as user and password, the client in the header (A2.2).
    There is no refresh token: a new one is asked for."""

    def __init__(self, client_id, client_secret, api_key, *, url=AUTHZ_URL, session=None):
        self.client_id, self.client_secret, self.api_key = client_id, client_secret, api_key
        self.url = url.rstrip("/")
        self.http = Http(DineroError, from_response, session=session)

    def token(self):
        pair = f"{self.client_id}:{self.client_secret}"
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        form = {
            "grant_type": "password",
            "scope": "read write",
            "username": self.api_key,
            "password": self.api_key,
        }
        return token_answer(self.http, f"{self.url}/dineroapi/oauth/token", form, headers)


def token_answer(http, url, form, headers=None):
    """-> ``{"access_token", "refresh_token" (or None), "expires_in" (seconds)}``.

    Kind ``authorisation``: refused for good, a person must sign in.
    """
    try:
        text = http.send("POST", url, data=form, headers=headers)
    except DineroError as error:
        if error.text in REFUSED:
            error.kind = "authorisation"
        raise
    try:
        answer = lower_keys(json.loads(text))
        lifetime = int(answer.get("expires_in") or DEFAULT_LIFETIME)
        return {
            "access_token": str(answer["access_token"]),
            "refresh_token": answer.get("refresh_token") or None,
            "expires_in": max(lifetime, 1),
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DineroError("no_answer", "The answer to the sign-in cannot be read") from error
