"""Queries by Microsoft's SDK: SQL, FetchXML with pages and links, and batches."""

from checked import client, part, refused, run, same, told
from PowerPlatform.Dataverse.models.upsert import UpsertItem

account = client.records.create("account", {"name": f"S {run}", "revenue": 5, "numberofemployees": 3, "industrycode": 6})
client.records.create("account", {"name": f"S2 {run}", "revenue": 7, "numberofemployees": 3})
bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
people = client.records.create("contact", [{"fullname": f"SC{n} {run}", "annualincome": n, **bind} for n in range(4)])
LIKE = f"fullname LIKE 'SC%{run}'"
OWN = f"name LIKE 'S%{run}'"


@part
def sql():
    ask = lambda query: [dict(row.data) for row in client.query.sql(query)]
    for query, rows in [
        (f"SELECT name FROM account WHERE {OWN} ORDER BY name", 2),
        (f"SELECT name FROM account WHERE name IN ('S {run}', 'S2 {run}')", 2),
        (f"SELECT name FROM account WHERE {OWN} AND revenue BETWEEN 6 AND 8", 1),
        (f"SELECT name FROM account WHERE {OWN} AND industrycode IS NULL", 1),
        (f"SELECT name FROM account WHERE {OWN} AND industrycode IS NOT NULL", 1),
        (f"SELECT DISTINCT numberofemployees FROM account WHERE {OWN}", 1),
        (f"SELECT TOP 3 fullname FROM contact WHERE {LIKE}", 3),
        (f"SELECT fullname FROM contact WHERE {LIKE} AND NOT (annualincome = 1 OR annualincome = 2)", 2),
        (f"SELECT fullname FROM contact WHERE {LIKE} AND annualincome <> 1", 3),
        (f"SELECT fullname FROM contact WHERE contactid = '{people[0]}'", 1),
        (f"select fullname from contact where {LIKE} order by fullname asc", 4),
        (f"SELECT fullname FROM contact WHERE {LIKE} AND createdon > '2020-01-01'", 4),
        (f"SELECT c.fullname, a.name FROM contact c JOIN account a ON c.parentcustomerid = a.accountid WHERE a.name = 'S {run}'", 4),
        (f"SELECT a.name, c.fullname FROM account a LEFT JOIN contact c ON a.accountid = c.parentcustomerid WHERE a.{OWN}", 5),
    ]:
        same(query, len(ask(query)), rows)
    same("alias", ask(f"SELECT a.name AS title FROM account a WHERE a.name = 'S {run}'"), [{"title": f"S {run}"}])
    page = f"SELECT fullname FROM contact WHERE {LIKE} ORDER BY fullname OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY"
    same("offset", [row["fullname"] for row in ask(page)], [f"SC1 {run}", f"SC2 {run}"])
    functions = "COUNT(*) AS n, SUM(revenue) AS total, AVG(revenue) AS mean, MIN(revenue) AS least, MAX(revenue) AS most"
    groups = ask(f"SELECT numberofemployees, {functions} FROM account WHERE {OWN} GROUP BY numberofemployees")
    same("groups", groups, [{"numberofemployees": 3, "n": 2, "total": 12, "mean": 6, "least": 5, "most": 7}])
    many = ask("SELECT name FROM account WHERE new_status = 'active'")
    same("pages", len(many) >= 20_000, True)
    for query in ("SELECT nosuch FROM account", "SELECT name FROM account WHERE nosuch = 1", "SELECT name FROM account WHERE"):
        refused(query, lambda query=query: ask(query), 400, "0x80040203")


def entity(inner, name="contact", head=""):
    return client.query.fetchxml(f"<fetch {head}><entity name='{name}'>{inner}</entity></fetch>").execute()


def condition(operator, value="", column="annualincome"):
    own = f"<condition attribute='fullname' operator='like' value='SC%{run}'/>"
    inner = f"<condition attribute='{column}' operator='{operator}'{value}"
    return f"<attribute name='fullname'/><filter>{own}{inner}</filter>"


