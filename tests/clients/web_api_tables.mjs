// Tables by dynamics-web-api: definitions read, and tables, columns, choices and
// relationships made, changed and deleted while the environment runs.
import { api, play, refused, run, same } from "./checked.mjs";

const crm = (name) => `Microsoft.Dynamics.CRM.${name}`;
const label = (text) => ({
  "@odata.type": crm("Label"),
  LocalizedLabels: [{ "@odata.type": crm("LocalizedLabel"), Label: text, LanguageCode: 1033 }],
});
const logical = `new_bank${run}`;
const banks = { collection: `${logical}s` };

await play({
  async definitions() {
    const account = "LogicalName='account'";
    const expand = [{ property: "Attributes", select: ["LogicalName"], filter: "LogicalName eq 'name'" }, { property: "Keys" }];
    const table = await api.retrieveEntity({ key: account, select: ["SchemaName"], expand });
    same("table", [table.SchemaName, table.Attributes.length, table.Keys.length], ["Account", 1, 1]);
    const wide = { castType: crm("StringAttributeMetadata"), select: ["LogicalName"], filter: "MaxLength gt 100" };
    const columns = await api.retrieveAttributes({ entityKey: account, ...wide });
    same("columns", columns.value.map((one) => one.LogicalName).sort(), ["name", "websiteurl"]);
    const flags = await api.retrieveAttributes({ entityKey: account, castType: crm("BooleanAttributeMetadata"), expand: [{ property: "OptionSet" }] });
    same("flag", flags.value[0].OptionSet.TrueOption.Value, 1);
    const relationship = await api.retrieveRelationship({ key: "SchemaName='contact_customer_accounts'" });
    same("relationship", relationship.ReferencedEntity, "account");
    same("document", (await api.retrieveCsdlMetadata({ addAnnotations: true })).includes('<EntitySet Name="accounts"'), true);
  },
  async made() {
    const name = {
      "@odata.type": crm("StringAttributeMetadata"), SchemaName: "new_AccountName", DisplayName: label("Name"), IsPrimaryName: true,
      MaxLength: 100, FormatName: { Value: "Text" }, RequiredLevel: { Value: "None" },
    };
    const definition = {
      "@odata.type": crm("EntityMetadata"), SchemaName: `new_Bank${run}`, DisplayName: label("Bank"), DisplayCollectionName: label("Banks"),
      Description: label("A table"), OwnershipType: "UserOwned", IsActivity: false, HasActivities: false, HasNotes: false, Attributes: [name],
    };
    const id = await api.createEntity({ data: definition });
    const table = await api.retrieveEntity({ key: id });
    same("table", [table.LogicalName, table.EntitySetName, table.PrimaryNameAttribute], [logical, `${logical}s`, "new_accountname"]);
    await refused("twice", api.createEntity({ data: definition }), 400, "0x80044363");
    const money = crm("MoneyAttributeMetadata");
    const data = { "@odata.type": money, SchemaName: "new_Balance", DisplayName: label("Balance"), MinValue: 0, MaxValue: 1000 };
    const attributeKey = await api.createAttribute({ entityKey: id, data });
    const column = await api.retrieveAttribute({ entityKey: id, attributeKey, castType: money });
    same("column", [column.LogicalName, column.MaxValue], ["new_balance", 1000]);
    column.MaxValue = 5;
    same("changed", await api.updateAttribute({ entityKey: id, data: column, castType: money, mergeLabels: true }), true);
    table.DisplayName = label("Other");
    same("table changed", await api.updateEntity({ data: table, mergeLabels: true }), true);
    const again = await api.retrieveEntity({ key: id, select: ["DisplayName"] });
    same("its label", again.DisplayName.UserLocalizedLabel.Label, "Other");
    const options = [{ Value: 1, Label: label("one") }, { Value: 2, Label: label("two") }];
    const set = await api.createGlobalOptionSet({
      data: { "@odata.type": crm("OptionSetMetadata"), Name: `new_set${run}`, DisplayName: label("Set"), IsGlobal: true, OptionSetType: "Picklist", Options: options },
    });
    const bound = { "GlobalOptionSet@odata.bind": `/GlobalOptionSetDefinitions(${set})` };
    const kind = { "@odata.type": crm("PicklistAttributeMetadata"), SchemaName: "new_Kind", DisplayName: label("Kind"), ...bound };
    await api.createAttribute({ entityKey: `LogicalName='${logical}'`, data: kind });
    const link = await api.createRelationship({
      data: {
        "@odata.type": crm("OneToManyRelationshipMetadata"), SchemaName: `new_account_${run}`, ReferencedEntity: "account",
        ReferencingEntity: logical, CascadeConfiguration: { Delete: "Cascade" },
        Lookup: { "@odata.type": crm("LookupAttributeMetadata"), SchemaName: "new_AccountId", DisplayName: label("Account") },
      },
    });
    const account = await api.create({ collection: "accounts", data: { name: "owner" } });
    const row = { new_accountname: "x", new_balance: 3, new_kind: 2, "new_AccountId@odata.bind": `accounts(${account})` };
    const key = await api.create({ ...banks, data: row });
    const expand = [{ property: "new_AccountId", select: ["name"] }];
    const read = await api.retrieve({ ...banks, key, expand, includeAnnotations: "*" });
    same("row", [read.new_AccountId.name, read.new_kind_Formatted, read.statecode_Formatted], ["owner", "two", "Active"]);
    await refused("out of range", api.update({ ...banks, key, data: { new_balance: 6 } }), 400);
    same("document", (await api.retrieveCsdlMetadata()).includes(`<EntityType Name="${logical}"`), true);
    await refused("in use", api.deleteGlobalOptionSet({ key: set }), 400, "0x8004f01f");
    await api.deleteRecord({ collection: "accounts", key: account });
    same("cascade", (await api.retrieveMultiple(banks)).value.length, 0);
    const option = { OptionSetName: `new_set${run}`, Label: label("three"), Value: 3 };
    same("option", (await api.callAction({ actionName: "InsertOptionValue", action: option })).NewOptionValue, 3);
    await api.create({ ...banks, data: { new_accountname: "y", new_kind: 3 } });
    await api.callAction({ actionName: "PublishXml", action: { ParameterXml: "<importexportxml/>" } });
    same("relationship", await api.deleteRelationship({ key: link }), true);
    same("deleted", await api.deleteRecord({ collection: "EntityDefinitions", key: id }), true);
    await refused("gone", api.retrieveMultiple(banks), 404, "0x8006088a");
    same("choice", await api.deleteGlobalOptionSet({ key: set }), true);
    await refused("of the files", api.deleteRecord({ collection: "EntityDefinitions", key: "LogicalName='account'" }), 400);
  },
});
