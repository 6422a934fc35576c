//! Documents that are read as they were meant.

use serde_json::json;

use super::{LinkValue, OpenApi, SchemaRef};

fn at(pointer: &str) -> SchemaRef {
    SchemaRef { pointer: pointer.into() }
}

#[test]
fn what_is_meant_is_read_and_told() {
    let text = r##"
openapi: 3.0.1
info: { title: t, version: 1.0 }
servers: [{ url: "https://x.example/{stage}/v{n}/{tenant}", variables: { stage: { default: prod }, n: { enum: [2, 3] } } }]
x-shared: &shared { description: shared, content: { application/json: { schema: { $ref: "#/components/schemas/A" } } } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
    token: { type: http, scheme: Bearer }
  schemas:
    A: { type: string, pattern: "(", enum: [] }
security: [{ key: [], token: [] }]
paths:
  things/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      parameters: [{ name: id, in: path, required: true, style: matrix, schema: { type: string } }]
      responses:
        200: *shared
        4xx: { <<: *shared, description: bad }
        default: { description: other, links: { next: { operationRef: "#/paths/~1things~1{id}/get", parameters: { path.id: 5 } } } }
    post: { security: [], responses: {} }
    put: { security: [{ token: [] }, {}], operationId: "GET /things/{id}", responses: {} }
"##;
    let document = OpenApi::parse("a.yaml", text).expect("loads");
    assert_eq!(document.base_path, "/prod/v2");
    let ids: Vec<&str> = document.operations.iter().map(|o| &*o.id).collect();
    assert_eq!(ids, ["GET /things/{id}", "PUT /things/{id}", "POST /things/{id}"]);
    let get = &document.operations[0];
    assert_eq!(
        (get.path.as_str(), get.parameters.len(), get.parameters[0].style.as_str()),
        ("/things/{id}", 1, "matrix")
    );
    let ok = get.response(200).expect("an integer key is a status");
    assert_eq!(get.response(418).map(|r| r.content.len()), Some(1));
    let link = &get.response(500).expect("default").links[0];
    assert_eq!(
        (link.operation.as_deref(), &*link.parameters),
        (Some("GET /things/{id}"), &[("path.id".into(), LinkValue::Constant(json!(5)))][..])
    );
    assert!(
        document.validator(ok.content[0].schema.as_ref().expect("declared")).expect("compiles").is_valid(&json!("("))
    );
    assert_eq!(document.missing_security(get, super::SecurityKind::is_bearer), ["key"]);
    assert!(get.secured && document.missing_security(get, |_| true).is_empty());
    let open =
        document.operations[1..].iter().map(|o| o.secured || !document.missing_security(o, |_| false).is_empty());
    assert_eq!(open.collect::<Vec<_>>(), [false, false]);
    let told = document.notices.to_string();
    for what in [
        "does not begin with `/`",
        "`pattern` is no regular expression",
        "`enum` is an empty list",
        "variables without a default",
    ] {
        assert!(told.contains(what), "{what} in:\n{told}");
    }
}

#[test]
fn what_goes_one_way_only_is_not_asked_for_the_other_way() {
    let text = r##"
openapi: 3.0.1
info: { title: t, version: "1" }
paths: {}
components:
  schemas:
    Base: { type: object, required: [id, kind], discriminator: { propertyName: kind, mapping: { kitty: Cat } },
            properties: { id: { type: integer, readOnly: true }, kind: { type: string }, pin: { type: string, writeOnly: true } } }
    Cat: { required: [pin, id], allOf: [{ $ref: "#/components/schemas/Base" }, { properties: { claws: { type: integer } } }] }
    Dog: { allOf: [{ $ref: "#/components/schemas/Base" }, { required: [bark], properties: { bark: { type: boolean } } }] }
    Owner: { properties: { pet: { $ref: "#/components/schemas/Base" }, mood: { type: string, nullable: true, enum: [good] } } }
    Either: { oneOf: [{ $ref: "#/components/schemas/A" }, { $ref: "#/components/schemas/B" }], discriminator: { propertyName: t } }
    A: { type: object, properties: { t: { type: string }, a: { type: integer } } }
    B: { type: object, properties: { t: { type: string, enum: [b] }, b: { type: integer } } }
"##;
    let document = OpenApi::parse("a.yaml", text).expect("loads");
    let sent = |name: &str, value| {
        document.request_validator(&at(&format!("/components/schemas/{name}"))).expect("compiles").is_valid(&value)
    };
    assert!(sent("Cat", json!({"pin": "1", "kind": "kitty"})) && !sent("Cat", json!({"pin": "1", "kind": "Cat"})));
    assert!(!sent("Cat", json!({"kind": "kitty"})), "what is only written is required");
    assert!(
        sent("Owner", json!({"pet": {"kind": "Dog", "bark": true}})) && !sent("Owner", json!({"pet": {"kind": "Dog"}}))
    );
    assert!(!sent("Owner", json!({"pet": {"kind": "Cow"}})) && !sent("Owner", json!({"mood": null})));
    assert!(
        sent("Either", json!({"t": "A"})) && sent("Either", json!({"t": "b"})) && !sent("Either", json!({"t": "a"}))
    );
    let answered = |name: &str, value| {
        document.answer_validator(&at(&format!("/components/schemas/{name}"))).expect("compiles").is_valid(&value)
    };
    assert!(answered("Cat", json!({"id": 1, "kind": "any"})) && !answered("Cat", json!({"kind": "any"})));
    assert!(answered("Owner", json!({"mood": null})));
}
