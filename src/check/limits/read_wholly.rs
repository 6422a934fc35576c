//! `limits/read-wholly`.

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};
use crate::wire::{Body, FailureKind, Handwritten};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/read-wholly",
    family: Family::Limits,
    title: "a body that is too large for the service is refused before it is read",
    explanation: "A service that reads a body before it looks at its size holds whatever somebody sends: a few calls \
        at once, and its memory is gone. The gateway's limit does not help whoever stands behind another gateway by \
        mistake, or against the next one that is set higher.\n\nJudged where the behaviour file declares a body limit \
        of the service itself (`limits.behind.body`) and the key is known that the gateway shows to it. The service is \
        sent the beginning of a body that declares eight times that limit, and a body in chunks that is over it and not \
        ended; then nothing more. What is found is an order of events, no latency: while the rest was owed, and the \
        connection open, there was no answer. An answer of any kind, and a connection that the service closes, are \
        right.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::DirectService, Need::GatewayKey, Need::RawConnection],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|_| subject.is_probe(Probe::BodyOwed)) else { return false };
    let Body::Handwritten(sent) = &subject.exchange.request.body else { return false };
    match &subject.exchange.outcome {
        // Whoever is taken for a stranger has not been heard for his size.
        Ok(response) => !matches!(response.status, 401 | 403),
        Err(failure) if failure.kind == FailureKind::Timeout => {
            let (what, how) = if is_chunked(sent) { ("chunks", "in chunks") } else { ("length", "with its length") };
            found.push(subject.finding(
                &CHECK,
                Claim {
                    what: what.to_owned(),
                    title: format!("a body that is too large, sent {how}, is read before its size is looked at"),
                    expected: "a refusal, or the end of the connection, while the rest of the body is owed".to_owned(),
                    actual: format!("no answer; {} bytes had come, and the rest was waited for", sent.content_len()),
                    place: Some(behaviour.place("/limits/behind/body")),
                },
            ));
            true
        }
        Err(failure) => failure.kind == FailureKind::Reset,
    }
}

fn is_chunked(sent: &Handwritten) -> bool {
    sent.lines.iter().any(|line| line.starts_with(b"Transfer-Encoding"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use crate::check::synthetic::{Answer, Play, answer, failure, silence, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe, Via};
    use crate::wire::{Body, FailureKind, Handwritten};

    fn found(answer: Answer) -> Vec<String> {
        let play = Play::new(CaseKind::Probe(Probe::BodyOwed)).call(Expect::Nothing).but(|call| {
            call.via = Via::AsGateway;
            let lines = vec![Bytes::from_static(b"Content-Length: 67108864")];
            let body = Handwritten { lines, ..Handwritten::framed(Bytes::from_static(b"{")) };
            call.request.body = Body::Handwritten(Arc::new(body));
        });
        play.answered(answer).findings(&super::CHECK, &with_behaviour()).into_iter().map(|f| f.title).collect()
    }

    #[test]
    fn only_silence_while_the_rest_is_owed_is_found() {
        for right in [
            failure(413, "payload_too_large"),
            answer(400),
            answer(403),
            silence(FailureKind::Reset),
            silence(FailureKind::Connect),
        ] {
            assert!(found(right).is_empty());
        }
        assert!(found(silence(FailureKind::Timeout))[0].contains("with its length"));
    }
}
