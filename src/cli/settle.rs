//! From arguments, settings file and environment to settled options.

use std::path::{Path, PathBuf};

use super::args::{CheckArgs, FailOn, FaultArgs, FileArgs, PlainArgs, RunArgs, SelectArgs, TargetArgs};
use super::service;
use crate::check::{Level, Weight, Weights};
use crate::clock::{Timestamp, parse_duration};
use crate::door::Origin;
use crate::generate::{Nonce, Seed};
use crate::run::{self, Options, RunError, SchemeKey, TargetChoice};
use crate::stack::wrong_fault;
use crate::target::{GatewaySettings, GeneratorSettings, Settings};
use crate::wire::{FaultPlan, Headers, Redactor, Secret};

/// Options of `gate`, `load`, `capacity probe`, `readiness`.
pub(super) fn options(args: &RunArgs) -> Result<Options, RunError> {
    let target = environment(&args.target)?;
    build(&args.files, &args.target, &args.select, None, target)
}

/// Options of `check` and `replay`, which also take a lone document.
pub(super) fn check_options(args: &CheckArgs) -> Result<Options, RunError> {
    let target = match &args.plain.url {
        Some(url) => plain(url, &args.plain)?,
        None if args.document.is_some() && args.run.target.env.is_none() => {
            return Err(RunError::Usage(
                "a lone OpenAPI document needs the service that it describes: --url http://127.0.0.1:8000".to_owned(),
            ));
        }
        None => environment(&args.run.target)?,
    };
    let mut options = build(&args.run.files, &args.run.target, &args.run.select, args.document.clone(), target)?;
    options.behaviour.clone_from(&args.plain.behaviour);
    Ok(options)
}

fn build(
    files: &FileArgs,
    target: &TargetArgs,
    select: &SelectArgs,
    document: Option<PathBuf>,
    choice: TargetChoice,
) -> Result<Options, RunError> {
    let scale = target.time_scale;
    if scale.is_some_and(|s| !(0.01..=MAX_SCALE).contains(&s)) {
        return Err(RunError::Usage(format!(
            "--time-scale is between 0.01 and {MAX_SCALE}: beyond, a `Retry-After: 1` would last less than 50 ms"
        )));
    }
    let redactor = Redactor::new();
    if let TargetChoice::Environment { secret: Some(secret), .. } | TargetChoice::Url { token: Some(secret), .. } =
        &choice
    {
        redactor.register(secret);
    }
    if let TargetChoice::Url { headers, keys, .. } = &choice {
        register_fields(&redactor, headers);
        keys.iter().for_each(|key| redactor.register(&key.secret));
    }
    Ok(Options {
        contracts: files.contracts.clone(),
        document,
        behaviour: None,
        scenarios: files.scenarios.clone(),
        mocks: files.mocks.clone(),
        reports: files.reports.clone(),
        target: choice,
        defects: target.defect.clone(),
        faults: faults(&target.faults)?,
        time_scale: scale,
        now: target.now.as_deref().map(instant).transpose()?,
        seed: Seed(select.seed.unwrap_or_else(fresh_seed)),
        nonce: select.nonce.as_deref().map_or_else(Nonce::fresh, |text| Nonce(text.into())),
        cases: select.cases,
        budget: select.budget.as_deref().map(|text| span("--budget", text)).transpose()?,
        rate: select.rate.map(rate).transpose()?,
        workers: select.workers,
        payloads: select.payloads,
        only: select.only.clone(),
        skip: select.skip.clone(),
        require: select.require.clone(),
        operation: select.operation.clone(),
        fail_fast: select.fail_fast,
        weights: weights(target)?,
        lag_share: lag_share(target)?,
        fail_on: match select.fail_on {
            FailOn::Error => Level::Error,
            FailOn::Warning => Level::Warning,
            FailOn::Information => Level::Information,
        },
        min_coverage: select.min_coverage.map(percent).transpose()?,
        until: None,
        arguments: std::env::args().collect(),
        redactor,
    })
}

/// Faults as users write them; all that is wrong at once.
pub(super) fn faults(args: &FaultArgs) -> Result<Vec<FaultPlan>, RunError> {
    let (mut plans, mut wrong) = (Vec::new(), Vec::new());
    for text in &args.fault {
        match FaultPlan::parse(text) {
            Ok(plan) => plans.push(plan),
            Err(faults) => wrong.push(format!("--fault `{text}`: {}", wrong_fault(&faults))),
        }
    }
    if wrong.is_empty() { Ok(plans) } else { Err(RunError::Usage(wrong.join("\n"))) }
}

