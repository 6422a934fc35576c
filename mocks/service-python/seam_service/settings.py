"""What the environment says. Read once, at start."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Settings:
    """Addresses, secrets and bounds of one process."""

    state: Path
    gateway: str
    gateway_key: str
    data_url: str
    data_scope: str
    trigger_url: str
    trigger_scope: str
    model_url: str
    model_key: str
    authority: str
    tenant: str
    client_id: str
    client_secret: str
    # Dataverse past the gateway: for what promises to write with its own identity, and nothing else.
    dataverse: str | None = None
    workers: int = 1
    trace: bool = False

    @classmethod
    def read(cls) -> Self:
        """Raises `KeyError` with the name of the variable that is missing."""
        env = os.environ
        return cls(
            state=Path(env["SEAMSTRESS_STATE_DIR"]),
            gateway=env.get("SEAMSTRESS_GATEWAY", ""),
            gateway_key=env["SEAMSTRESS_GATEWAY_KEY"],
            data_url=env["SEAMSTRESS_DATA_URL"],
            data_scope=env["SEAMSTRESS_DATA_SCOPE"],
            trigger_url=env["SEAMSTRESS_TRIGGER_URL"],
            trigger_scope=env["SEAMSTRESS_TRIGGER_SCOPE"],
            model_url=env["SEAMSTRESS_MODEL_URL"].rstrip("/"),
            model_key=env["SEAMSTRESS_MODEL_KEY"],
            authority=env["AZURE_AUTHORITY_HOST"],
            tenant=env["AZURE_TENANT_ID"],
            client_id=env["AZURE_CLIENT_ID"],
            client_secret=env["AZURE_CLIENT_SECRET"],
            dataverse=env.get("SEAMSTRESS_DATAVERSE"),
            workers=max(1, int(env.get("WORKERS", "2"))),
            trace=env.get("SEAMSTRESS_TRACE") == "stdout",
        )
