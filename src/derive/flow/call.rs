//! Actions that send a request.

use http::Method;

use super::super::sheet::{Kind, Remark};
use super::super::target::{Address, Target, by_id};
use super::actions::{Reader, options, span};
use super::body::{differences, elements, evaluated};
use super::known::{text, value};
use super::retry;
use crate::diagnose::Node;
use crate::flow::expression::Template;
use crate::flow::is_removed;

impl Reader<'_> {
    pub(super) fn http(&mut self, key: &str, action: &Node, remarks: &mut Vec<Remark>) -> Option<Kind> {
        let subscribes = text(action, "type") == Some("HttpWebhook");
        let inputs = action.pointer(if subscribes { "/inputs/subscribe" } else { "/inputs" })?;
        if is_replaced(action) {
            self.said.push(Remark::note(format!("{key} is left out: its static result is switched on.")));
            return None;
        }
        let method = self.method(key, action, inputs)?;
        let address = self.address(key, inputs.get("uri"))?;
        let targets = address.targets(&method, self.contracts);
        let Some(target) = targets.first() else {
            let called = format!("{method} {}", address.shown());
            let told = format!("which contract has {called}? No one has: {key} is left out");
            self.said.push(Remark::question(&inputs.get("uri").unwrap_or(action).place, told));
            return None;
        };
        remarks.push(Remark::note(format!("{method} {}", address.shown())));
        which(&targets, inputs.get("uri").unwrap_or(action), remarks);
        if address.is_open() {
            let told = "which values stand in its path? Only the run has them; what is generated may not exist, unless a \
                        pool of the behaviour file says what does";
            remarks.push(Remark::question(&inputs.get("uri").unwrap_or(action).place, told));
        }
        if subscribes {
            let told = "what does the service call back? Only the subscription is played";
            remarks.push(Remark::question(&action.place, told));
        }
        Some(self.called(key, target, action, inputs.get("body"), remarks))
    }

    fn method(&mut self, key: &str, action: &Node, inputs: &Node) -> Option<Method> {
        let known = inputs.get("method").and_then(|node| value(node, &self.known));
        let method = known.and_then(|method| Method::from_bytes(method.as_str()?.to_ascii_uppercase().as_bytes()).ok());
        if method.is_none() {
            let told = format!("which method has {key}? Only the run knows it: the action is left out");
            self.said.push(Remark::question(&inputs.get("method").unwrap_or(action).place, told));
        }
        method
    }

    fn address(&mut self, key: &str, uri: Option<&Node>) -> Option<Address> {
        let node = uri?;
        let pieces = Template::parse(node.as_str()?).map_err(|fault| fault.to_string());
        let pieces = pieces.and_then(|template| self.known.pieces(&template).map_err(|fault| fault.to_string()));
        match pieces {
            Ok(pieces) => Some(Address::of(&pieces)),
            Err(fault) => {
                self.said.push(Remark::finding(&node.place, format!("the URI of {key} can't be read: {fault}")));
                None
            }
        }
    }

    /// A connector's operation, where a custom connector is made from a document
    /// of the contracts.
    pub(super) fn connector(&mut self, key: &str, action: &Node, remarks: &mut Vec<Remark>) -> Option<Kind> {
        let host = |name: &str| action.pointer(&format!("/inputs/host/{name}")).and_then(Node::as_str);
        let id = host("operationId").unwrap_or_default();
        let api = host("apiId").or_else(|| host("connectionName")).unwrap_or_default();
        let api = api.rsplit('/').next().unwrap_or(api);
        let targets = if is_replaced(action) { Vec::new() } else { by_id(id, self.contracts) };
        let Some(target) = targets.first() else {
            self.elsewhere.push(format!("{key} ({} {id})", api.trim_start_matches("shared_")).replace(" )", ")"));
            return None;
        };
        let told = format!(
            "is the connector {api} made from the document of {}? Its operation {id} has the same id",
            target.contract.id
        );
        remarks.push(Remark::question(&action.place, told));
        which(&targets, action, remarks);
        let body = action.pointer("/inputs/parameters/body");
        let mut kind = self.called(key, target, action, body, remarks);
        if let Kind::Call { lines, .. } = &mut kind {
            lines.push("headers: connector".to_owned());
        }
        Some(kind)
    }

    fn called(
        &mut self,
        key: &str,
        target: &Target<'_>,
        action: &Node,
        body: Option<&Node>,
        remarks: &mut Vec<Remark>,
    ) -> Kind {
        let body = body.map(|node| (node, evaluated(node, &self.known)));
        remarks.extend(differences(
            body.as_ref().map(|(node, body)| (*node, body)),
            target.contract,
            &target.operation,
        ));
        let born = self.born.clone();
        self.births.see(key, action, target.contract, &|name| born.get(name).copied());
        let mut lines = Vec::new();
        if let Some((node, body)) = &body {
            match elements(body) {
                Some(count @ 1..) => lines.push(format!("elements: {count}")),
                _ if !body.unknown.is_empty() && has_list(target) => {
                    let told = "how many elements has the list of its body? Say so with `elements: N`";
                    remarks.push(Remark::question(&node.place, told));
                }
                _ => {}
            }
        }
        lines.extend(self.settings(action, remarks));
        Kind::Call { contract: target.contract.id.clone(), operation: target.operation.id.to_string(), lines }
    }

    /// Retries, timeout, polling, and what a scenario can't say of them.
    fn settings(&mut self, action: &Node, remarks: &mut Vec<Remark>) -> Vec<String> {
        let mut lines = Vec::new();
        match retry::of_action(action, &self.known, remarks) {
            Some(policy) => lines.push(format!("retry: {policy}")),
            None => self.has_default_retry = true,
        }
        if let Some(limit) = action.pointer("/limit/timeout") {
            match span(limit, &self.known) {
                Some(span) => lines.push(format!("timeout: {span}")),
                None => remarks.push(Remark::question(&limit.place, "how long may the action take? (`timeout`)")),
            }
        }
        let is = |wanted: &str| options(action).any(|option| option.eq_ignore_ascii_case(wanted));
        if is("DisableAsyncPattern") {
            lines.push("async: off".to_owned());
        }
        if is("SuppressWorkflowHeaders") {
            lines.push("headers: suppressed".to_owned());
        }
        self.transfer(action, &mut lines, remarks);
        removed(action, remarks);
        lines
    }

    /// Content in parts, and pages.
    fn transfer(&self, action: &Node, lines: &mut Vec<String>, remarks: &mut Vec<Remark>) {
        let mode = action.pointer("/runtimeConfiguration/contentTransfer/transferMode");
        if let Some(node) = mode.filter(|node| node.as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("chunked"))) {
            let told = "does the service take content in parts, announced by an empty request? Else the action fails";
            remarks.push(Remark::question(&node.place, told));
            lines.push("chunked: on".to_owned());
        }
        let Some(node) = action.pointer("/runtimeConfiguration/paginationPolicy/minimumItemCount") else { return };
        match value(node, &self.known).and_then(|items| items.as_u64()) {
            Some(items @ 1..=100_000) => lines.push(format!("pages: {items}")),
            _ => remarks.push(Remark::question(&node.place, "until how many items are pages fetched? (`pages`)")),
        }
    }
}

