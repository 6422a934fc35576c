//! Whether the environments of a settings file are apart: what is done in one
//! of them must not be felt in another.

use super::settings::{EnvironmentSettings, Settings};
use crate::diagnose::{Diagnostic, Diagnostics, Place};

/// The rule's name, as findings show it.
const RULE: &str = "environments-apart";

/// Why there is such a rule.
const WHY: &str = "A token of the one would open the other, and a test would write where work is done.";

/// What two environments must not share: the key of the settings, in words,
/// and what to do about it.
const APART: [(&str, &str, &str); 3] = [
    ("audience", "audience", "register the API once for each environment, and say which with `audience` or `scope`"),
    ("client-id", "client", "register a client for each environment"),
    ("dataverse", "Dataverse", "give each environment a Dataverse of its own"),
];

impl Settings {
    /// Every audience, client and Dataverse that two environments share, with
    /// the place where the second one names it; `text` is that of the file.
    /// Environments with one gateway are the same one under two names.
    pub fn lint(&self, file: &str, text: &str) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let all: Vec<_> = self.environments.iter().collect();
        for (at, (name, environment)) in all.iter().enumerate() {
            for (earlier, other) in &all[..at] {
                if other.gateway.trim_end_matches('/') == environment.gateway.trim_end_matches('/') {
                    continue;
                }
                for (key, word, remedy) in APART {
                    let shared = of(environment, key)
                        .filter(|value| of(other, key).is_some_and(|other| other.eq_ignore_ascii_case(value)));
                    if let Some(value) = shared {
                        let what = format!("`{earlier}` and `{name}` share the {word} `{value}`");
                        let place = place(file, text, name, key);
                        diagnostics.push(Diagnostic::warning(place, what).of_rule(RULE, WHY).hint(remedy));
                    }
                }
            }
        }
        diagnostics
    }
}

fn of<'e>(environment: &'e EnvironmentSettings, key: &str) -> Option<&'e str> {
    match key {
        "audience" => {
            let scope = environment.scope.as_deref().map(|scope| scope.trim_end_matches("/.default"));
            environment.audience.as_deref().or(scope)
        }
        "client-id" => environment.client_id.as_deref(),
        _ => environment.dataverse.as_deref().map(|url| url.trim_end_matches('/')),
    }
}

/// Where an environment says this, an audience perhaps by its scope; else
/// where it begins.
fn place(file: &str, text: &str, environment: &str, wanted: &str) -> Place {
    let header = |line: &str| {
        let name = line.trim().strip_prefix("[environments.").and_then(|rest| rest.strip_suffix(']'));
        name.map(|name| name.trim().trim_matches(['"', '\'']).to_owned())
    };
    let (mut within, mut begins, mut found) = (false, 0, None);
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with('[') {
            within = header(line).is_some_and(|name| name == environment);
            begins = if within { number } else { begins };
        } else if within && found.is_none() {
            let key = line.split('=').next().unwrap_or_default().trim();
            found = (key == wanted || (wanted == "audience" && key == "scope")).then_some(number);
        }
    }
    Place { file: file.into(), line: found.unwrap_or(begins), column: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        Settings::parse("s.toml", text).expect("settings").lint("s.toml", text).to_string()
    }

    #[test]
    fn what_two_environments_share_is_told_where_the_second_says_it() {
        let text = "[environments.dev]\ngateway = \"https://dev.example\"\nclient-id = \"c1\"\nscope = \"api://a/.default\"\n\
                    dataverse = \"https://org.example\"\n\n\
                    [environments.prod]\ngateway = \"https://prod.example\"\nclient-id = \"C1\"\naudience = \"api://a\"\n\
                    dataverse = \"https://org.example/\"\n";
        let told = told(text);
        for expected in [
            "environments-apart: `dev` and `prod` share the client `C1`\n  --> s.toml:9:1",
            "share the audience `api://a`\n  --> s.toml:10:1",
            "share the Dataverse\n  `https://org.example`\n  --> s.toml:11:1",
        ] {
            assert!(told.contains(expected), "{expected} in\n{told}");
        }
    }

    #[test]
    fn environments_that_share_nothing_or_are_one_are_silent() {
        let apart = "[environments.a]\ngateway = \"https://a.example\"\nclient-id = \"c1\"\n\
                     [environments.b]\ngateway = \"https://b.example\"\nclient-id = \"c2\"\n";
        assert_eq!(told(apart), "");
        assert_eq!(told(&apart.replace("b.example", "a.example").replace("c2", "c1")), "");
    }
}
