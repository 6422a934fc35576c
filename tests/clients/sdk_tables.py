"""Tables by Microsoft's SDK: what definitions tell, and tables, columns, keys and
relationships made while the environment runs, as its own examples do it."""

import enum
import os
import tempfile

from checked import client, part, refused, run, same, told
from PowerPlatform.Dataverse.core.errors import MetadataError
from PowerPlatform.Dataverse.models.relationship import ManyToManyRelationshipMetadata
from PowerPlatform.Dataverse.models.upsert import UpsertItem


@part
def definitions():
    table = client.tables.get("Account")
    names = (table.schema_name, table.logical_name, table.entity_set_name, table.primary_id_attribute)
    same("table", names, ("Account", "account", "accounts", "accountid"))
    same("no table", client.tables.get("nosuch"), None)
    listed = client.tables.list(filter="SchemaName eq 'Contact'", select=["LogicalName", "EntitySetName"])
    same("list", [row["EntitySetName"] for row in listed], ["contacts"])
    kind = "AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Money'"
    money = {column["LogicalName"] for column in client.tables.list_columns("account", filter=kind)}
    same("columns", money, {"creditlimit", "revenue"})
    same("column", client.tables.get_column("account", "name")["AttributeType"], "String")
    same("typed", client.tables.get_column("account", "name", typed=True)["MaxLength"], 320)
    typed = {column["LogicalName"]: column for column in client.tables.list_columns("account", typed=True)}
    same("range", typed["numberofemployees"]["MaxValue"], 1_000_000_000)
    same("no column", client.tables.get_column("account", "nosuch"), None)
    one = client.tables.get_relationship("contact_customer_accounts")
    same("one to many", (one.referenced_entity, one.referencing_entity), ("account", "contact"))
    many = client.tables.get_relationship("accountleads_association")
    same("many to many", (many.entity1_logical_name, many.entity2_logical_name), ("account", "lead"))
    same("no relationship", client.tables.get_relationship("nosuch"), None)


class Status(enum.IntEnum):
    Open = 1
    Closed = 2
    __labels__ = {1033: {"Open": "Not done", "Closed": "Done"}, 1031: {"Open": "Offen", "Closed": "Zu"}}


TABLE = f"new_Product{run}"


@part
def a_table_of_ones_own():
    columns = {
        "new_Price": "decimal", "new_Stock": "int", "new_Active": "bool", "new_Released": "datetime", "new_Status": Status,
        "new_Notes": "memo", "new_Weight": "float", "new_Manual": "file",
        "new_Code": {"type": "string", "max_length": 20, "required": "ApplicationRequired", "display_name": "Code"},
    }  # fmt: skip
    info = client.tables.create(TABLE, columns, primary_column="new_Title", display_name="Product")
    names = (info.logical_name, info.entity_set_name, info.primary_name_attribute, info.columns_created)
    same("made", names, (TABLE.lower(), TABLE.lower() + "s", "new_title", list(columns)))
    try:
        client.tables.create(TABLE, {})
        same("twice", "accepted", "refused")
    except MetadataError as error:
        same("twice", "already exists" in str(error), True)
    values = {"new_Title": "Widget", "new_Price": 9.99, "new_Stock": 3, "new_Active": True, "new_Released": "2026-01-01",
              "new_Status": "Not done", "new_Code": "c1", "new_Weight": 1.25}  # fmt: skip
    one = client.records.create(TABLE, values)
    row = client.records.retrieve(TABLE, one, include_annotations="*")
    found = [row[name] for name in ("new_title", "new_price", "new_stock", "new_active", "new_released", "new_status", "new_weight")]
    same("values", found, ["Widget", 9.99, 3, True, "2026-01-01T00:00:00Z", 1, 1.25])
    same("label", row["new_status@OData.Community.Display.V1.FormattedValue"], "Not done")
    many = client.records.create(TABLE, [{"new_title": f"P{n}", "new_stock": n} for n in range(10)])
    same("rows", len(client.query.sql(f"SELECT new_title FROM {TABLE.lower()} WHERE new_stock > 4")), 5)
    refused("too long", lambda: client.records.update(TABLE, one, {"new_code": "x" * 21}), 400, "0x80044331")
    client.tables.update_column(TABLE, "new_Code", {"max_length": 50})
    client.records.update(TABLE, one, {"new_code": "x" * 21})
    column = client.tables.get_column(TABLE, "new_code")
    same("column", (column["MaxLength"], column["RequiredLevel"]["Value"]), (50, "ApplicationRequired"))
    client.records.delete(TABLE, many, use_bulk_delete=False)


