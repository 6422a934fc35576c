// Rows by dynamics-web-api: conditions, deep inserts, single properties, filters,
// pages, counts, FetchXML, changes since, batches and files.
import { randomUUID } from "node:crypto";
import { api, play, refused, run, same, server, token } from "./checked.mjs";

const accounts = { collection: "accounts" };
const named = (name) => api.retrieveMultiple({ ...accounts, filter: `name eq '${name} ${run}'`, select: ["name"] });

await play({
  async rows() {
    const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));
    const key = await api.create({ ...accounts, data: { name: `J ${run}`, revenue: 3.5, industrycode: 6, lastonholdtime: at } });
    const select = ["name", "revenue", "industrycode", "lastonholdtime"];
    const row = await api.retrieve({ ...accounts, key, select, includeAnnotations: "*" });
    same("values", [row.revenue, row.industrycode_Formatted, row.lastonholdtime], [3.5, "Consulting", at]);
    same("unchanged", await api.retrieve({ ...accounts, key, select, ifnonematch: row["@odata.etag"] }), undefined);
    same("update", await api.update({ ...accounts, key, data: { name: "U" } }), true);
    const told = await api.update({ ...accounts, key, data: { name: "U2" }, returnRepresentation: true, select: ["name"] });
    same("representation", told.name, "U2");
    same("upsert", await api.upsert({ ...accounts, key, data: { name: "U3" } }), key);
    const other = randomUUID();
    same("upsert of a new one", await api.upsert({ ...accounts, key: other, data: { name: "U4" } }), other);
    same("only old", await api.upsert({ ...accounts, key: randomUUID(), data: { name: "no" }, ifmatch: "*" }), null);
    same("only new", await api.upsert({ ...accounts, key, data: { name: "no" }, ifnonematch: "*" }), null);
    await refused("nobody", api.update({ ...accounts, key: randomUUID(), data: { name: "x" } }), 404, "0x80040217");
    await api.updateSingleProperty({ ...accounts, key, fieldValuePair: { name: "single" } });
    same("property", (await api.retrieve({ ...accounts, key, select: ["/name"] })).value, "single");
    same("its value", await api.retrieve({ ...accounts, key, select: ["/name/$value"] }), "single");
    same("cleared", await api.deleteRecord({ ...accounts, key, property: "revenue" }), true);
    const impersonate = randomUUID();
    await refused("as nobody", api.create({ ...accounts, data: { name: "x" }, impersonate }), 404, "0x80040217");
    await refused("no column", api.create({ ...accounts, data: { nosuch: 1 } }), 400);
    await refused("no set", api.retrieve({ collection: "nosuch", key }), 404, "0x8006088a");
    const more = { tag: "a b&c", bypassCustomPluginExecution: true, noCache: true, headers: { "x-own": "1" }, duplicateDetection: true };
    same("headers", typeof (await api.create({ ...accounts, data: { name: "headers" }, ...more })), "string");
  },
  async deep() {
    const children = [{ fullname: `D1 ${run}` }, { fullname: `D2 ${run}` }];
    const made = await api.create({
      ...accounts, returnRepresentation: true, expand: [{ property: "contact_customer_accounts", select: ["fullname"] }],
      data: { name: `Deep ${run}`, primarycontactid: { fullname: `DC ${run}` }, contact_customer_accounts: children },
    });
    const key = made.accountid;
    const person = await api.retrieve({ ...accounts, key, navigationProperty: "primarycontactid", select: ["fullname"] });
    same("person", person.fullname, `DC ${run}`);
    const list = { navigationProperty: "contact_customer_accounts", select: ["fullname"], orderBy: ["fullname desc"], count: true };
    const people = await api.retrieveMultiple({ ...accounts, key, ...list });
    same("people", [people.value.map((one) => one.fullname), people.oDataCount], [[`D2 ${run}`, `D1 ${run}`], 2]);
    const contact = people.value[0].contactid;
    const reference = await api.retrieve({ collection: "contacts", key: contact, select: ["parentcustomerid_account/$ref"] });
    same("reference", [reference.id, reference.collection], [key, "accounts"]);
    const names = api.initializeInstance({ serverUrl: server, useEntityNames: true, onTokenRefresh: token });
    const child = { fullname: "n", "parentcustomerid_account@odata.bind": `account(${key})` };
    const bound = await names.create({ collection: "contact", data: child });
    const read = await names.retrieve({ collection: "contact", key: bound, select: ["_parentcustomerid_value"] });
    same("names of tables", read._parentcustomerid_value, key);
  },
  async filters() {
    const target = (n) => ({
      "@odata.type": "Microsoft.Dynamics.CRM.contact", fullname: `Q ${run}`, jobtitle: String(n).padStart(2, "0"),
      gendercode: 1 + (n % 2), annualincome: n,
    });
    const action = { Targets: [...Array(30).keys()].map(target) };
    const people = { collection: "contacts" };
    const { Ids } = await api.callAction({ ...people, actionName: "Microsoft.Dynamics.CRM.CreateMultiple", action });
    const filter = `fullname eq 'Q ${run}'`;
    const ask = (more) => api.retrieveMultiple({ ...people, filter, select: ["jobtitle"], ...more });
    const crm = "Microsoft.Dynamics.CRM.";
    for (const [condition, rows] of [
      ["contains(jobtitle,'1')", 12], ["jobtitle ge '10' and jobtitle lt '20'", 10], ["not (gendercode eq 1)", 15],
      ["annualincome gt 10.5", 19], ["jobtitle eq null", 0], ["createdon gt 2020-01-01T00:00:00Z", 30],
      ["statecode eq 0", 30], ["jobtitle in ('01','02')", 2], [`contactid eq {${Ids[0]}}`, 1],
      [`${crm}In(PropertyName='jobtitle',PropertyValues=['01','02'])`, 2], [`${crm}Today(PropertyName='createdon')`, 30],
      [`${crm}Between(PropertyName='annualincome',PropertyValues=['5','7'])`, 3],
      [`${crm}LastXHours(PropertyName='createdon',PropertyValue=2)`, 30], [`${crm}EqualUserId(PropertyName='ownerid')`, 30],
      [`${crm}OnOrAfter(PropertyName='createdon',PropertyValue='2020-01-01')`, 30],
    ]) {
      same(condition, (await ask({ filter: `${filter} and (${condition})` })).value.length, rows);
    }
    await refused("no function of Dataverse", ask({ filter: "length(jobtitle) eq 2" }), 400, "0x80060888");
    const first = await ask({ maxPageSize: 12, count: true, orderBy: ["jobtitle desc"] });
    const second = await api.retrieveMultiple({ ...people, maxPageSize: 12 }, first.oDataNextLink);
    same("pages", [first.value.length, first.oDataCount, second.value[0].jobtitle], [12, 30, "17"]);
    const all = await api.retrieveAll({ ...people, filter, select: ["jobtitle"], maxPageSize: 7 });
    const counts = [await api.count({ ...people, filter }), await api.countAll({ ...people, filter, select: ["jobtitle"], maxPageSize: 11 })];
    same("counts", [all.value.length, ...counts, (await ask({ top: 4 })).value.length], [30, 30, 30, 4]);
    const apply = `filter(fullname eq 'Q ${run}')/groupby((gendercode),aggregate($count as n,annualincome with sum as total))`;
    const groups = (await api.retrieveMultiple({ ...people, apply })).value.map((one) => [one.gendercode, one.n, one.total]);
    same("groups", groups, [[1, 15, 210], [2, 15, 225]]);
    const own = `<filter><condition attribute="fullname" operator="eq" value="Q ${run}"/></filter>`;
    const fetchXml = `<fetch count="8"><entity name="contact"><attribute name="jobtitle"/><order attribute="jobtitle"/>${own}</entity></fetch>`;
    const page = await api.fetch({ ...people, fetchXml, includeAnnotations: "*" });
    const next = { pageNumber: page.PagingInfo.nextPage, pagingCookie: page.PagingInfo.cookie };
    same("fetch", (await api.fetch({ ...people, fetchXml, includeAnnotations: "*", ...next })).value[0].jobtitle, "08");
    same("fetch all", (await api.fetchAll({ ...people, fetchXml, includeAnnotations: "*" })).value.length, 30);
    // What is too long for an address goes in a batch.
    const values = [...Array(400).keys()].map((n) => `<value>${n}</value>`).join("");
    const long = `<fetch><entity name="contact"><attribute name="jobtitle"/><filter><condition attribute="jobtitle" operator="in">${values}</condition></filter>${own}</entity></fetch>`;
    same("a long address", (await api.fetch({ ...people, fetchXml: long })).value.length, 20);
    const before = await api.retrieveAll({ collection: "leads", select: ["fullname"], trackChanges: true });
    const key = await api.create({ collection: "leads", data: { fullname: "since" } });
    const changes = await api.retrieveMultiple({ collection: "leads" }, before.oDataDeltaLink);
    same("since", changes.value.map((one) => one.leadid), [key]);
  },
  async actions() {
    const key = await api.create({ ...accounts, data: { name: `A ${run}` } });
    const close = { ...accounts, key, actionName: "Microsoft.Dynamics.CRM.new_CloseAccount" };
    const closed = await api.callAction({ ...close, action: { Reason: "over" } });
    same("bound", [closed.Closed, closed.AccountId], [true, key]);
    same("its effect", (await api.retrieve({ ...accounts, key, select: ["new_status"] })).new_status, "closed");
    const filter = `_regardingobjectid_value eq ${key}`;
    const tasks = await api.retrieveMultiple({ collection: "tasks", select: ["subject"], filter });
    same("its task", tasks.value.map((one) => one.subject), ["Closed: over"]);
    await refused("no reason", api.callAction({ ...close, action: {} }), 400);
    const lead = { Subject: `imported ${run}`, Value: 2.5 };
    await api.callAction({ collection: "leads", actionName: "Microsoft.Dynamics.CRM.new_Import", action: lead });
    same("bound to rows", await api.count({ collection: "leads", filter: `subject eq 'imported ${run}'` }), 1);
    same("unbound", (await api.callAction({ actionName: "new_Ping", action: { Text: "ü" } })).Echo, "ü");
    const greeting = await api.callFunction({ name: "new_Greeting", parameters: { Name: "Ada" } });
    same("function", greeting.Greeting, "Hello, Ada");
    const total = await api.callFunction({ name: "RetrieveTotalRecordCount", parameters: { EntityNames: ["contact"] } });
    same("rows of a table", total.EntityRecordCountCollection.Values[0] >= 200, true);
    const behind = await api.callAction({ ...close, action: { Reason: "late" }, respondAsync: true });
    const status = async () => (await api.getBackgroundOperationStatus(behind.backgroundOperationId)).backgroundOperationStateCode;
    same("in the background", [behind.backgroundOperationStateCode, await status()], [0, 2]);
    same("cancelled too late", (await api.cancelBackgroundOperation(behind.backgroundOperationId)).backgroundOperationStatusCode, 20);
    await refused("no action", api.callAction({ actionName: "new_Nothing", action: {} }), 404, "0x8006088a");
    await refused("no function", api.callFunction("new_Nothing"), 404, "0x8006088a");
  },
  async batches() {
    api.startBatch();
    api.create({ ...accounts, data: { name: `m ${run}`, description: "ünï\r\n{curly} --batch" }, returnRepresentation: true });
    api.update({ ...accounts, key: randomUUID(), data: { name: "no" }, inChangeSet: false });
    api.count({ collection: "leads" });
    api.callFunction("WhoAmI");
    const mixed = await api.executeBatch({ continueOnError: true });
    same("mixed", [mixed[0].description, mixed[1].status, typeof mixed[2], typeof mixed[3].UserId], ["ünï\r\n{curly} --batch", 404, "number", "string"]);
    api.startBatch();
    api.create({ ...accounts, data: { name: `p ${run}` }, contentId: "acc" });
    api.create({ collection: "contacts", data: { fullname: `pc ${run}`, "parentcustomerid_account@odata.bind": "$acc" }, contentId: "con" });
    api.update({ contentId: "$acc", data: { revenue: 5 } });
    api.associateSingleValued({ contentId: "$acc", navigationProperty: "primarycontactid", relatedKey: "$con" });
    const [key] = await api.executeBatch();
    const expand = [{ property: "primarycontactid", select: ["fullname"] }];
    const row = await api.retrieve({ ...accounts, key, select: ["revenue"], expand });
    same("references", [row.revenue, row.primarycontactid.fullname], [5, `pc ${run}`]);
    api.startBatch();
    api.create({ ...accounts, data: { name: `undone ${run}` } });
    api.deleteRecord({ ...accounts, key: randomUUID() });
    await refused("change set", api.executeBatch(), 404, "0x80040217");
    same("undone", (await named("undone")).value.length, 0);
    api.startBatch();
    api.create({ ...accounts, data: { name: `stays ${run}` }, inChangeSet: false });
    api.retrieve({ ...accounts, key: randomUUID(), select: ["name"] });
    api.create({ ...accounts, data: { name: `never ${run}` }, inChangeSet: false });
    await refused("first failure", api.executeBatch(), 404, "0x80040217");
    same("before and behind it", [(await named("stays")).value.length, (await named("never")).value.length], [1, 0]);
  },
  async files() {
    const key = await api.create({ ...accounts, data: { name: "files" } });
    const file = { ...accounts, key, property: "new_document" };
    const chunk = 4 << 20;
    for (const size of [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk]) {
      await api.uploadFile({ ...file, fileName: `f${size}.txt`, data: Buffer.alloc(size, 65) });
      const back = await api.downloadFile(file);
      same(`file of ${size}`, [back.fileName, back.fileSize, back.data.length], [`f${size}.txt`, size, size]);
    }
    same("deleted", await api.deleteRecord(file), true);
    await refused("no file", api.downloadFile(file), 404);
  },
});
