"""What the environment says. Read once, at start; README.md lists the variables."""

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, PositiveInt


class Settings(BaseModel):
    """Addresses, secrets and bounds of one process: `SEAMSTRESS_` is left out of the variables' names."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    state_dir: Path
    gateway: str
    gateway_key: str
    data_url: str
    data_scope: str
    # Dataverse past the gateway: for what promises to write with its own identity, and nothing else.
    dataverse: str | None = None
    trigger_url: str
    trigger_scope: str
    model_url: str
    model_key: str
    azure_authority_host: str
    azure_tenant_id: str
    azure_client_id: str
    azure_client_secret: str
    workers: PositiveInt = 2
    trace: str = ""

    @classmethod
    def read(cls) -> Self:
        """Raises an error that names each variable that is missing or wrong."""
        return cls.model_validate({name.removeprefix("SEAMSTRESS_").lower(): v for name, v in os.environ.items()})
