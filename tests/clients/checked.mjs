// A client of dynamics-web-api, and what of its answers is other than expected.
// Each script of a theme asks with `same` and `refused`, plays its parts with
// `play`, which prints one JSON object: how much was asked, and the differences.
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { DynamicsWebApi } from "dynamics-web-api";

const env = process.env;
export const server = env.SEAMSTRESS_DATAVERSE;
export const run = randomUUID().slice(0, 8);
export async function token() {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: env.SEAMSTRESS_FLOW_CLIENT_ID,
    client_secret: env.SEAMSTRESS_FLOW_CLIENT_SECRET,
    scope: `${server}/.default`,
  });
  const answer = await fetch(`${env.SEAMSTRESS_AUTHORITY}/oauth2/v2.0/token`, { method: "POST", body: form });
  return (await answer.json()).access_token;
}
export const api = new DynamicsWebApi({ serverUrl: server, dataApi: { version: "9.2" }, onTokenRefresh: token });

const differences = [];
let asked = 0;
const shown = (value) => JSON.stringify(value)?.slice(0, 500);
export function same(what, found, expected) {
  asked += 1;
  if (!isDeepStrictEqual(found, expected)) differences.push(`${what}: found ${shown(found)}, expected ${shown(expected)}`);
}
/** The error of a request that must be refused. */
export async function refused(what, request, status, code) {
  asked += 1;
  try {
    differences.push(`${what}: accepted, ${shown(await request)}`);
  } catch (error) {
    const first = [].concat(error)[0];
    const told = [first.status, first.code ?? first.error?.code];
    if (told[0] !== status || (code !== undefined && told[1] !== code)) {
      differences.push(`${what}: ${shown(told)} ${first.message}, expected ${shown([status, code])}`);
    }
    return first;
  }
}
const steer = (method, body) =>
  fetch(`${env.SEAMSTRESS_CONTROL}/faults`, { method, body, headers: { "content-type": "application/json" } });
/** Arms a fault at the control surface; it disarms itself after `times`. */
export const arm = (kind, fields) =>
  steer("POST", JSON.stringify({ kind: typeof kind === "string" ? { kind } : kind, ...fields }));
export const disarm = () => steer("DELETE");

export async function play(parts) {
  for (const [name, part] of Object.entries(parts)) {
    try {
      await part();
    } catch (error) {
      const first = [].concat(error)[0];
      const line = first?.stack?.split("\n").find((text) => text.includes("web_api_")) ?? "";
      differences.push(`${name}: ${first?.status ?? ""} ${first?.code ?? ""} ${first?.message ?? first} ${line.trim()}`);
    }
  }
  console.log(JSON.stringify({ asked, differences }));
}
