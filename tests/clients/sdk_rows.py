"""Rows by Microsoft's SDK: values of every kind, filters of every operator, pages,
bulk, upserts, linked rows, data frames."""

import datetime
import time
import uuid

import pandas
from checked import client, part, refused, run, same, told
from PowerPlatform.Dataverse.core.errors import MetadataError
from PowerPlatform.Dataverse.models.filters import col, raw
from PowerPlatform.Dataverse.models.query_builder import ExpandOption
from PowerPlatform.Dataverse.models.upsert import UpsertItem

FORMATTED = "@OData.Community.Display.V1.FormattedValue"


@part
def values():
    text = "Zeile 1\nZeile 2 äöü €"
    written = {
        "name": f"A {run}",
        "revenue": 12.5,
        "numberofemployees": 7,
        "creditonhold": True,
        "industrycode": "Consulting",
        "lastonholdtime": "2026-01-02T03:04:05Z",
        "description": text,
        "accountnumber": f"N{run}",
        "new_interests": "100000000,100000002",
    }
    one = client.records.create("account", written)
    row = client.records.retrieve("account", one, select=[*written, "statecode", "statuscode"], include_annotations="*")
    same("values", {name: row[name] for name in written}, {**written, "industrycode": 6})
    labels = ["industrycode", "new_interests", "creditonhold", "statecode", "numberofemployees", "revenue"]
    expected = ["Consulting", "Invoicing; Reports", "Yes", "Active", "7", "$12.50"]
    same("labels", [row.get(name + FORMATTED) for name in labels], expected)
    same("etag", row.etag.startswith('W/"'), True)
    client.records.update("account", one, {"statecode": 1, "statuscode": 2})
    client.records.update("account", one, {"Name": "Pascal", "RevEnue": None})
    row = client.records.retrieve("account", one, select=["Name", "revenue", "statecode"])
    same("changed", (row["name"], row["revenue"], row["statecode"]), ("Pascal", None, 1))
    key = f"accountnumber='N{run}'"
    client.records.update("account", key, {"name": "by key"})
    same("by key", client.records.retrieve("account", key, select=["name"])["name"], "by key")
    client.records.delete("account", key)
    same("gone", client.records.retrieve("account", one), None)
    own = str(uuid.uuid4())
    same("own id", client.records.create("account", {"accountid": own, "name": "own"}), own)
    again = lambda: client.records.create("account", {"accountid": own, "name": "own"})
    refused("own id again", again, 412, "0x80040237")


@part
def refusals():
    number = {"name": "x", "accountnumber": f"R{run}"}
    client.records.create("account", number)
    nobody = str(uuid.uuid4())
    create = lambda **values: lambda: client.records.create("account", {"name": "x", **values})
    refused("twice", create(**number), 412, "0x80060892")
    refused("no column", create(nosuch=1), 400)
    refused("no number", create(numberofemployees="seven"), 400)
    refused("out of range", create(numberofemployees=-1), 400)
    refused("no option", create(industrycode=99), 400)
    refused("too long", create(description="x" * 2001), 400, "0x80044331")
    refused("update", lambda: client.records.update("account", nobody, {"name": "x"}), 404, "0x80040217")
    refused("delete", lambda: client.records.delete("account", nobody), 404, "0x80040217")
    bind = lambda name, key: lambda: client.records.create("contact", {"fullname": "x", name: f"/accounts({key})"})
    refused("nobody", bind("parentcustomerid_account@odata.bind", nobody), 404, "0x80040217")
    refused("another case", bind("ParentCustomerId_account@odata.bind", nobody), 400)
    try:
        client.records.create("nosuchtable", {"a": 1})
        same("no table", "accepted", "refused")
    except MetadataError as error:
        same("no table", "nosuchtable" in str(error), True)


