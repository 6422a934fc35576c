"""Tokens by the libraries that services really use, and what they are worth.

Reads the variables of `seamstress serve --write-env`, asks for tokens by MSAL and
by azure-identity, with a secret and with a certificate, verifies each with PyJWT
by way of discovery and key set, calls through the gateway, and prints one JSON
object. Certificates are believed because SSL_CERT_FILE and REQUESTS_CA_BUNDLE say
so: nothing is switched off.
"""

import json
import os
import sys
import uuid

import jwt
import msal
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes

SCOPE = "api://bulk-update/.default"
AUDIENCE = "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91"

authority = os.environ["SEAMSTRESS_AUTHORITY"]
host = os.environ["AZURE_AUTHORITY_HOST"]
tenant = os.environ["AZURE_TENANT_ID"]
gateway = os.environ["SEAMSTRESS_GATEWAY"]
client = os.environ["SEAMSTRESS_FLOW_CLIENT_ID"]
secret = os.environ["SEAMSTRESS_FLOW_CLIENT_SECRET"]
certificate_path = os.environ["SEAMSTRESS_FLOW_CLIENT_CERTIFICATE_PATH"]


def with_msal(credential):
    app = msal.ConfidentialClientApplication(
        client, authority=authority, client_credential=credential, instance_discovery=False
    )
    return app.acquire_token_for_client(scopes=[SCOPE])


def certificate():
    """Private key, certificate and its thumbprint."""
    with open(certificate_path, encoding="ascii") as file:
        pem = file.read()
    public = pem[pem.index("-----BEGIN CERTIFICATE") :]
    return pem, public, x509.load_pem_x509_certificate(public.encode()).fingerprint(hashes.SHA1()).hex()


def with_azure(credential):
    return credential.get_token(SCOPE).token


def verified(token):
    """The claims, once the signature holds, found as any service would."""
    discovery = requests.get(f"{authority}/v2.0/.well-known/openid-configuration", timeout=10).json()
    key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=discovery["issuer"])


def called(token):
    """The status of a call through the gateway."""
    headers = {"x-correlation-id": str(uuid.uuid4())}
    if token:
        headers["authorization"] = f"Bearer {token}"
    url = f"{gateway}/bulk-update/v2/batches/{uuid.uuid4()}"
    return requests.get(url, headers=headers, timeout=30).status_code


def refused():
    """How a wrong secret is told to each library's caller."""
    app = with_msal("not-the-secret")
    try:
        with_azure(ClientSecretCredential(tenant, client, "not-it", authority=host, disable_instance_discovery=True))
        azure = "a token"
    except ClientAuthenticationError as error:
        azure = error.message
    return {"msal": [app.get("error"), app.get("error_codes")], "azure": azure}


def main():
    pem, public, thumbprint = certificate()
    options = {"authority": host, "disable_instance_discovery": True}
    tokens = {
        "msal secret": with_msal(secret),
        # MSAL signs with RS256 under `x5t`, and with PS256 under `x5t#S256`.
        "msal RS256": with_msal({"private_key": pem, "thumbprint": thumbprint}),
        "msal PS256": with_msal({"private_key": pem, "public_certificate": public}),
        "azure secret": with_azure(ClientSecretCredential(tenant, client, secret, **options)),
        "azure certificate": with_azure(CertificateCredential(tenant, client, certificate_path, **options)),
    }
    results = {}
    for name, token in tokens.items():
        if isinstance(token, dict):
            if "access_token" not in token:
                sys.exit(f"{name}: {json.dumps(token)}")
            token = token["access_token"]
        claims = verified(token)
        results[name] = {"azp": claims["azp"], "azpacr": claims["azpacr"], "roles": claims["roles"], "gateway": called(token)}
    results["no token"] = {"gateway": called(None)}
    results["refused"] = refused()
    print(json.dumps(results))


main()
