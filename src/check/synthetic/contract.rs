//! A contract to judge by.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::contract::behaviour::{
    AfterSunset, Behaviour, Correlation, CorrelationCarrier, DataPath, Effects, ErrorShape, ErrorType, Idempotency,
    Identity, Jobs, Lifecycle, LifecycleStatus, Limits, Objective, OnInvalid, Once, OtherContent, Rate, Retry, Role,
    RunningPolicy, SameContent, Scope, Selector, Throttling, ThrottlingPer, TypeName,
};
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId};
use crate::diagnose::{Place, parse_yaml};
use crate::wire::Tier;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Bulk update, version: 1.0.0 }
servers: [ { url: "https://api.example/bulk-update/v1" } ]
paths:
  /batches:
    post:
      operationId: submitBatch
      requestBody: { required: true, content: { application/json: { schema: { type: object } } } }
      responses:
        "200":
          description: done
          headers: { X-Count: { schema: { type: integer, minimum: 0 } } }
          content: { application/json: { schema: { $ref: "#/components/schemas/Batch" } } }
        "202":
          description: accepted
          headers: { Location: { required: true, schema: { type: string } } }
          content: { application/json: { schema: { type: object } } }
        "400": &failure { description: failed, content: { application/problem+json: { schema: { type: object } } } }
        "401": *failure
        "403": *failure
        "404": *failure
        "409": *failure
        "410": *failure
        "411": *failure
        "413": *failure
        "415": *failure
        "429": *failure
        "503": *failure
        "504": *failure
  /batches/{batchId}:
    get:
      operationId: getBatch
      parameters: [ { name: batchId, in: path, required: true, schema: { type: string } } ]
      responses:
        "200":
          description: done
          content: { application/json: { schema: { $ref: "#/components/schemas/Batch" } } }
        "404": *failure
components:
  schemas:
    Batch:
      type: object
      properties:
        batchId: { type: string }
        updated: { type: integer }
        records:
          type: array
          items:
            type: object
            properties: { status: { enum: [active, closed] } }
"##;

/// A lone OpenAPI document.
pub(in crate::check) fn plain() -> Contract {
    let openapi = OpenApi::parse("openapi.yaml", DOCUMENT).unwrap();
    Contract {
        id: ContractId::new("bulk-update", "v1"),
        path: "contracts/bulk-update/v1".into(),
        openapi: Arc::new(openapi),
        behaviour: None,
        callee: None,
        recorded: None,
    }
}

/// The same with a behaviour file, changed by `change`.
pub(in crate::check) fn with(change: impl FnOnce(&mut Behaviour)) -> Contract {
    let mut behaviour = behaviour();
    change(&mut behaviour);
    Contract { behaviour: Some(Arc::new(behaviour)), ..plain() }
}

/// The same with a behaviour file.
pub(in crate::check) fn with_behaviour() -> Contract {
    with(|_| {})
}

fn error(name: &str, status: u16, tier: Option<Tier>, retry: Retry, retry_after: bool) -> ErrorType {
    ErrorType { name: TypeName::new(name), status, tier, retry, retry_after }
}

fn errors() -> Vec<ErrorType> {
    let (gateway, service) = (Some(Tier::Gateway), Some(Tier::Service));
    vec![
        error("throttled", 429, gateway, Retry::Policy, true),
        error("quota_exceeded", 403, gateway, Retry::Later, true),
        error("unauthorized", 401, gateway, Retry::Never, false),
        error("forbidden", 403, None, Retry::Never, false),
        error("correlation_id_missing", 400, gateway, Retry::Never, false),
        error("validation_error", 400, service, Retry::Never, false),
        error("too_many_items", 400, None, Retry::Never, false),
        error("length_required", 411, gateway, Retry::Never, false),
        error("payload_too_large", 413, gateway, Retry::Never, false),
        error("unsupported_media_type", 415, gateway, Retry::Never, false),
        error("not_found", 404, None, Retry::Never, false),
        error("idempotency_conflict", 409, service, Retry::Never, false),
        error("in_progress", 503, service, Retry::Policy, true),
        error("downstream_unavailable", 503, service, Retry::Policy, true),
        error("timeout", 504, gateway, Retry::Policy, false),
        error("gone", 410, gateway, Retry::Never, false),
        error("internal", 500, None, Retry::Policy, false),
    ]
}

fn idempotency() -> Idempotency {
    Idempotency {
        scope: vec![Scope::Principal, Scope::Operation],
        request: selector("header X-Correlation-Id"),
        item: Some(selector("body /records/*/id")),
        step: Some(selector("header X-Step-Id")),
        same_content: SameContent::SameResult,
        volatile: vec![selector("header Date"), selector("body /at")],
        other_content: Some(OtherContent::Type(TypeName::new("idempotency_conflict"))),
        new_item_executed: true,
        unfinished_resumed: true,
        while_running: Some(RunningPolicy::Type(TypeName::new("in_progress"))),
        window: Duration::from_hours(24),
        not_remembered: ["throttled", "quota_exceeded", "in_progress", "downstream_unavailable", "timeout", "internal"]
            .map(TypeName::new)
            .to_vec(),
    }
}

