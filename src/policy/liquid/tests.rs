//! Templates that are read, and faults in others.

use super::{Node, Template};
use crate::diagnose::Place;

fn place() -> Place {
    Place { file: "p.xml".into(), line: 3, column: 5 }
}

fn told(text: &str) -> String {
    Template::parse(text, &place()).expect_err("faulty").to_string()
}

#[test]
fn what_a_template_reads_is_known() {
    let template = Template::parse("{ \"a\": \"{{ body.a.b[0] | Upcase }}\" }", &place()).expect("clean");
    assert!(template.reads_body && !template.reads_context);
    assert!(Template::parse("{{context.Request.Url}}", &place()).expect("clean").reads_context);
    let raw = Template::parse("{% raw %}{{ body }}{% endraw %}", &place()).expect("clean");
    assert!(!raw.reads_body);
    assert!(matches!(raw.nodes.as_slice(), [Node::Text(text)] if &**text == "{{ body }}"));
}

#[test]
fn faults_name_their_place() {
    insta::assert_snapshot!(told("a\n  {{ body.a | upcase }}"), @r"
    error: filter `upcase` is unknown or not emulated
      --> p.xml:4:15
      hint: write `Upcase`: API Management reads filters in C# naming
    ");
    insta::assert_snapshot!(told("{% iff body.a %}{% endif %}"), @r"
    error: tag `iff` is unknown or not emulated
      --> p.xml:3:7
      expected: one of if, unless, case, for, assign, capture, comment, raw, break, continue, else, elsif
      hint: did you mean `if`?
    ");
    insta::assert_snapshot!(told("{% if body.a %}x"), @r"
    error: `{% if %}` is not closed
      --> p.xml:3:7
      expected: `{% endif %}`
    ");
    insta::assert_snapshot!(told("{% endfor %}"), @r"
    error: `{% endfor %}` closes nothing that is open
      --> p.xml:3:7
    ");
    insta::assert_snapshot!(told("x {{ body.a"), @r"
    error: `{{` is not closed
      --> p.xml:3:7
      expected: `}}`
    ");
    insta::assert_snapshot!(told("{{ body.a | Split }}"), @r"
    error: filter `Split` has 0 arguments
      --> p.xml:3:23
      expected: 1
    ");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\{%|%\\}|\\{\\{|\\}\\}|if |else|endif|for x in |[a-z.|:\"'\\[\\]() -]|é){0,40}") {
        let _ = Template::parse(&text, &place());
    }
}
