//! The shipped documents and overlays, and faults in documents.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::policies::POLICIES;
use super::{Section, Surroundings, lint, load};

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/gateway")
}

#[test]
fn the_shipped_documents_and_their_overlays_are_clean() {
    let diagnostics = lint(&shipped());
    assert!(diagnostics.is_empty(), "{diagnostics}");
}

#[test]
fn every_section_of_every_shipped_api_folds_in_the_global_one() {
    let policies = load(&shipped(), &[], &Surroundings::of_the_stack()).expect("clean");
    for api in ["bulk-update-v1", "bulk-update-v2", "tabular-intake-v1", "tabular-intake-v2", "data"] {
        let effective = policies.effective(api, "any");
        let names: BTreeSet<&str> = effective.section(Section::Inbound).iter().map(|s| s.policy).collect();
        assert!(names.contains("check-header") && names.contains("validate-jwt"), "{api}: {names:?}");
        assert_eq!(effective.section(Section::Backend).len(), 1);
        assert!(!effective.section(Section::OnError).is_empty());
    }
    assert_eq!(policies.product_of("data"), None);
}

fn told(global: &str) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("global.xml"), global).expect("written");
    let told = lint(dir.path()).to_string();
    // Which policies there are is no concern of this test.
    let names = POLICIES.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
    told.replace(&dir.path().display().to_string(), "DIR").replace(&names, "POLICIES")
}

#[test]
fn whatever_is_unknown_is_told_with_its_place() {
    let text = told(
        r#"<policies>
  <inbound>
    <rate-limitt calls="1" />
    <rate-limit-by-key calls="many" renewal-period="301" counter-key="@(context.Foo)" colour="red" />
    <choose>
      <when condition="@(context.Request.Method)"><validate-odata-request error-variable-name="x" /></when>
    </choose>
    <set-header name="X"><valeu>{{gateway-kye}}</valeu></set-header>
    <include-fragment fragment-id="nowhere" />
  </inbound>
  <backend><forward-request /><forward-request /></backend>
  <outbound><rewrite-uri template="/x" /></outbound>
</policies>"#,
    );
    insta::assert_snapshot!(text);
}

#[test]
fn an_overlay_that_matches_nothing_is_a_fault() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join("defects")).expect("made");
    fs::write(
        dir.path().join("global.xml"),
        "<policies><inbound><set-variable id='limit' name='a' value='b' /></inbound>\
         <backend><forward-request /></backend><outbound /><on-error /></policies>",
    )
    .expect("written");
    fs::write(dir.path().join("defects/x.xml"), "<overlay>\n <remove document='*' policy='limits' />\n</overlay>")
        .expect("written");
    let told = lint(dir.path()).to_string().replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(told, @r"
    warning: no API stands in this folder: what a call meets was not judged
      --> DIR
      hint: give the folder of a whole instance, with its APIs

    error: no policy has the id `limits` in `*`
      --> DIR/defects/x.xml:2:2
      expected: limit
      hint: did you mean `limit`?
    ");
}
