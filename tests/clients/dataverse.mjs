// Dataverse by dynamics-web-api: rows, conditions, links, pages, batches,
// functions, metadata. The authority is believed because NODE_EXTRA_CA_CERTS
// names it. Prints one JSON object of what it saw.
import { DynamicsWebApi } from "dynamics-web-api";
import { api, run, server, token } from "./checked.mjs";

const seen = {};
const refused = (error) => [error.status, error.code];

const parts = {
  async crud() {
    const made = await api.create({
      collection: "accounts",
      data: { name: `One ${run}`, creditlimit: 7 },
      returnRepresentation: true,
      select: ["name", "creditlimit"],
    });
    const tag = made["@odata.etag"];
    const key = made.accountid;
    await api.update({ collection: "accounts", key, data: { name: `Two ${run}` }, ifmatch: tag });
    seen.stale = await api.update({ collection: "accounts", key, data: { name: "lost" }, ifmatch: tag }).catch(refused);
    seen.kept = await api.deleteRecord({ collection: "accounts", key, ifmatch: tag }).catch(refused);
    const row = await api.retrieve({ collection: "accounts", key, select: ["name"] });
    await api.updateSingleProperty({ collection: "accounts", key, fieldValuePair: { telephone1: "1" } });
    await api.deleteRecord({ collection: "accounts", key, property: "telephone1" });
    seen.crud = [made.creditlimit, row.name === `Two ${run}`];
    await api.deleteRecord({ collection: "accounts", key });
    seen.gone = await api.retrieve({ collection: "accounts", key, select: ["name"] }).catch(refused);
  },
  async upsert() {
    const key = `accountnumber='D-${run}'`;
    const up = (name, more) =>
      api.upsert({ collection: "accounts", key, data: { name }, returnRepresentation: true, select: ["name"], ...more });
    const first = await up("A");
    const second = await up("B");
    seen.upsert = [first.name, second.name, first.accountid === second.accountid];
    seen["only new"] = await up("C", { ifnonematch: "*" });
    const read = await api.retrieve({ collection: "accounts", key, select: ["name"] });
    seen["by key"] = read.name;
  },
  async link() {
    const account = await api.create({ collection: "accounts", data: { name: `L ${run}` } });
    const contact = await api.create({
      collection: "contacts",
      data: { fullname: `K ${run}`, "parentcustomerid_account@odata.bind": `/accounts(${account})` },
    });
    await api.associateSingleValued({
      collection: "accounts", primaryKey: account, navigationProperty: "primarycontactid",
      relatedCollection: "contacts", relatedKey: contact,
    });
    const lead = await api.create({ collection: "leads", data: { fullname: "Lead" } });
    const link = { collection: "accounts", primaryKey: account, relationshipName: "accountleads_association", relatedKey: lead };
    await api.associate({ ...link, relatedCollection: "leads" });
    const expand = [
      { property: "primarycontactid", select: ["fullname"] },
      { property: "accountleads_association", select: ["fullname"] },
      { property: "contact_customer_accounts", select: ["fullname"] },
    ];
    const read = () => api.retrieve({ collection: "accounts", key: account, select: ["name"], expand });
    const linked = await read();
    seen.link = [
      linked.primarycontactid.fullname === `K ${run}`,
      linked.accountleads_association.length,
      linked.contact_customer_accounts.length,
    ];
    await api.disassociate(link);
    await api.disassociateSingleValued({ collection: "accounts", primaryKey: account, navigationProperty: "primarycontactid" });
    const apart = await read();
    seen.apart = [apart.primarycontactid, apart.accountleads_association.length];
  },
  async pages() {
    const filter = "startswith(fullname,'Person 1')";
    const wanted = { collection: "contacts", select: ["fullname", "gendercode"], filter, maxPageSize: 40, count: true };
    const first = await api.retrieveMultiple({ ...wanted, includeAnnotations: "*" });
    const second = await api.retrieveMultiple({ ...wanted }, first.oDataNextLink);
    const all = await api.retrieveAll({ collection: "contacts", select: ["fullname"], filter });
    seen.pages = [first.value.length, second.value.length, first.oDataCount, all.value.length];
    seen.label = first.value.some((row) => row["gendercode@OData.Community.Display.V1.FormattedValue"] === "Male");
    seen.count = await api.count({ collection: "contacts" }) >= 200;
  },
  async fetched() {
    const fetchXml = `<fetch mapping="logical"><entity name="contact"><attribute name="fullname"/><order attribute="fullname"/><filter><condition attribute="fullname" operator="like" value="Person 19%"/></filter></entity></fetch>`;
    seen.fetched = (await api.fetch({ collection: "contacts", fetchXml })).value.length;
  },
  async batch() {
    api.startBatch();
    api.create({ collection: "accounts", data: { name: `B ${run}` }, contentId: "1" });
    api.create({
      collection: "contacts",
      data: { fullname: `C ${run}`, "parentcustomerid_account@odata.bind": "$1" },
    });
    const made = await api.executeBatch();
    seen.batch = made.length;
    const child = await api.retrieveMultiple({
      collection: "contacts", filter: `fullname eq 'C ${run}'`, select: ["fullname"],
      expand: [{ property: "parentcustomerid_account", select: ["name"] }],
    });
    seen.child = child.value.map((row) => row.parentcustomerid_account.name === `B ${run}`);
    api.startBatch();
    api.create({ collection: "accounts", data: { name: `Undone ${run}` } });
    api.create({ collection: "accounts", data: { name: "x".repeat(2000) } });
    seen.failed = await api.executeBatch().then(() => "done", (error) => [].concat(error)[0].status ?? "refused");
    const left = await api.retrieveMultiple({ collection: "accounts", filter: `name eq 'Undone ${run}'`, select: ["name"] });
    seen.left = left.value.length;
    api.startBatch();
    api.retrieveMultiple({ collection: "leads", select: ["fullname"], top: 1 });
    api.retrieveMultiple({ collection: "contacts", select: ["fullname"], top: 3 });
    seen.reads = (await api.executeBatch()).map((page) => page.value.length);
  },
  async actions() {
    const Targets = [1, 2, 3].map((n) => ({ "@odata.type": "Microsoft.Dynamics.CRM.contact", fullname: `M${n} ${run}` }));
    const answer = await api.callAction({ collection: "contacts", actionName: "Microsoft.Dynamics.CRM.CreateMultiple", action: { Targets } });
    seen.actions = answer.Ids.length;
  },
  async functions() {
    const me = await api.callFunction("WhoAmI");
    const { Version } = await api.callFunction("RetrieveVersion");
    const user = await api.retrieve({ collection: "systemusers", key: me.UserId, select: ["fullname"] });
    seen.functions = [user.fullname, Version.startsWith("9.2")];
  },
  async metadata() {
    const entities = await api.retrieveEntities({ select: ["LogicalName", "EntitySetName"], filter: "LogicalName eq 'account'" });
    const key = entities.value[0].MetadataId;
    const entity = await api.retrieveEntity({ key, select: ["SchemaName"] });
    const attributes = await api.retrieveAttributes({ entityKey: "LogicalName='account'", select: ["LogicalName"], filter: "LogicalName eq 'name'" });
    const picklists = await api.retrieveAttributes({
      entityKey: key, castType: "Microsoft.Dynamics.CRM.PicklistAttributeMetadata", select: ["LogicalName"],
      expand: [{ property: "OptionSet" }],
    });
    const attribute = await api.retrieveAttribute({ entityKey: key, attributeKey: "LogicalName='name'", castType: "Microsoft.Dynamics.CRM.StringAttributeMetadata" });
    const relationships = await api.retrieveRelationships({ castType: "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata", select: ["SchemaName"] });
    const choices = await api.retrieveGlobalOptionSets({ select: ["Name"] });
    const choice = await api.retrieveGlobalOptionSet({ key: "Name='new_interest'", castType: "Microsoft.Dynamics.CRM.OptionSetMetadata" });
    seen.metadata = [
      entity.SchemaName, attributes.value.length, picklists.value[0].OptionSet.Options.length > 0, attribute.MaxLength,
      relationships.value.some((one) => one.SchemaName === "contact_customer_accounts"), choices.value.length, choice.Options.length,
    ];
    const csdl = await api.retrieveCsdlMetadata();
    seen.csdl = csdl.includes('<EntityType Name="account"');
  },
  async names() {
    const named = new DynamicsWebApi({ serverUrl: server, dataApi: { version: "9.2" }, useEntityNames: true, onTokenRefresh: token });
    const found = await named.retrieveMultiple({ collection: "contact", select: ["fullname"], top: 1 });
    seen.names = found.value.length;
  },
  async file() {
    const key = await api.create({ collection: "accounts", data: { name: `File ${run}` } });
    const file = { collection: "accounts", key, property: "new_document" };
    await api.uploadFile({ ...file, fileName: "f.bin", data: Buffer.alloc(5 * 1024 * 1024, 7) });
    const back = await api.downloadFile(file);
    seen.file = [back.fileName, back.fileSize];
  },
};
for (const [name, part] of Object.entries(parts)) {
  try {
    await part();
  } catch (error) {
    // Told with the rest, so that one run shows all.
    seen[`${name} failed`] = `${error.status ?? ""} ${error.message ?? error}`.slice(0, 400);
  }
}
console.log(JSON.stringify(seen));
