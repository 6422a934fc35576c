"""The service's own access tokens."""

from typing import Any

from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential

from .settings import Settings


class ScopedCredential:
    """Asks for one scope whatever it is asked for; tokens are kept by `azure-identity` while they are good.

    Dataverse's SDK asks for the scope of the address that it calls. Behind a gateway that is
    the wrong one: the gateway exchanges the token for its own identity.
    """

    def __init__(self, settings: Settings, scope: str) -> None:
        self._settings, self._scope = settings, scope
        self.forget()

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """A token that is still good."""
        return self._credential.get_token(self._scope)

    def forget(self) -> None:
        """The token was refused: the next one is asked for anew."""
        self._credential = ClientSecretCredential(
            self._settings.azure_tenant_id,
            self._settings.azure_client_id,
            self._settings.azure_client_secret,
            authority=self._settings.azure_authority_host,
            disable_instance_discovery=True,
            retry_total=0,
        )
