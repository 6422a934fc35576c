"""The service's own access tokens."""

import threading
import time
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.identity import ClientSecretCredential

from .settings import Settings

# A token is renewed so long before its end, so that no call carries one that ends on the way.
EARLY = 300


def own_identity(settings: Settings) -> ClientSecretCredential:
    """The service's client at the issuer."""
    return ClientSecretCredential(
        settings.tenant,
        settings.client_id,
        settings.client_secret,
        authority=settings.authority,
        disable_instance_discovery=True,
        retry_total=0,
    )


class ScopedCredential:
    """Asks for one scope whatever it is asked for, and keeps the token while it is good.

    Dataverse's SDK asks for the scope of the address that it calls. Behind a gateway that is
    the wrong one: the gateway exchanges the token for its own identity.
    """

    def __init__(self, credential: ClientSecretCredential, scope: str) -> None:
        self._credential, self._scope = credential, scope
        self._lock = threading.Lock()
        self._kept: AccessToken | None = None
        self._failed: tuple[float, AzureError] | None = None

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token that is still good. Those who ask at once share one request, and its failure."""
        asked = time.monotonic()
        with self._lock:
            if self._kept is None or self._kept.expires_on - EARLY < time.time():
                if self._failed and self._failed[0] > asked:
                    raise self._failed[1]
                try:
                    self._kept = self._credential.get_token(self._scope)
                except AzureError as error:
                    self._failed = time.monotonic(), error
                    raise
            return self._kept

    def forget(self) -> None:
        """The token was refused."""
        with self._lock:
            self._kept = None
