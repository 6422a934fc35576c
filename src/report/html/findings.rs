//! The findings, each as an article that is complete by itself.

use std::fmt::Write;

use super::lanes;
use crate::check::Level;
use crate::clock::format_duration;
use crate::observe::{CallTrace, ChainLink};
use crate::report::escape::html;
use crate::report::json::{FindingRecord, RunRecord};
use crate::report::text::{how_often, how_small, severity};
use crate::report::{BodyRecord, ExchangeRecord};

/// The section.
pub(super) fn push(page: &mut String, record: &RunRecord) {
    page.push_str("<section id=\"findings\">\n<h2>Findings</h2>\n");
    if record.findings.is_empty() {
        page.push_str("<p>None.</p>\n");
    }
    for (i, (finding, below)) in record.groups().into_iter().enumerate() {
        push_finding(page, i + 1, finding, &below);
    }
    page.push_str("</section>\n");
    push_apart(page, record);
}

/// What is no broken promise of the service.
fn push_apart(page: &mut String, record: &RunRecord) {
    if record.environment.is_none() && record.ambiguous.is_empty() {
        return;
    }
    page.push_str("<section id=\"apart\">\n<h2>No fault of the service</h2>\n");
    if let Some(environment) = &record.environment {
        let _ = writeln!(page, "<p class=\"label\">The environment was down</p>\n<p>{}</p>", html(environment));
    }
    if !record.ambiguous.is_empty() {
        page.push_str(
            "<p class=\"label\">The contract contradicts itself, so nobody can say what would be right</p>\n<ul>\n",
        );
        for line in &record.ambiguous {
            let _ = writeln!(page, "<li>{}</li>", html(line));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</section>\n");
}

fn push_finding(page: &mut String, number: usize, finding: &FindingRecord, below: &[&FindingRecord]) {
    let tone = match finding.severity {
        _ if finding.kind == "known" => "plain",
        Level::Error => "bad",
        Level::Warning => "unsure",
        Level::Information => "plain",
    };
    let _ = write!(
        page,
        "<article class=\"{tone}\" id=\"finding-{number}\" aria-labelledby=\"title-{number}\">\n\
         <p class=\"kind\"><strong>{}</strong> <code>{}</code></p>\n<h3 id=\"title-{number}\">{}</h3>\n<dl>\n",
        if finding.kind == "known" { "known" } else { severity(finding.severity) },
        html(finding.check),
        html(&finding.title)
    );
    if let Some(known) = &finding.known {
        let owner = known.owner.as_ref().map(|owner| format!(" ({})", html(owner))).unwrap_or_default();
        let word = if known.expired { "That time is over: until" } else { "Until" };
        let until = known.expires.utc().format("%Y-%m-%d");
        push_fact(page, "Known", &format!("{word} {until}{owner}: {}", html(&known.reason)));
    }
    push_fact(page, "Expected", &html(&finding.expected));
    push_fact(page, "Actual", &html(&finding.actual));
    let whom = [finding.contract.as_deref(), finding.operation.as_deref()];
    push_fact(page, "Concerns", &html(&whom.iter().flatten().copied().collect::<Vec<_>>().join(" ")));
    if let Some(place) = &finding.place {
        let line = finding.source.as_ref().map(|line| format!("<pre><code>{}</code></pre>", html(line.trim())));
        push_fact(
            page,
            "Promised in",
            &format!("<code>{}</code>{}", html(&place.to_string()), line.unwrap_or_default()),
        );
    }
    push_fact(page, "Tried", &html(&finding.origin));
    push_fact(page, "Seen", &how_often(finding));
    if let Some(shrunk) = &finding.shrunk {
        push_fact(page, "Made smaller", &html(&how_small(shrunk)));
    }
    page.push_str("</dl>\n");
    push_command(page, "Play it again", finding.replay.as_deref());
    push_command(page, "Send the request again", finding.curl.as_deref());
    push_evidence(page, finding);
    if let Some(exchange) = &finding.exchange {
        push_exchange(page, exchange);
    }
    if let Some(call) = &finding.gateway {
        push_gateway(page, call);
    }
    push_chain(page, &finding.chain);
    push_below(page, below);
    let _ =
        writeln!(page, "<p class=\"print\">Fingerprint <code>{}</code></p>\n</article>", html(&finding.fingerprint));
}

/// What stands below: the same cause, or the same at another operation.
fn push_below(page: &mut String, below: &[&FindingRecord]) {
    if below.is_empty() {
        return;
    }
    let _ = write!(page, "<details>\n<summary>Goes with it ({})</summary>\n<ul>\n", below.len());
    for finding in below {
        let whom = [finding.contract.as_deref(), finding.operation.as_deref()];
        let whom = whom.iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            page,
            "<li><code>{}</code> {} ({}; fingerprint <code>{}</code>)</li>",
            html(finding.check),
            html(&finding.title),
            html(&whom),
            html(&finding.fingerprint)
        );
    }
    page.push_str("</ul>\n</details>\n");
}

/// One line of a list; `value` is HTML.
fn push_fact(page: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{value}</dd>");
    }
}