@part
def keys_and_links():
    client.tables.add_columns(TABLE, {"new_Extra": "string", "new_Size": "int"})
    key = client.tables.create_alternate_key(TABLE, "new_bycode", ["new_code"])
    same("keys", [one.schema_name for one in client.tables.get_alternate_keys(TABLE)], ["new_bycode"])
    item = lambda title: UpsertItem(alternate_key={"new_code": "K1"}, record={"new_title": title, "new_extra": "e"})
    client.records.upsert(TABLE, [item("first")])
    client.records.upsert(TABLE, [item("second")])
    rows = client.records.list(TABLE, filter="new_code eq 'K1'", select=["new_title", "new_extra"])
    same("upserted", [(row["new_title"], row["new_extra"]) for row in rows], [("second", "e")])
    lookup = client.tables.create_lookup_field(TABLE, "new_AccountId", "account", display_name="Account")
    account = client.records.create("account", {"name": f"of {run}"})
    bind = {"new_AccountId@odata.bind": f"/accounts({account})"}
    one = client.records.create(TABLE, {"new_title": "bound", **bind})
    row = client.records.retrieve(TABLE, one, select=["_new_accountid_value"], expand=["new_AccountId($select=name)"])
    same("bound", (row["_new_accountid_value"], row["new_AccountId"]["name"]), (account, f"of {run}"))
    same("bind", client.query.odata_bind(TABLE, "account", account), bind)
    back = client.records.retrieve("account", account, select=["name"], expand=[lookup.relationship_schema_name])
    same("other side", len(back[lookup.relationship_schema_name]), 1)
    pair = ManyToManyRelationshipMetadata(
        schema_name=f"new_{run}_contact", entity1_logical_name=TABLE.lower(), entity2_logical_name="contact"
    )
    many = client.tables.create_many_to_many_relationship(pair)
    same("many", client.tables.get_relationship(f"new_{run}_contact").relationship_id, many.relationship_id)
    client.tables.delete_relationship(many.relationship_id)
    client.tables.delete_relationship(lookup.relationship_id)
    same("no more", client.tables.get_column(TABLE, "new_accountid"), None)
    refused("in use", lambda: client.tables.remove_columns(TABLE, ["new_code"]), 400, "0x8004f01f")
    client.tables.delete_alternate_key(TABLE, key.metadata_id)
    client.tables.remove_columns(TABLE, ["new_code", "new_Extra"])
    same("removed", client.tables.get_column(TABLE, "new_extra"), None)


@part
def files():
    one = client.records.create(TABLE, {"new_title": "with files"})
    for column, size, mode in [("new_Manual", 10, "small"), ("new_Manual", 9 << 20, "chunk"), ("new_Later", 4 << 20, "chunk")]:
        with tempfile.NamedTemporaryFile(suffix=".bin") as content:
            content.write(os.urandom(size))
            content.flush()
            # A column that is not there is made by the SDK.
            client.files.upload(TABLE, one, column, content.name, mode=mode, if_none_match=False)
        row = client.records.retrieve(TABLE, one, select=[column])
        same(f"{column} of {size}", bool(row[column.lower()]), True)


@part
def in_a_batch():
    name = f"new_Batch{run}"
    batch = client.batch.new()
    batch.tables.create(name, {"new_Size": "int"})
    batch.tables.get(name)
    told = batch.execute().responses
    same("made", [told[0].status_code, told[1].data["value"][0]["EntitySetName"]], [200, name.lower() + "s"])
    batch = client.batch.new()
    batch.tables.add_columns(name, {"new_Color": "string"})
    batch.records.create(name, {"new_name": "x", "new_color": "red"})
    batch.tables.remove_columns(name, "new_Size")
    batch.tables.delete(name)
    same("gone", [one.status_code for one in batch.execute().responses], [204] * 4)
    client.tables.delete(TABLE)
    same("no table", (client.tables.get(name), client.tables.get(TABLE)), (None, None))


told()
