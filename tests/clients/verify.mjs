// Verifies a token with jose, by way of discovery and key set, as a service in
// Node does. The authority is believed because NODE_EXTRA_CA_CERTS names it.
import { createRemoteJWKSet, jwtVerify } from "jose";

const { SEAMSTRESS_AUTHORITY, SEAMSTRESS_FLOW_CLIENT_ID, SEAMSTRESS_FLOW_CLIENT_SECRET } = process.env;
const form = new URLSearchParams({
  grant_type: "client_credentials",
  client_id: SEAMSTRESS_FLOW_CLIENT_ID,
  client_secret: SEAMSTRESS_FLOW_CLIENT_SECRET,
  scope: "api://bulk-update/.default",
});
const granted = await (await fetch(`${SEAMSTRESS_AUTHORITY}/oauth2/v2.0/token`, { method: "POST", body: form })).json();
const discovery = await (await fetch(`${SEAMSTRESS_AUTHORITY}/v2.0/.well-known/openid-configuration`)).json();
const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
const { payload, protectedHeader } = await jwtVerify(granted.access_token, keys, {
  issuer: discovery.issuer,
  audience: "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91",
});
let forged = "accepted";
try {
  const [head, body, signature] = granted.access_token.split(".");
  const other = { ...JSON.parse(Buffer.from(body, "base64url")), roles: ["Everything"] };
  await jwtVerify([head, Buffer.from(JSON.stringify(other)).toString("base64url"), signature].join("."), keys);
} catch (error) {
  forged = error.code;
}
console.log(JSON.stringify({ azp: payload.azp, alg: protectedHeader.alg, forged }));