fn push_command(page: &mut String, title: &str, command: Option<&str>) {
    let Some(command) = command else { return };
    let block = format!("<pre tabindex=\"0\"><code>{}</code></pre>", html(command));
    if command.len() > 600 {
        let _ = writeln!(page, "<details>\n<summary>{title}</summary>\n{block}\n</details>");
    } else {
        let _ = writeln!(page, "<p class=\"label\">{title}</p>\n{block}");
    }
}

fn push_evidence(page: &mut String, finding: &FindingRecord) {
    if finding.evidence.is_empty() {
        return;
    }
    // Two or three lines are read at once; more would hide the next finding.
    let open = if finding.evidence.len() <= 6 { " open" } else { "" };
    let _ = write!(page, "<details{open}>\n<summary>Evidence ({})</summary>\n<ul>\n", finding.evidence.len());
    for line in &finding.evidence {
        let _ = writeln!(page, "<li>{}</li>", html(line));
    }
    page.push_str("</ul>\n</details>\n");
}

fn push_exchange(page: &mut String, exchange: &ExchangeRecord) {
    let answer = match (&exchange.response, &exchange.failure) {
        (Some(response), _) => response.status.to_string(),
        (None, Some(failure)) => html(failure),
        (None, None) => "no answer".to_owned(),
    };
    let tier = exchange.tier.map_or(String::new(), |tier| format!(" from the {}", format!("{tier:?}").to_lowercase()));
    let _ = write!(
        page,
        "<details>\n<summary>Exchange: {} → {answer}{tier}, {:.1} ms</summary>\n",
        html(&exchange.request.method),
        exchange.latency_ms
    );
    let first = format!("{} {}", exchange.request.method, exchange.request.target);
    push_message(page, "Request", &first, &exchange.request.headers, &exchange.request.body);
    if let Some(response) = &exchange.response {
        push_message(page, "Response", &response.status.to_string(), &response.headers, &response.body);
    }
    let _ = writeln!(
        page,
        "<p class=\"print\">Attempt {}, sent at {} of the shared clock</p>\n</details>",
        exchange.attempt, exchange.sent_at
    );
}

/// What each policy did, in the order in which they began.
fn push_gateway(page: &mut String, call: &CallTrace) {
    let _ = write!(
        page,
        "<details>\n<summary>At the gateway, played again: {} policies, {:.1} ms</summary>\n<table>\n<tr><th>Policy</th><th>Where</th><th class=\"n\">Began</th><th class=\"n\">Took</th></tr>\n",
        call.steps.len(),
        call.micros as f64 / 1e3
    );
    for step in &call.steps {
        let raised =
            if step.raised.is_empty() { String::new() } else { format!("<br><strong>{}</strong>", html(&step.raised)) };
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}, {}, <code>{}</code>{raised}</td><td class=\"n\">{} µs</td><td class=\"n\">{} µs</td></tr>",
            html(&step.policy),
            html(&step.section),
            html(&step.scope),
            html(&step.place),
            step.began,
            step.micros
        );
    }
    page.push_str("</table>\n");
    if let Some(error) = &call.last_error {
        let _ = writeln!(page, "<p>{}: {}. {}</p>", html(&error.source), html(&error.reason), html(&error.message));
    }
    page.push_str("</details>\n");
}

/// The operation from tier to tier.
fn push_chain(page: &mut String, chain: &[ChainLink]) {
    if chain.is_empty() {
        return;
    }
    // Where several attempts are about one thing, their order is the finding.
    let open = if chain.iter().filter(|link| link.tier == "flow").count() > 1 { " open" } else { "" };
    let _ = writeln!(page, "<details{open}>\n<summary>From tier to tier under this correlation ID</summary>");
    page.push_str(&lanes::svg(chain).unwrap_or_default());
    page.push_str("<table class=\"chain\">\n<tr><th>#</th><th>Tier</th><th>When</th><th>Took</th><th>What</th></tr>\n");
    for (number, link) in chain.iter().enumerate() {
        let at = link.at.map(|at| at.utc().format("%H:%M:%S%.3f").to_string()).unwrap_or_default();
        let took = link.at.zip(link.until).map(|(at, until)| format_duration(until.since(at))).unwrap_or_default();
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{at}</td><td>{took}</td><td>{}</td></tr>",
            number + 1,
            link.tier,
            html(&link.what)
        );
    }
    page.push_str("</table>\n</details>\n");
}

fn push_message(page: &mut String, name: &str, first: &str, headers: &[(String, String)], body: &BodyRecord) {
    let mut text = format!("{first}\n");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    if !body.text.is_empty() {
        text.push('\n');
        text.push_str(&body.text);
    }
    let note = body.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
    let _ = writeln!(
        page,
        "<p class=\"label\">{name}, {} bytes of content{}</p>\n<pre tabindex=\"0\"><code>{}</code></pre>",
        body.bytes,
        html(&note),
        html(&text)
    );
}
