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
    std::fs::write(&file, "{\"format\":\"seamstress/dataverse-state/1\",\"version\":1}\n{\"x\":1}\n").expect("written");
    let faults = rig.handle().load(&file).expect_err("a line is wrong");
    assert!(faults.to_string().contains("state.jsonl:2:1"), "{faults}");
    assert_eq!(rig.get(&row).await.body["name"], "kept", "nothing is half loaded");
    rig.stop().await;
}