@part
def bulk():
    made = [
        {"fullname": f"B {run}", "jobtitle": f"{n:03}", "annualincome": n * 1000, "birthdate": f"19{n % 90 + 10}-01-01",
         "gendercode": 1 + n % 2, "numberofchildren": n % 5, "donotemail": n % 3 == 0}
        for n in range(60)
    ]  # fmt: skip
    ids = client.records.create("contact", made)
    own = col("fullname") == f"B {run}"
    count = lambda expression: len(client.query.builder("contact").select("jobtitle").where(own & expression).execute())
    income, title, children = col("annualincome"), col("jobtitle"), col("numberofchildren")
    cases = [
        (income > 30000, 29), (income >= 30000, 30), (income < 1000, 1), (income <= 1000, 2), (income != 0, 59),
        (income == 30000.0, 1), (income.between(10000, 20000), 11), (income.not_between(10000, 20000), 49),
        (title.in_(["001", "002", "xxx"]), 2), (title.not_in(["001", "002"]), 58), (children.in_([1, 2]), 24),
        (col("telephone1").is_null(), 60), (col("telephone1").is_not_null(), 0), (title.contains("05"), 11),
        (title.startswith("05"), 10), (title.endswith("5"), 6), (title.like("05%"), 10), (title.like("%05%"), 11),
        (title.not_like("05%"), 50), (~(col("gendercode") == 1), 30), ((children == 1) | (children == 2), 24),
        (col("donotemail") == True, 20), (col("birthdate") >= datetime.date(1950, 1, 1), 20),  # noqa: E712
        (col("createdon") >= datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), 60),
        (col("contactid") == uuid.UUID(ids[3]), 1), (col("contactid").in_(ids[:4]), 4),
        (raw("Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')"), 60),
    ]  # fmt: skip
    for expression, expected in cases:
        same(str(expression), count(expression), expected)
    filter = f"fullname eq 'B {run}'"
    pages = [
        [row["jobtitle"] for row in page]
        for page in client.records.list_pages("contact", filter=filter, select=["jobtitle"], orderby=["jobtitle"], page_size=7)
    ]
    same("pages", ([len(page) for page in pages], sum(pages, [])), ([7] * 8 + [4], [f"{n:03}" for n in range(60)]))
    builder = client.query.builder("contact").select("jobtitle", "gendercode").where(own)
    builder = builder.order_by("jobtitle", descending=True).page_size(20).count().include_formatted_values()
    pages = list(builder.execute_pages())
    same("builder", ([len(page) for page in pages], pages[0][0]["gendercode" + FORMATTED]), ([20] * 3, "Female"))
    client.records.update("contact", ids, {"telephone1": "1"})
    client.records.update("contact", ids[:3], [{"jobtitle": "x"}, {"jobtitle": "y"}, {"jobtitle": None}])
    same("updated", (count(col("telephone1") == "1"), count(title.is_null()), count(title == "y")), (60, 1, 1))
    both = [ids[0], str(uuid.uuid4())]
    refused("update of nobody", lambda: client.records.update("contact", both, {"telephone1": "2"}), 404)
    rows = [{"fullname": f"Undone {run}"}, {"fullname": "x" * 500}]
    refused("create", lambda: client.records.create("contact", rows), 400)
    undone = len(client.records.list("contact", filter=f"fullname eq 'Undone {run}'"))
    same("all or nothing", (count(col("telephone1") == "2"), undone), (0, 0))
    same("job", bool(client.records.delete("contact", ids[:50])), True)
    until = time.monotonic() + 10
    while count(col("telephone1") == "1") > 10 and time.monotonic() < until:
        pass
    client.records.delete("contact", ids[50:55], use_bulk_delete=False)
    same("deleted", count(col("telephone1") == "1"), 5)


@part
def upserts():
    items = [UpsertItem(alternate_key={"accountnumber": f"U{run}{n}"}, record={"name": str(n)}) for n in range(5)]
    client.records.upsert("account", items)
    client.records.upsert("account", [{"alternate_key": {"accountnumber": f"U{run}0"}, "record": {"name": "again"}}])
    rows = client.records.list("account", filter=f"startswith(accountnumber,'U{run}')", select=["name"], orderby=["accountnumber"])
    same("names", [row["name"] for row in rows], ["again", "1", "2", "3", "4"])
    quoted = UpsertItem(alternate_key={"accountnumber": f"O'B {run}"}, record={"name": "quoted"})
    client.records.upsert("account", [quoted])
    same("quote", len(client.records.list("account", filter=f"accountnumber eq 'O''B {run}'", select=["name"])), 1)
    wrong = UpsertItem(alternate_key={"name": "x"}, record={"revenue": 1})
    refused("no key", lambda: client.records.upsert("account", [wrong]), 400)


