//! `tabular-intake`: files, lines and IDs.

use serde_json::json;

use super::fake::Fault;
use super::rig::{Call, FILES_V1, FILES_V2, Rig, run, token};

const HEADER: &str = "invoiceNumber,customer,amount,currency,dueDate\n";

fn file(numbers: impl IntoIterator<Item = usize>) -> String {
    let line = |n| format!("INV-{n:012X},\"Smith, Jones\",12.50,EUR,2026-10-15\n");
    std::iter::once(HEADER.to_owned()).chain(numbers.into_iter().map(line)).collect()
}

#[tokio::test]
async fn lines_are_taken_or_rejected_and_told_again() {
    let rig = Rig::start(&[]).await;
    let text = format!("{}INV-x,a,1,EUR,2026-10-15\n,a,1,EUR,2026-10-15\n", file([1, 2, 1]));
    let first = rig.send(Call::csv(FILES_V1, &run(1), &text)).await;
    assert_eq!((first.status, first.served_by.as_deref()), (200, Some("tabular-intake")));
    let told = first.json();
    assert_eq!(told["accepted"], 2);
    let rejected = json!([
        {"line": 4, "column": "invoiceNumber", "reason": "duplicate"},
        {"line": 5, "column": "invoiceNumber", "reason": "malformed"},
        {"line": 6, "column": "invoiceNumber", "reason": "missing"},
    ]);
    assert_eq!(told["rejected"], rejected);
    assert_eq!(rig.send(Call::csv(FILES_V1, &run(1), &text)).await, first);
    let place = format!("{FILES_V1}/{}", told["fileId"].as_str().unwrap());
    assert_eq!(rig.send(Call::get(&place)).await.text, first.text);
    assert_eq!(rig.send(Call::get(&place).with("Authorization", &token("client-b"))).await.status, 404);
    let effects = rig.fake.effects();
    assert_eq!(effects.len(), 2);
    let written = effects.iter().find(|e| e.key == "new_invoices(new_number='INV-000000000001')").unwrap();
    let expected = json!({
        "new_number": "INV-000000000001", "new_customer": "Smith, Jones", "new_amount": 12.5, "new_currency": "EUR",
        "new_duedate": "2026-10-15", "new_correlationid": run(1),
    });
    assert_eq!(json!(written.columns), expected);
    rig.stop().await;
}

#[tokio::test]
async fn under_another_id_v1_writes_again_and_v2_does_not() {
    let rig = Rig::start(&[]).await;
    for (n, effects) in [(1, 1), (2, 2)] {
        assert_eq!(rig.send(Call::csv(FILES_V1, &run(n), &file([1]))).await.json()["accepted"], 1);
        assert_eq!(rig.effects(), effects);
    }
    let got = rig.send(Call::csv(FILES_V2, &run(3), &file([1, 2]))).await;
    let rows = json!([{"line": 2, "outcome": "already_known"}, {"line": 3, "outcome": "accepted"}]);
    assert_eq!(got.json()["rows"], rows);
    assert_eq!((&got.json()["accepted"], &got.json()["rejected"]), (&json!(1), &json!(0)));
    assert_eq!(rig.send(Call::csv(FILES_V2, &run(3), &file([1, 2]))).await, got);
    assert_eq!(rig.effects(), 3);
    // Another principal's use of an ID is another use.
    let other = Call::csv(FILES_V1, &run(2), &file([1])).with("Authorization", &token("client-b"));
    assert_eq!(rig.send(other).await.status, 200);
    assert_eq!(rig.effects(), 4);
    rig.stop().await;
}

#[tokio::test]
async fn dates_and_delimiters_are_the_callers() {
    let rig = Rig::start(&[]).await;
    let text = "invoiceNumber;customer;amount;currency;dueDate\nINV-000000000001;x;1;EUR;15.10.2026\n";
    let got = rig.send(Call::csv(&format!("{FILES_V2}?delimiter=semicolon&dateFormat=dmy"), &run(1), text)).await;
    assert_eq!(got.json()["accepted"], 1, "{got:?}");
    let other = rig.send(Call::csv(&format!("{FILES_V2}?delimiter=semicolon"), &run(1), text)).await;
    assert_eq!(other.failure(), (409, "idempotency_conflict".to_owned()));
    assert_eq!(rig.fake.effects()[0].columns["new_duedate"], "2026-10-15");
    rig.stop().await;
}

#[tokio::test]
async fn a_file_in_progress_says_so_and_a_failed_one_is_resumed() {
    let rig = Rig::start(&[]).await;
    rig.fake.close();
    let call = Call::csv(FILES_V1, &run(1), &file(0..20));
    let first = rig.begin(call.clone());
    rig.fake.at_gate.notified().await;
    assert_eq!(rig.send(call.clone()).await.failure(), (503, "in_progress".to_owned()));
    rig.fake.fail([Fault::AnswerLost, Fault::Unavailable, Fault::AnswerLost]);
    rig.fake.fail([Fault::Throttled(60); 20]);
    rig.fake.open();
    let refused = first.await.unwrap();
    assert_eq!(refused.failure(), (503, "downstream_unavailable".to_owned()));
    assert_eq!(refused.retry_after.as_deref(), Some("60"));
    rig.fake.rows.lock().unwrap().faults.clear();
    let done = rig.send(call).await;
    assert_eq!(done.json()["accepted"], 20);
    assert_eq!(rig.effects(), 20);
    rig.stop().await;
}