/// Says where several operations fit.
fn which(targets: &[Target<'_>], node: &Node, remarks: &mut Vec<Remark>) {
    if targets.len() > 1 {
        let list: Vec<String> =
            targets.iter().map(|target| format!("{} {}", target.contract.id, target.operation.id)).collect();
        remarks.push(Remark::question(&node.place, format!("which one is it: {}?", list.join(", "))));
    }
}

/// Whether a static result stands in for the call.
fn is_replaced(action: &Node) -> bool {
    let switch = action.pointer("/runtimeConfiguration/staticResult/staticResultOptions").and_then(Node::as_str);
    switch.is_some_and(|switch| switch.eq_ignore_ascii_case("Enabled"))
}

/// Whether the body of an operation has a list at its top or right below.
fn has_list(target: &Target<'_>) -> bool {
    let openapi = &target.contract.openapi;
    let media = target.operation.request.iter().flat_map(|request| &request.content).find(|media| media.is_json());
    let schema = media.and_then(|media| openapi.schema(media.schema.as_ref()?));
    let is_list = |schema: &&serde_json::Value| schema["type"] == "array" || schema.get("items").is_some();
    schema.is_some_and(|schema| {
        let below = openapi.schemas_at(schema, &["*".to_owned()]);
        openapi.schemas_at(schema, &[]).iter().any(is_list) || below.iter().any(is_list)
    })
}

/// Header fields that the platform takes out of what a maker wrote.
fn removed(action: &Node, remarks: &mut Vec<Remark>) {
    let fields = action.pointer("/inputs/headers").and_then(Node::as_mapping).unwrap_or_default();
    for (name, _) in fields {
        if is_removed(&name.key_text()) {
            let told = format!("{} never reaches the service: the platform removes this header field", name.key_text());
            remarks.push(Remark::finding(&name.place, told));
        }
    }
}