@part
def linked():
    account = client.records.create("account", {"name": f"P {run}"})
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    people = client.records.create("contact", [{"fullname": f"C{n} {run}", **bind} for n in range(3)])
    client.records.update("account", account, {"primarycontactid@odata.bind": f"/contacts({people[0]})"})
    options = ["primarycontactid($select=fullname)", "contact_customer_accounts($select=fullname;$orderby=fullname desc;$top=2)"]
    row = client.records.retrieve("account", account, select=["name"], expand=options)
    names = [person["fullname"] for person in row["contact_customer_accounts"]]
    same("expanded", (row["primarycontactid"]["fullname"], names), (f"C0 {run}", [f"C2 {run}", f"C1 {run}"]))
    person = ExpandOption("primarycontactid").select("fullname")
    builder = client.query.builder("account").select("name").where(col("name") == f"P {run}").expand(person)
    same("builder", builder.execute()[0]["primarycontactid"]["fullname"], f"C0 {run}")
    nested = ["parentcustomerid_account($select=name;$expand=primarycontactid($select=fullname))"]
    row = client.records.retrieve("contact", people[1], select=["fullname"], expand=nested)
    same("nested", row["parentcustomerid_account"]["primarycontactid"]["fullname"], f"C0 {run}")
    row = client.records.retrieve("contact", people[1], select=["_parentcustomerid_value"], include_annotations="*")
    crm = "_parentcustomerid_value@Microsoft.Dynamics.CRM."
    told = (row["_parentcustomerid_value"], row[crm + "lookuplogicalname"], row[crm + "associatednavigationproperty"])
    same("lookup", told, (account, "account", "parentcustomerid_account"))
    same("its label", row["_parentcustomerid_value" + FORMATTED], f"P {run}")
    for table, filter, expected in [
        ("contact", f"parentcustomerid_account/name eq 'P {run}'", 3),
        ("contact", f"_parentcustomerid_value eq {account}", 3),
        ("account", f"contact_customer_accounts/any(c:c/fullname eq 'C2 {run}')", 1),
        ("account", f"name eq 'P {run}' and contact_customer_accounts/all(c:endswith(c/fullname,'{run}'))", 1),
    ]:
        same(filter, len(client.records.list(table, filter=filter)), expected)
    same("bind", client.query.odata_bind("contact", "account", account), bind)
    columns = {column["name"]: column["type"] for column in client.query.sql_columns("account")}
    same("columns", (columns["name"], columns["primarycontactid"], columns["revenue"]), ("String", "Lookup", "Money"))
    client.records.update("account", account, {"primarycontactid@odata.bind": None})
    row = client.records.retrieve("account", account, select=["_primarycontactid_value"])
    same("cleared", row["_primarycontactid_value"], None)


@part
def frames():
    frame = pandas.DataFrame([{"fullname": f"D {run}", "annualincome": n + 0.5} for n in range(3)])
    frame["contactid"] = client.dataframe.create("contact", frame)
    client.dataframe.update("contact", frame[["contactid"]].assign(jobtitle="z"), id_column="contactid")
    found = client.dataframe.sql(f"SELECT jobtitle, annualincome FROM contact WHERE fullname = 'D {run}' ORDER BY annualincome")
    same("frame", (list(found["jobtitle"]), list(found["annualincome"])), (["z"] * 3, [0.5, 1.5, 2.5]))
    client.dataframe.delete("contact", frame["contactid"], use_bulk_delete=False)
    at = pandas.DataFrame([{"name": f"D {run}", "lastonholdtime": pandas.Timestamp("2026-01-02 03:04:05")}])
    one = client.dataframe.create("account", at)[0]
    row = client.records.retrieve("account", one, select=["lastonholdtime"])
    same("timestamp", row["lastonholdtime"], "2026-01-02T03:04:05Z")
    same("empty", len(client.dataframe.get("contact", filter=f"fullname eq 'D {run}'")), 0)


told()