fn behaviour() -> Behaviour {
    Behaviour {
        file: "behaviour.yaml".into(),
        role: Role::Provider,
        lifecycle: Some(deprecated()),
        correlation: Some(Correlation {
            header: "X-Correlation-Id".into(),
            uuid: true,
            echo: true,
            missing: Some(TypeName::new("correlation_id_missing")),
            log: None,
        }),
        identity: Some(Identity {
            issuer: "entra".into(),
            token_version: 2,
            audience: "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91".into(),
            app_id_uri: "api://bulk-update".into(),
            roles: vec!["Jobs.Submit".into()],
            through_gateway_only: true,
        }),
        data_path: Some(DataPath::Governed),
        idempotency: Some(idempotency()),
        error_shape: Some(ErrorShape::ProblemJson),
        errors: errors(),
        limits: Some(Limits {
            body: Some(1024),
            items: vec![(selector("body /records"), 3)],
            content_types: vec!["application/json".into()],
            answer_within: Some(Duration::from_secs(100)),
            ..Limits::default()
        }),
        throttling: Some(Throttling {
            per: ThrottlingPer::Client,
            rate: Some(Rate { calls: 100, per: Duration::from_mins(1) }),
            quota: None,
        }),
        effects: Some(Effects {
            table: "accounts".into(),
            columns: vec!["name".into(), "new_correlationid".into()],
            once: Once::PerItem,
            on_invalid: OnInvalid::RefuseAll,
            correlated_by: CorrelationCarrier::Column("new_correlationid".into()),
            business_key: None,
        }),
        dataverse: None,
        reads: None,
        commits: None,
        callback: None,
        determinism: None,
        jobs: None,
        pools: Vec::new(),
        set_up: Vec::new(),
        clean_up: Vec::new(),
        objectives: vec![Objective {
            at: 20.0,
            quantiles: vec![(0.95, Duration::from_millis(500))],
            errors: Some(0.01),
            place: Place::file("behaviour.yaml"),
        }],
        source: parse_yaml("behaviour.yaml", "format: seamstress/behaviour/1\n").unwrap(),
    }
}

/// Deprecated since June, answering until the end of March.
pub(in crate::check) fn deprecated() -> Lifecycle {
    Lifecycle {
        status: LifecycleStatus::Deprecated,
        since: Timestamp::parse("2026-06-30"),
        sunset: Timestamp::parse("2027-03-31"),
        successor: Some("v2".into()),
        after_sunset: Some(AfterSunset::Type(TypeName::new("gone"))),
    }
}

/// A selector.
pub(in crate::check) fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

/// The same, whose jobs are called back.
pub(in crate::check) fn called_back_by() -> Contract {
    let behaviour = Behaviour::parse(
        "callee/behaviour.yaml",
        "format: seamstress/behaviour/1\nrole: consumer\ncorrelation: { header: X-Correlation-Id, format: uuid }\n\
         identity: { issuer: entra, token_version: 2, audience: a, app_id_uri: \"api://a\" }\n\
         callback: { of: bulk-update/v1, once_per: body /jobId, resend: [lost_answer, 429, 5xx], address: configured }\n",
    );
    let callee = Contract {
        id: ContractId::new("flow-trigger", "v1"),
        path: "contracts/flow-trigger/v1".into(),
        openapi: Arc::new(OpenApi::parse("callee/openapi.yaml", CALLEE).unwrap()),
        behaviour: Some(Arc::new(behaviour.unwrap())),
        callee: None,
        recorded: None,
    };
    Contract { callee: Some(Arc::new(callee)), ..with_behaviour() }
}

const CALLEE: &str = r"
openapi: 3.1.0
info: { title: Flow, version: '1' }
paths:
  /job-ended:
    post:
      operationId: jobEnded
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [jobId, status]
              properties:
                jobId: { type: string }
                status: { enum: [completed, failed] }
      responses: { '202': { description: Accepted. } }
";

/// The content of a call back.
pub(in crate::check) fn job(id: &str, status: &str) -> serde_json::Value {
    serde_json::json!({ "jobId": id, "status": status })
}

/// The same with jobs.
pub(in crate::check) fn with_jobs() -> Contract {
    with(|b| {
        b.errors.push(error("queue_full", 503, Some(Tier::Service), Retry::Policy, true));
        b.jobs = Some(Jobs {
            status: selector("body /status"),
            ends: vec!["completed".into(), "failed".into()],
            failed: vec!["failed".into()],
            failure: Some(selector("body /failureType")),
            location: selector("header Location"),
            queue_full: Some(TypeName::new("queue_full")),
            queue_size: Some(64),
            poll_at_least: Some(Duration::from_secs(1)),
            ends_within: Some(Duration::from_mins(3)),
        });
    })
}
