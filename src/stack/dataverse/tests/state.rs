//! Snapshots, and the file between two runs.

use serde_json::{Value, json};

use super::rig::{NEVER, Rig};

#[tokio::test]
async fn a_snapshot_and_the_files_are_where_one_can_go_back_to() {
    let rig = Rig::start(false).await;
    let row = format!("/accounts({})", rig.account(0));
    let name = async || rig.get(&format!("{row}?$select=name")).await.body["name"].clone();
    let first = name().await;
    rig.send("PATCH", &row, &[], json!({ "name": "kept" })).await;
    assert!(rig.handle().snapshot("kept"));
    rig.send("PATCH", &row, &[], json!({ "name": "lost" })).await;
    rig.send("POST", "/accounts", &[], json!({ "accountid": NEVER, "name": "new" })).await;
    let tag = rig.get(&row).await.header("etag").to_owned();
    assert!(rig.handle().restore("kept") && !rig.handle().restore("unknown"));
    assert_eq!((name().await, rig.get(&format!("/accounts({NEVER})")).await.status), (json!("kept"), 404));
    // No ETag is given twice.
    rig.send("PATCH", &row, &[], json!({ "name": "later" })).await;
    assert_ne!(rig.get(&row).await.header("etag"), tag);
    rig.handle().reset().await.expect("the files are as they were");
    assert_eq!(name().await, first);
    assert_eq!(rig.entries().len(), 4, "the ledger keeps what happened");
    rig.stop().await;
}

#[tokio::test]
async fn a_state_file_carries_all_rows_into_the_next_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.jsonl");
    let rig = Rig::start(false).await;
    let row = format!("/accounts({})", rig.account(1));
    rig.send("PATCH", &row, &[], json!({ "name": "kept", "creditlimit": 12.5, "new_status": Value::Null })).await;
    rig.send("DELETE", &format!("/accounts({})", rig.account(2)), &[], Value::Null).await;
    let before = rig.get(&row).await;
    rig.handle().save(&file).expect("written");
    rig.stop().await;
    let rig = Rig::start(false).await;
    rig.handle().load(&file).expect("it goes with the tables");
    let after = rig.get(&row).await;
    // The context names the port.
    let values = |body: &Value| {
        ["name", "creditlimit", "new_status", "accountnumber", "@odata.etag"].map(|name| body[name].clone())
    };
    assert_eq!(values(&after.body), values(&before.body));
    assert_eq!(rig.get("/accounts(accountnumber='A-3')").await.status, 404, "it was deleted");
    rig.stop().await;
}

/// Sends a file into the document column of an account.
async fn upload(rig: &Rig, n: usize, name: &str, content: &[u8]) -> u16 {
    let url = format!("{}/accounts({})/new_document", rig.base, rig.account(n));
    let request = rig.client.request(http::Method::PATCH, &url).expect("allowed").bearer_auth(&rig.token);
    let request = request.header("content-type", "application/octet-stream").header("x-ms-file-name", name);
    request.body(content.to_vec()).send().await.expect("answers").status().as_u16()
}

/// Name and bytes of the file there.
async fn download(rig: &Rig, n: usize) -> (u16, String, Vec<u8>) {
    let url = format!("{}/accounts({})/new_document/$value", rig.base, rig.account(n));
    let request = rig.client.request(http::Method::GET, &url).expect("allowed").bearer_auth(&rig.token);
    let answer = request.send().await.expect("answers");
    let name = answer.headers().get("x-ms-file-name").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    (answer.status().as_u16(), name, answer.bytes().await.expect("a body").to_vec())
}

#[tokio::test]
async fn files_of_columns_go_along_with_snapshots_and_state_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.jsonl");
    // More than one piece, and no round number.
    let large: Vec<u8> = (0..2_000_003_u32).map(|n| (n % 251) as u8).collect();
    let rig = Rig::start(false).await;
    assert_eq!(upload(&rig, 0, "large.bin", &large).await, 204);
    assert_eq!(upload(&rig, 1, "empty.bin", b"").await, 204);
    assert!(rig.handle().snapshot("kept"));
    assert_eq!(upload(&rig, 0, "other.bin", b"other").await, 204);
    assert_eq!(download(&rig, 0).await.1, "other.bin");
    assert!(rig.handle().restore("kept"));
    assert_eq!(download(&rig, 0).await, (200, "large.bin".into(), large.clone()));
    rig.handle().save(&file).expect("written");
    rig.handle().reset().await.expect("the files are as they were");
    assert_eq!(download(&rig, 0).await.0, 404);
    rig.handle().load(&file).expect("its files are here already");
    assert_eq!(download(&rig, 0).await.2, large);
    rig.stop().await;
    let rig = Rig::start(false).await;
    rig.handle().load(&file).expect("it goes with the tables");
    assert_eq!(download(&rig, 0).await, (200, "large.bin".into(), large));
    assert_eq!(download(&rig, 1).await, (200, "empty.bin".into(), Vec::new()));
    rig.stop().await;
}

