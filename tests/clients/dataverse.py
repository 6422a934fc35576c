"""Dataverse by Microsoft's own SDK: rows, bulk, pages, batches, SQL, files, tables.

Reads the variables of `seamstress serve --tls --dataverse-open --write-env`, does
what services do, and prints one JSON object of what it saw. Certificates are
believed because REQUESTS_CA_BUNDLE says so; nothing of the SDK is changed.
"""

import json
import os
import tempfile

from checked import client, run
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.upsert import UpsertItem

seen = {}


def crud():
    one = client.records.create("account", {"name": f"One {run}", "accountcategorycode": "Standard", "creditlimit": 5})
    row = client.records.get("account", one, select=["name", "accountcategorycode", "creditlimit"])
    client.records.update("account", one, {"name": f"Changed {run}"})
    changed = client.records.get("account", one, select=["name"])
    seen["crud"] = [row["accountcategorycode"], row["creditlimit"], changed["name"] == f"Changed {run}"]
    client.records.delete("account", one)
    try:
        client.records.get("account", one)
    except HttpError as error:
        seen["gone"] = [error.status_code, error.details.get("service_error_code")]


def bulk():
    names = [{"fullname": f"Bulk {run}", "jobtitle": str(n)} for n in range(25)]
    ids = client.records.create("contact", names)
    client.records.update("contact", ids, {"telephone1": "+49 30 1"})
    client.records.update("contact", ids[:2], [{"jobtitle": "a"}, {"jobtitle": "b"}])
    pages = [
        len(page)
        for page in client.records.get(
            "contact",
            filter=f"fullname eq 'Bulk {run}' and telephone1 eq '+49 30 1'",
            orderby=["jobtitle desc"],
            select=["jobtitle"],
            page_size=10,
        )
    ]
    seen["bulk"] = [len(set(ids)), pages]
    seen["sql"] = len(client.query.sql(f"SELECT fullname, jobtitle FROM contact WHERE fullname = 'Bulk {run}'"))
    seen["sql top"] = client.query.sql(
        f"SELECT TOP 2 jobtitle FROM contact WHERE fullname = 'Bulk {run}' ORDER BY jobtitle DESC"
    )[0]["jobtitle"]
    for one in ids:
        client.records.delete("contact", one)


def upsert():
    number = f"U-{run}"
    item = lambda name, key=number: UpsertItem(alternate_key={"accountnumber": key}, record={"name": name})
    client.records.upsert("account", [item("First")])
    client.records.upsert("account", [item("Second"), item("Other", number + "b")])
    rows = [
        row["name"]
        for page in client.records.get(
            "account", filter=f"startswith(accountnumber,'{number}')", select=["name"], orderby=["name"]
        )
        for row in page
    ]
    seen["upsert"] = rows


def batch():
    batch = client.batch.new()
    batch.records.create("account", {"name": f"Batch {run}"})
    batch.records.create("account", {"name": "x" * 2000})
    result = batch.execute(continue_on_error=True)
    seen["batch"] = [response.status_code for response in result.responses]
    batch = client.batch.new()
    with batch.changeset() as changes:
        parent = changes.records.create("account", {"name": f"Parent {run}"})
        changes.records.create("contact", {"fullname": f"Child {run}", "parentcustomerid_account@odata.bind": parent})
    seen["change set"] = [response.status_code for response in batch.execute().responses]
    children = [
        row
        for page in client.records.get(
            "contact",
            filter=f"fullname eq 'Child {run}'",
            select=["fullname"],
            expand=["parentcustomerid_account($select=name)"],
        )
        for row in page
    ]
    seen["child of"] = [child["parentcustomerid_account"]["name"] == f"Parent {run}" for child in children]
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("account", {"name": f"Undone {run}"})
        changes.records.create("account", {"name": "x" * 2000})
    seen["undone"] = batch.execute().has_errors
    left = [row for page in client.records.get("account", filter=f"name eq 'Undone {run}'") for row in page]
    seen["left"] = len(left)


def file():
    account = client.records.create("account", {"name": f"File {run}"})
    with tempfile.NamedTemporaryFile(suffix=".bin", delete=False) as content:
        content.write(os.urandom(9 * 1024 * 1024))
    client.files.upload("account", account, "new_document", content.name, mode="small")
    client.files.upload("account", account, "new_document", content.name, mode="chunk", if_none_match=False)
    os.unlink(content.name)
    seen["file"] = bool(client.records.get("account", account, select=["new_document"]).get("new_document"))


def tables():
    info = client.tables.get("account")
    seen["table"] = [info["entity_set_name"], info["primary_name_attribute"], info["primary_id_attribute"]]
    seen["tables"] = any(table["LogicalName"] == "contact" for table in client.tables.list(select=["LogicalName"]))
    columns = client.tables.list_columns("account", select=["LogicalName", "AttributeType"])
    seen["columns"] = any(c["LogicalName"] == "name" and c["AttributeType"] == "String" for c in columns)
    seen["keys"] = [key.key_attributes for key in client.tables.get_alternate_keys("account")]
    seen["relationships"] = any(
        r["SchemaName"] == "contact_customer_accounts" for r in client.tables.list_table_relationships("account")
    )


for part in (crud, bulk, upsert, batch, file, tables):
    try:
        part()
    except Exception as error:  # Told with the rest, so that one run shows all.
        seen[f"{part.__name__} failed"] = f"{type(error).__name__}: {error}"[:600]
print(json.dumps(seen))