/// Words in the names of fields that carry credentials.
const CREDENTIALS: [&str; 8] = ["auth", "token", "secret", "key", "cookie", "password", "signature", "session"];

/// Registers what the user's own header fields carry where their names tell of
/// credentials: a service may repeat them in its answers.
fn register_fields(redactor: &Redactor, headers: &Headers) {
    for (name, value) in headers.iter() {
        let name = name.to_ascii_lowercase();
        if Redactor::is_secret_name(&name) || CREDENTIALS.iter().any(|word| name.contains(word)) {
            // `Bearer abc`: the scheme is none.
            let credential = value.rsplit(' ').next().unwrap_or(value);
            redactor.register(&Secret::new(credential));
            redactor.register(&Secret::new(value));
        }
    }
}

/// The largest scale at which the smallest judged interval, one second, still
/// lasts 50 ms.
pub(super) const MAX_SCALE: f64 = 20.0;

fn fresh_seed() -> u64 {
    // Small enough to type.
    uuid::Uuid::new_v4().as_u128() as u64 % 1_000_000_000
}

/// An instant as users write it.
pub(super) fn instant(text: &str) -> Result<Timestamp, RunError> {
    Timestamp::parse(text)
        .ok_or_else(|| RunError::Usage(format!("--now `{text}` is no instant: expected e.g. 2026-09-01T08:00:00Z")))
}

/// A span as users write it.
pub(super) fn span(flag: &str, text: &str) -> Result<std::time::Duration, RunError> {
    parse_duration(text).ok_or_else(|| {
        RunError::Usage(format!("{flag} `{text}` is no span of time: expected e.g. 80s, 5min, 30d, PT5M"))
    })
}

fn percent(percent: f64) -> Result<f64, RunError> {
    if (0.0..=100.0).contains(&percent) {
        Ok(percent)
    } else {
        Err(RunError::Usage(format!("--min-coverage {percent} is no share: expected 0 to 100")))
    }
}

/// The settings file that is named, or lies where it is looked for.
fn any_settings(args: &TargetArgs) -> Option<PathBuf> {
    args.settings.clone().or_else(|| run::DEFAULT_SETTINGS.iter().map(PathBuf::from).find(|f| f.is_file()))
}

/// How late the generator itself may be, as the settings file says it.
fn lag_share(args: &TargetArgs) -> Result<f64, RunError> {
    let Some(file) = any_settings(args) else { return Ok(GeneratorSettings::default().lag_share) };
    let share = read_settings(&file)?.generator.lag_share;
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(RunError::Usage(format!("{}: [generator] lag-share = {share}: expected a share from 0 to 1", file.display())))
}

/// The weights of the settings file, if there is one.
fn weights(args: &TargetArgs) -> Result<Weights, RunError> {
    let mut weights = Weights::default();
    let Some(file) = any_settings(args) else { return Ok(weights) };
    for (name, word) in read_settings(&file)?.severities {
        let Some(weight) = Weight::parse(&word) else {
            let words = Weight::WORDS.join(", ");
            return Err(RunError::Usage(format!(
                "{}: [severities] {name} = \"{word}\": expected one of {words}",
                file.display()
            )));
        };
        if let Err(near) = weights.set(&name, weight) {
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(RunError::Usage(format!(
                "{}: [severities]: no check or family is called `{name}`{near}",
                file.display()
            )));
        }
    }
    Ok(weights)
}

/// What the settings file says of the embedded gateway, if there is one.
pub(super) fn gateway(file: Option<&Path>) -> Result<GatewaySettings, RunError> {
    let default = || run::DEFAULT_SETTINGS.iter().map(PathBuf::from).find(|f| f.is_file());
    let Some(file) = file.map(Path::to_owned).or_else(default) else { return Ok(GatewaySettings::default()) };
    Ok(read_settings(&file)?.gateway)
}

fn read_settings(file: &Path) -> Result<Settings, RunError> {
    let text = std::fs::read_to_string(file)
        .map_err(|fault| RunError::Usage(format!("{} can't be read: {fault}", file.display())))?;
    Settings::parse(&file.display().to_string(), &text).map_err(RunError::Input)
}

fn rate(rate: f64) -> Result<f64, RunError> {
    if rate.is_finite() && rate > 0.0 {
        Ok(rate)
    } else {
        Err(RunError::Usage(format!("--rate {rate} is no positive number")))
    }
}

