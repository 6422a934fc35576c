// What dynamics-web-api tells of failures: status, code, message and header fields;
// requests that are given up, connections that are reset.
import { DynamicsWebApi } from "dynamics-web-api";
import { api, arm, disarm, play, refused, run, same, server } from "./checked.mjs";

const leads = { collection: "leads" };
const make = (name) => api.create({ ...leads, data: { fullname: `${name} ${run}` } });
const count = (name) => api.count({ ...leads, filter: `fullname eq '${name} ${run}'` });

await play({
  async statuses() {
    for (const [kind, status, code] of [
      [{ kind: "throttled", retry_after: 9 }, 429, "0x80072322"], [{ kind: "error", error: "deadlock" }, 500, "0x80044150"],
      [{ kind: "error", error: "missing_privilege" }, 403, "0x80040220"], [{ kind: "error", error: "expired_token" }, 401],
      [{ kind: "error", error: "too_large" }, 413], [{ kind: "error", error: "duplicate_id_conflict" }, 409, "0x80040237"],
      [{ kind: "error", error: "bad_gateway" }, 502], ["unavailable", 503],
    ]) {
      await arm(kind, { table: "leads", times: 1 });
      const told = await refused(JSON.stringify(kind), make("x"), status, code);
      if (status === 429) same("header", told.headers["retry-after"], "9");
      if (status < 500) same(`${status} has a message`, told.message.length > 0, true);
    }
    same("nothing was made", await count("x"), 0);
  },
  async conditions() {
    const strict = new DynamicsWebApi({ serverUrl: server, onTokenRefresh: () => "nonsense" });
    await refused("no token", strict.retrieveMultiple(leads), 401);
    await arm({ kind: "error", error: "concurrency_mismatch" }, { table: "leads", times: 1 });
    const key = await api.create({ collection: "contacts", data: { fullname: "x" } });
    same("412 is told as false", await api.update({ ...leads, key, data: { fullname: "y" } }), false);
  },
  async connections() {
    await arm("reset", { table: "leads", operation: "create", times: 1 });
    same("reset", (await make("reset").catch((error) => error)).code, "ECONNRESET");
    await arm("answer_lost", { table: "leads", operation: "create", times: 1 });
    same("lost", [(await make("lost").catch((error) => error)).code, await count("lost")], ["ECONNRESET", 1]);
    await arm({ kind: "slow", milliseconds: 2000 }, { table: "contacts", times: 1 });
    const slow = api.retrieveMultiple({ collection: "contacts", select: ["fullname"], signal: AbortSignal.timeout(50) });
    same("given up", await slow.then(() => "all", (error) => error.name), "AbortError");
  },
  async batches() {
    await arm({ kind: "error", error: "deadlock" }, { table: "leads", times: 1 });
    api.startBatch();
    for (const name of ["one", "two"]) api.create({ ...leads, data: { fullname: `${name} ${run}` }, inChangeSet: false });
    const told = await api.executeBatch({ continueOnError: true });
    same("one part", [told[0].status, await count("one"), await count("two")], [500, 0, 1]);
    await arm({ kind: "throttled", retry_after: 4 }, { operation: "batch", times: 1 });
    api.startBatch();
    api.create({ ...leads, data: { fullname: "x" } });
    const all = await refused("all", api.executeBatch(), 429, "0x80072322");
    same("header", all.headers["retry-after"], "4");
  },
});
await disarm();
