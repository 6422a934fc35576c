//! Plays one case again, alone.

use std::sync::Arc;

use super::session::Session;
use super::{Listener, Options, RunError, Stop, TargetChoice, cases, finish, inputs::Inputs};
use crate::generate::CaseKey;
use crate::report::Run;
use crate::traffic::Player;

/// Where settings are looked for when no file is named.
pub const DEFAULT_SETTINGS: [&str; 2] = ["seamstress.toml", ".config/seamstress.toml"];

/// The command that plays a case again, as a POSIX shell takes it.
pub(super) fn command(options: &Options, key: &CaseKey) -> String {
    let mut words = vec!["seamstress".to_owned(), "replay".to_owned(), quote(&key.to_string())];
    words.extend(["--seed".to_owned(), options.seed.0.to_string()]);
    if let Some(document) = &options.document {
        words.extend(["--document".to_owned(), quote(&document.display().to_string())]);
        if let Some(behaviour) = &options.behaviour {
            words.extend(["--behaviour".to_owned(), quote(&behaviour.display().to_string())]);
        }
    } else if options.contracts.as_os_str() != "contracts" {
        words.extend(["--contracts".to_owned(), quote(&options.contracts.display().to_string())]);
    }
    push_target(&mut words, &options.target);
    for defect in &options.defects {
        words.extend(["--defect".to_owned(), quote(defect)]);
    }
    if options.mocks.as_os_str() != "mocks" {
        words.extend(["--mocks".to_owned(), quote(&options.mocks.display().to_string())]);
    }
    if let Some(now) = options.now {
        words.extend(["--now".to_owned(), now.to_string()]);
    }
    if let Some(scale) = options.time_scale {
        words.extend(["--time-scale".to_owned(), scale.to_string()]);
    }
    words.join(" ")
}

/// Where to. Secret values are taken out with the rest of the report's; their
/// fields stay, so that one sees what to fill in.
fn push_target(words: &mut Vec<String>, target: &TargetChoice) {
    let mut push = |flag: &str, value: &str| words.extend([flag.to_owned(), quote(value)]);
    match target {
        TargetChoice::Embedded => {}
        TargetChoice::Environment { name, file, settings, .. } => {
            if !DEFAULT_SETTINGS.iter().any(|place| file.as_os_str() == *place) {
                push("--settings", &file.display().to_string());
            }
            push("--env", name);
            if settings.protected {
                words.push("--protected".to_owned());
            }
        }
        TargetChoice::Url { origin, base_path, headers, token_env, allowed_hosts, .. } => {
            push("--url", &format!("{origin}{base_path}"));
            headers.iter().for_each(|(name, value)| push("-H", &format!("{name}: {value}")));
            if let Some(variable) = token_env {
                push("--token-env", variable);
            }
            for host in allowed_hosts {
                push("--allow-host", host);
            }
        }
    }
}

fn quote(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c));
    if plain && !word.is_empty() { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The case that a text names, and the place of its contract.
pub(super) fn find(key: &str, inputs: &Inputs) -> Result<(CaseKey, usize), RunError> {
    let key = CaseKey::parse(key).ok_or_else(|| {
        RunError::Usage(format!(
            "`{key}` names no case: expected CONTRACT:OPERATION:KIND:NUMBER, e.g. bulk-update/v1:submitBatch:violating:12"
        ))
    })?;
    let Some(index) = inputs.contracts.iter().position(|contract| contract.id == key.contract) else {
        let known: Vec<String> = inputs.contracts.iter().map(|c| c.id.to_string()).collect();
        return Err(RunError::Usage(format!("no contract is called `{}`: {}", key.contract, known.join(", "))));
    };
    Ok((key, index))
}

/// Plays the case `key` with the seed of `options` and its nonce, and judges
/// it.
///
/// # Errors
/// The input has faults, no such case exists, or the target can't be reached.
pub async fn replay(key: &str, options: Options, stop: Stop, listener: Listener) -> Result<Run, RunError> {
    let inputs = Inputs::load(&options, false)?;
    let (key, index) = find(key, &inputs)?;
    let session = Arc::new(Session::open(options, &inputs, stop, listener).await?);
    let Some(case) = cases::make(&session, index, &key) else {
        let gathered = session.gathered();
        let made = gathered.could_not_make.keys().next().map(|(_, why)| why.clone());
        let why = made.or_else(|| gathered.not_checked.first().map(|n| n.why.clone())).unwrap_or_default();
        return Err(RunError::Usage(format!("the case {key} can't be played: {why}")));
    };
    session.listener.stage(format!("playing {key}: {}", case.title));
    cases::play_made(&session, &Player::new(session.target.clone()), index, case).await;
    finish::finish(session, "replay").await
}