fn environment(args: &TargetArgs) -> Result<TargetChoice, RunError> {
    let Some(name) = &args.env else {
        if let Some(choice) = service::choice(&args.service)? {
            return Ok(TargetChoice::Service(choice));
        }
        let weighs = |file: &PathBuf| read_settings(file).map(|settings| !settings.severities.is_empty());
        if !args.settings.as_ref().map_or(Ok(true), weighs)? {
            return Err(RunError::Usage("--settings needs --env NAME: which environment of the file?".to_owned()));
        }
        return Ok(TargetChoice::Embedded);
    };
    let file = settings_file(args.settings.as_deref())?;
    let mut settings = read_settings(&file)?;
    let known = settings.environments.keys().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    let mut environment = settings.environments.remove(name).ok_or_else(|| {
        RunError::Usage(format!(
            "{} has no environment `{name}`: it has {}",
            file.display(),
            if known.is_empty() { "none" } else { &known }
        ))
    })?;
    if environment.protected && !args.protected {
        return Err(RunError::Usage(format!("environment `{name}` is protected: add --protected to run against it")));
    }
    // Beside the settings file, wherever the command is run.
    let beside = file.parent().unwrap_or(Path::new("")).to_owned();
    environment.ca_file = environment.ca_file.map(|ca| beside.join(ca));
    let secret = environment.client_secret_env.as_deref().map(variable).transpose()?;
    Ok(TargetChoice::Environment { name: name.clone(), file, settings: Box::new(environment), secret })
}

fn settings_file(given: Option<&Path>) -> Result<PathBuf, RunError> {
    if let Some(file) = given {
        return Ok(file.to_owned());
    }
    let places = run::DEFAULT_SETTINGS;
    places.iter().map(PathBuf::from).find(|file| file.is_file()).ok_or_else(|| {
        RunError::Usage(format!(
            "--env needs settings: neither {} nor {} is there; --settings FILE names one",
            places[0], places[1]
        ))
    })
}

#[expect(clippy::disallowed_methods, reason = "secrets enter here, and only by the name that the user gave")]
fn variable(name: &str) -> Result<Secret, RunError> {
    std::env::var(name)
        .map(Secret::new)
        .map_err(|_| RunError::Usage(format!("the environment variable {name}, which holds a secret, is not set")))
}

/// Nothing of a URL is dropped in silence. It isn't shown either: what stands
/// there is often a key.
fn plain_url(flag: &str, text: &str) -> Result<(), RunError> {
    let Ok(url) = url::Url::parse(text) else { return Ok(()) };
    let extra = match () {
        () if url.query().is_some() => "a query",
        () if !url.username().is_empty() || url.password().is_some() => "a user",
        () if url.fragment().is_some() => "a fragment",
        () => return Ok(()),
    };
    Err(RunError::Usage(format!(
        "{flag} has {extra}, which would not be sent: give scheme, host, port and path, and keys as header fields (-H 'Name: value')"
    )))
}

fn plain(url: &str, args: &PlainArgs) -> Result<TargetChoice, RunError> {
    let origin = Origin::parse(url).ok_or_else(|| {
        RunError::Usage(format!("--url `{url}` is no http or https URL: expected e.g. http://127.0.0.1:8000"))
    })?;
    plain_url("--url", url)?;
    let path = url::Url::parse(url).map(|u| u.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    let mut headers = Headers::new();
    for field in &args.header {
        let (name, value) = field
            .split_once(':')
            .ok_or_else(|| RunError::Usage(format!("--header `{field}` is no header field: expected 'Name: value'")))?;
        headers.append(name.trim(), value.trim());
    }
    Ok(TargetChoice::Url {
        origin,
        base_path: path,
        headers,
        token: args.token_env.as_deref().map(variable).transpose()?,
        token_env: args.token_env.clone(),
        keys: args.key_env.iter().map(|given| key(given)).collect::<Result<_, _>>()?,
        allowed_hosts: args.allow_host.clone(),
        ca_file: args.ca_file.clone(),
    })
}

/// `SCHEME=VAR`.
fn key(given: &str) -> Result<SchemeKey, RunError> {
    let named = given.rsplit_once('=').filter(|(scheme, name)| !scheme.is_empty() && !name.is_empty());
    let Some((scheme, name)) = named else {
        return Err(RunError::Usage(format!(
            "--key-env `{given}`: expected SCHEME=VAR, a security scheme of the document and the environment variable \
             that holds its key"
        )));
    };
    Ok(SchemeKey { scheme: scheme.to_owned(), variable: name.to_owned(), secret: variable(name)? })
}