#[tokio::test]
async fn a_state_file_that_is_broken_or_foreign_is_told_so_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.jsonl");
    let rig = Rig::start(false).await;
    upload(&rig, 0, "f.bin", b"0123456789").await;
    rig.handle().save(&file).expect("written");
    let whole = std::fs::read_to_string(&file).expect("text");
    let row = format!("/accounts({})", rig.account(0));
    rig.send("PATCH", &row, &[], json!({ "name": "here" })).await;
    let without = |part: &str| whole.lines().filter(|line| !line.contains(part)).collect::<Vec<_>>().join("\n");
    let lines = whole.lines().count();
    // Rows that contradict each other, each by itself as it should be.
    let numbers: Vec<&str> = whole.lines().filter(|line| line.contains("\"accountnumber\":\"A-7\"")).collect();
    let [seventh] = numbers.as_slice() else { panic!("one row has the number 7") };
    let same_key = whole.replacen(seventh, &seventh.replace("A-7", "A-8"), 1);
    let parent = format!("\"parentaccountid\":{{\"table\":\"account\",\"id\":\"{NEVER}\"}},\"accountnumber\":\"A-7\"");
    let orphan = whole.replacen(seventh, &seventh.replace("\"accountnumber\":\"A-7\"", &parent), 1);
    let cases = [
        (String::new(), "is no state file: its first line names the format".to_owned()),
        ("MZ\u{0}\u{1}".repeat(5000), "is no state file".into()),
        (whole.replace("state/2", "state/9"), "expected `seamstress/dataverse-state/2`, found".into()),
        (without("\"end\""), format!("state.jsonl:{}:1", lines - 1)),
        (without("\"piece\""), "of 10 bytes, of which 0 follow".into()),
        (without("f.bin"), "`new_document` of accounts names a file that is not there".into()),
        (whole.replacen("{\"table\":\"account\"", "{\"table\":\"count\"", 1), "there is no table `count`".into()),
        (format!("{whole}{{\"x\":1}}\n"), "follows the last line".into()),
        (whole.replacen("\"piece\":\"", "\"piece\":\"?", 1), "is no piece of a file".into()),
        (whole[..whole.len() / 2].to_owned(), "is no line of a state file".into()),
        (same_key, "rows of accounts have the same key `new_accountnumber`".into()),
        (orphan, "names a row that is not there".into()),
    ];
    // Another run, in which the file is not there yet.
    let other = Rig::start(false).await;
    for (text, expected) in cases {
        std::fs::write(&file, text).expect("written");
        let faults = other.handle().load(&file).expect_err(&expected).to_string();
        assert!(faults.contains(&expected), "expected {expected}, found {}", faults.lines().next().unwrap_or_default());
        assert_eq!(download(&other, 0).await.0, 404, "nothing is half loaded");
    }
    assert_eq!(rig.get(&row).await.body["name"], "here");
    rig.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn files_that_nothing_names_make_room_for_others() {
    let rig = Rig::protected("file_storage: 1\n").await;
    let content = vec![7_u8; 400 << 10];
    for _ in 0..6 {
        assert_eq!(upload(&rig, 0, "f.bin", &content).await, 204, "what it replaces makes room");
    }
    assert!(rig.handle().snapshot("kept"));
    assert_eq!(upload(&rig, 0, "f.bin", &content).await, 204);
    assert_eq!(upload(&rig, 1, "g.bin", &content).await, 500, "the snapshot still names one");
    assert!(rig.handle().restore("kept"));
    assert_eq!(upload(&rig, 1, "g.bin", &content).await, 204);
    assert_eq!(download(&rig, 0).await.2, content);
    rig.stop().await;
}
