//! Templates and what they write.

use serde_json::{Value as Json, json};

use super::{bound_body, render};
use crate::clock::Timestamp;
use crate::diagnose::Place;
use crate::policy::Template;

fn rendered(text: &str, body: Json) -> String {
    let template = Template::parse(text, &Place::file("p.xml")).unwrap_or_else(|e| panic!("{e}"));
    let context = json!({ "Request": { "Url": { "Path": "/a", "ToString": "http://h/a" }, "Method": "GET" } });
    let now = Timestamp::parse("2026-09-01T08:00:00Z").expect("an instant");
    render(&template, body, context, now).expect("rendered")
}

#[test]
fn outputs_look_values_up_and_filter_them() {
    let body = || json!({ "name": "ada byron", "list": [3, 1, 2], "deep": [{ "a-b": { "c": null } }], "price": 2.50 });
    for (template, text) in [
        ("{{ body.name }}/{{body['name']}}/{{ body.none }}", "ada byron/ada byron/"),
        ("{{ body.name | Upcase | Append: '!' | Prepend: \"<\" }}", "<ADA BYRON!"),
        ("{{ body.name | Capitalize | Replace: 'Ada', 'A.' | Size }}", "8"),
        ("{{ body.none | Default: 'x' }}{{ body.deep[0].a-b.c | Default: 7 }}", "x7"),
        (
            "{{ body.list | Sort | Join: ', ' }}|{{ body.list | First }}{{ body.list.last }}{{ body.list.size }}",
            "1, 2, 3|323",
        ),
        ("{{ 'a,b,,c' | Split: ',' | Join: ' ' }}", "a b c"),
        (
            "{{ 7 | DividedBy: 2 }} {{ 7 | DividedBy: 2.0 }} {{ body.price | Plus: 1 }} {{ '3' | Minus: 1 }}",
            "3 3.5 3.5 2",
        ),
        ("{{ '2026-09-01T08:05:06Z' | Date: 'yyyyMMdd HH:mm' }} {{ 'now' | Date: 'yyyy' }}", "20260901 08:05 2026"),
        ("{{ 'soon' | Date: 'yyyy' }}", "soon"),
        ("{{ true }}{{ nil }}{{ body.list }}", "true312"),
        ("{{ context.Request.Url }} {{ context.request.url.path }}", "http://h/a /a"),
        ("{{ 'a b&c' | UrlEncode }} {{ '<i>x</i>' | StripHtml }} {{ '<' | Escape }}", "a+b%26c x &lt;"),
        ("{{ 'abcdef' | Slice: 1, 2 }} {{ 'abcdef' | Truncate: 5 }}", "bc ab..."),
    ] {
        assert_eq!(rendered(template, body()), text, "{template}");
    }
}

#[test]
fn tags_choose_and_repeat() {
    let body = || json!({ "items": [{ "n": "a", "q": 1 }, { "n": "b", "q": 0 }, { "n": "c", "q": 5 }], "kind": "x", "none": [] });
    for (template, text) in [
        (
            "{% for i in body.items %}{{ forloop.index }}{{ i.n }}{% unless forloop.last %},{% endunless %}{% endfor %}",
            "1a,2b,3c",
        ),
        ("{% for i in body.items %}{% if i.q == 0 %}{% continue %}{% endif %}{{ i.n }}{% endfor %}", "ac"),
        ("{% for i in body.items limit:1 offset:1 %}{{ i.n }}{% endfor %}", "b"),
        ("{% for i in body.items reversed %}{{ i.n }}{% break %}{% endfor %}", "c"),
        ("{% for i in body.none %}x{% else %}nothing{% endfor %}", "nothing"),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "123"),
        ("{% if body.kind == 'y' %}1{% elsif body.kind == 'x' and body.items.size > 2 %}2{% else %}3{% endif %}", "2"),
        ("{% unless body.kind == 'y' %}1{% else %}2{% endunless %}", "1"),
        ("{% case body.kind %}{% when 'a', 'b' %}1{% when 'x' %}2{% else %}3{% endcase %}", "2"),
        ("{% assign t = body.kind | Upcase %}{% capture c %}[{{ t }}]{% endcapture %}{{ c }}", "[X]"),
        ("{% comment %} {{ body.kind }} {% endcomment %}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a {%- if true -%} b {%- endif -%} c", "abc"),
        ("{% if body.items contains 'x' or body.kind contains 'x' %}1{% endif %}", "1"),
        (
            "{% if body.none == empty %}1{% endif %}{% if body.none %}2{% endif %}{% if body.nothing %}3{% endif %}",
            "12",
        ),
        ("{% for i in body.items %}{% assign last = i.n %}{% endfor %}{{ last }}{{ i }}", "c"),
    ] {
        assert_eq!(rendered(template, body()), text, "{template}");
    }
}

#[test]
fn bodies_are_bound_by_their_media_type() {
    let json =
        bound_body(r#"{"at":"2012-03-21T05:40Z","n":1}"#, "application/json; charset=utf-8", true).expect("JSON");
    assert_eq!(json, json!({ "at": "03/21/2012 05:40:00", "n": 1 }));
    let kept = bound_body(r#"{"at":"2012-03-21T05:40Z"}"#, "application/vnd.x+json", false).expect("JSON");
    assert_eq!(kept, json!({ "at": "2012-03-21T05:40Z" }));
    let xml = bound_body("<s:order xmlns:s='u'><line>1</line><line>2</line></s:order>", "text/xml", true).expect("XML");
    assert_eq!(rendered("{{ body.Order.line[1] }}", xml), "2");
    assert_eq!(bound_body("a=b", "text/plain", true), Ok(json!("a=b")));
    assert!(bound_body("{", "application/json", true).is_err());
}

#[test]
fn a_rendering_ends() {
    let text = "{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}";
    let template = Template::parse(text, &Place::file("p.xml")).expect("clean");
    let now = Timestamp::from_seconds(0);
    assert!(render(&template, Json::Null, Json::Null, now).is_err());
}