@part
def fetch_xml():
    text = "<attribute name='fullname'/><order attribute='fullname'/><filter><condition attribute='fullname' operator='begins-with' value='Person'/></filter>"
    query = client.query.fetchxml(f"<fetch count='60'><entity name='contact'>{text}</entity></fetch>")
    pages = list(query.execute_pages())
    same("pages", [len(page) for page in pages], [60, 60, 60, 20])
    same("each once", len({row["contactid"] for page in pages for row in page}), 200)
    values = lambda *listed: ">" + "".join(f"<value>{one}</value>" for one in listed) + "</condition>"
    for operator, value, rows in [
        ("eq", " value='2'/>", 1), ("ne", " value='2'/>", 3), ("gt", " value='2'/>", 1), ("ge", " value='2'/>", 2),
        ("lt", " value='2'/>", 2), ("le", " value='2'/>", 3), ("null", "/>", 0), ("not-null", "/>", 4),
        ("in", values(1, 2), 2), ("not-in", values(1), 3), ("between", values(1, 3), 3), ("not-between", values(1, 3), 1),
    ]:  # fmt: skip
        same(operator, len(entity(condition(operator, value))), rows)
    for operator, value, rows in [
        ("today", "/>", 4), ("yesterday", "/>", 0), ("this-year", "/>", 4), ("last-x-days", " value='7'/>", 4),
        ("next-x-days", " value='3'/>", 0), ("olderthan-x-days", " value='5'/>", 0), ("on-or-after", " value='2020-01-01'/>", 4),
    ]:  # fmt: skip
        same(operator, len(entity(condition(operator, value, "createdon"))), rows)
    same("mine", len(entity(condition("eq-userid", "/>", "ownerid"))), 4)
    link = "<link-entity name='account' from='accountid' to='parentcustomerid' alias='acc'{}>{}</link-entity>"
    inner = link.format("", f"<attribute name='name'/><filter><condition attribute='name' operator='eq' value='S {run}'/></filter>")
    rows = entity("<attribute name='fullname'/><order attribute='fullname'/>" + inner)
    same("linked", [(row["fullname"], row["acc.name"]) for row in rows], [(f"SC{n} {run}", f"S {run}") for n in range(4)])
    back = "<attribute name='name'/><filter><condition attribute='name' operator='like' value='S%{}'/></filter><link-entity name='contact' from='parentcustomerid' to='accountid' link-type='{}' alias='c'/>"
    for kind, rows in [("inner", 4), ("outer", 5), ("exists", 1), ("in", 1)]:
        same(kind, len(entity(back.format(run, kind), "account")), rows)
    sums = "<attribute name='contactid' alias='n' aggregate='count'/><attribute name='annualincome' alias='s' aggregate='sum'/>"
    own = f"<filter><condition attribute='fullname' operator='like' value='SC%{run}'/></filter>"
    row = entity(sums + own, head="aggregate='true'")[0]
    same("sums", (row["n"], row["s"]), (4, 6))
    refused("no column", lambda: entity("<attribute name='nosuch'/>"), 400, "0x80041102")
    refused("no operator", lambda: entity(condition("bogus", " value='1'/>")), 400)


@part
def parts_of_a_batch():
    batch = client.batch.new()
    batch.records.create("account", {"name": f"b1 {run}"})
    batch.records.create("contact", [{"fullname": f"b2 {run}"}, {"fullname": f"b3 {run}"}])
    batch.query.sql(f"SELECT name FROM account WHERE name = 'b1 {run}'")
    batch.tables.get("account")
    item = lambda key, name: UpsertItem(alternate_key={"accountnumber": key + run}, record={"name": name})
    batch.records.upsert("account", [item("BA", "one")])
    batch.records.upsert("account", [item("BA", "two"), item("BB", "three")])
    batch.records.list("contact", filter=f"contains(fullname, '{run}') and gendercode eq null", select=["fullname"], page_size=2)
    told = batch.execute().responses
    same("statuses", [one.status_code for one in told], [204, 200, 200, 200, 204, 204, 200])
    made, ids = told[0].entity_id, told[1].data["Ids"]
    same("answers", (len(ids), told[2].data["value"], len(told[6].data["value"])), (2, [{"name": f"b1 {run}"}], 2))
    same("link", "@odata.nextLink" in told[6].data, True)
    batch = client.batch.new()
    batch.records.retrieve("account", made, select=["name"], include_annotations="*")
    batch.records.update("account", made, {"name": "changed"})
    batch.records.update("contact", ids, {"jobtitle": "j"})
    batch.records.delete("contact", ids, use_bulk_delete=False)
    batch.records.delete("account", made)
    batch.records.retrieve("account", made)
    batch.records.create("account", {"name": f"after {run}"})
    result = batch.execute(continue_on_error=True)
    same("goes on", [one.status_code for one in result.responses], [200, 204, 204, 204, 204, 204, 404, 204])
    same("failed", [one.error_code for one in result.failed], ["0x80040217"])
    batch = client.batch.new()
    for name in (f"first {run}", "x" * 999, f"never {run}"):
        batch.records.create("account", {"name": name})
    result = batch.execute()
    same("stops", [(one.status_code, one.error_code) for one in result.responses], [(400, "0x80044331")])
    left = [len(client.records.list("account", filter=f"name eq '{name} {run}'")) for name in ("first", "never")]
    same("left", left, [1, 0])


@part
def change_sets():
    batch = client.batch.new()
    with batch.changeset() as changes:
        parent = changes.records.create("account", {"name": f"cs {run}"})
        child = changes.records.create("contact", {"fullname": f"csc {run}", "parentcustomerid_account@odata.bind": parent})
        changes.records.update("account", parent, {"primarycontactid@odata.bind": child, "revenue": 9})
    with batch.changeset() as changes:
        lead = changes.records.create("lead", {"fullname": "gone at once"})
        changes.records.delete("lead", lead)
    batch.records.list("account", filter=f"name eq 'cs {run}'", select=["revenue"], expand=["primarycontactid($select=fullname)"])
    told = batch.execute().responses
    same("statuses", [one.status_code for one in told], [204] * 5 + [200])
    same("content ids", [one.content_id for one in told[:5]], ["1", "2", "3", "4", "5"])
    row = told[5].data["value"][0]
    same("linked", (row["revenue"], row["primarycontactid"]["fullname"]), (9, f"csc {run}"))
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("account", {"name": f"undone {run}"})
        changes.records.update("account", told[0].entity_id, {"name": "x" * 999})
    result = batch.execute(continue_on_error=True)
    same("refused", [one.status_code for one in result.responses], [400])
    same("undone", len(client.records.list("account", filter=f"name eq 'undone {run}'")), 0)


told()
