//! Keys for the security schemes of a document: shown where each scheme has
//! them, never told to anybody, and missed where a service does not ask.

use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{Ran, seamstress, seamstress_with};

const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Weather, version: '1' }
components:
  securitySchemes:
    appid: { type: apiKey, in: query, name: appid }
    sid: { type: apiKey, in: cookie, name: sid }
    user: { type: http, scheme: basic }
paths:
  /now:
    get:
      operationId: now
      security: [{ appid: [] }]
      parameters: [{ name: city, in: query, schema: { type: string, maxLength: 9 } }]
      responses: { '200': { description: it }, '401': { description: who }, '400': { description: refused } }
  /mine:
    get:
      operationId: mine
      security: [{ sid: [] }]
      parameters: [{ name: theme, in: cookie, schema: { enum: [dark, light] } }]
      responses: { '200': { description: it }, '401': { description: who }, '400': { description: refused } }
  /admin:
    get:
      operationId: admin
      security: [{ user: [] }]
      responses: { '200': { description: it }, '401': { description: who } }
";

const KEY: &str = "planted/s3cret+key";
const ESCAPED: &str = "planted%2Fs3cret%2Bkey";
const SESSION: &str = "planted-s3ssion";
const USER: &str = "planted:p4ssword";
const BASIC: &str = "cGxhbnRlZDpwNHNzd29yZA==";

/// Which operation asks nobody who they are, and what it answers.
async fn check(open: &'static str, status: u16) -> (Ran, Vec<Request>) {
    let server = MockServer::start().await;
    let answer = move |known: bool, name: &str| {
        if known || name == open { ResponseTemplate::new(status) } else { ResponseTemplate::new(401) }
    };
    let now = move |r: &Request| answer(r.url.query_pairs().any(|(n, v)| n == "appid" && v == KEY), "now");
    let mine = move |r: &Request| {
        let cookies = r.headers.get("cookie").and_then(|c| c.to_str().ok()).unwrap_or_default();
        answer(cookies.split("; ").any(|c| c == format!("sid={SESSION}")), "mine")
    };
    let admin = move |r: &Request| {
        answer(r.headers.get("authorization").is_some_and(|a| *a == *format!("Basic {BASIC}")), "admin")
    };
    Mock::given(method("GET")).and(path_regex("^/now$")).respond_with(now).mount(&server).await;
    Mock::given(method("GET")).and(path_regex("^/mine$")).respond_with(mine).mount(&server).await;
    Mock::given(method("GET")).and(path_regex("^/admin$")).respond_with(admin).mount(&server).await;
    Mock::given(path_regex("^/")).respond_with(ResponseTemplate::new(404)).with_priority(9).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("weather.yaml");
    std::fs::write(&file, DOCUMENT).expect("written");
    let uri = server.uri();
    let ran = tokio::task::spawn_blocking(move || {
        let variables = [("WEATHER_KEY", KEY), ("WEATHER_SESSION", SESSION), ("WEATHER_USER", USER)];
        let keys =
            ["--key-env", "appid=WEATHER_KEY", "--key-env", "sid=WEATHER_SESSION", "--key-env", "user=WEATHER_USER"];
        let file = file.to_str().expect("plain");
        let only = ["--only", "response/credentials-ignored", "--only", "response/undeclared-status"];
        let args = ["check", file, "--url", &uri, "--seed", "2", "--cases", "60", "-v"];
        seamstress_with(&variables, &[&args[..], &keys, &only].concat())
    })
    .await
    .expect("it ran");
    let requests = server.received_requests().await.unwrap_or_default();
    (ran, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_where_the_document_has_them() {
    let (ran, requests) = check("", 200).await;
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(!ran.all().contains("for which nothing was given"), "{}", ran.all());
    let shown = |path: &str, key: &str| {
        let of = requests.iter().filter(|r| r.url.path() == path && r.method.as_str() == "GET");
        of.filter(|r| format!("{}{:?}", r.url, r.headers).contains(key)).count()
    };
    for (path, key) in [("/now", ESCAPED), ("/mine", SESSION), ("/admin", BASIC)] {
        assert!(shown(path, key) >= 3, "{path}: {}", shown(path, key));
    }
    let both = requests.iter().filter(|r| {
        r.headers
            .get("cookie")
            .is_some_and(|c| c.to_str().is_ok_and(|c| c.contains("theme=") && c.contains(&format!("sid={SESSION}"))))
    });
    assert!(both.count() > 0, "a key joins the cookies of a case");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lets_in_a_wrong_key_is_found_and_the_right_one_is_told_to_nobody() {
    for open in ["now", "mine", "admin"] {
        let (ran, _) = check(open, 200).await;
        assert_eq!(ran.code, 1, "{open}: {}", ran.all());
        assert!(ran.out.contains(&format!("{open} lets in whoever comes with wrong credentials")), "{}", ran.out);
    }
    // Each answer breaks the document, so each request is shown.
    let (ran, _) = check("", 299).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    let told = [KEY, ESCAPED, SESSION, USER, BASIC];
    let all = ran.all();
    for secret in told {
        assert!(!all.contains(secret), "the screen tells {secret}");
        for (path, bytes) in ran.files() {
            assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{} tells {secret}", path.display());
        }
    }
    assert!(all.contains("appid='\"$KEY\"'"), "the line has a variable where the key was: {all}");
    assert!(all.contains("--key-env appid=WEATHER_KEY"), "the case is played again with the same key: {all}");
}

#[test]
fn a_key_for_no_scheme_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("weather.yaml");
    std::fs::write(&file, DOCUMENT).expect("written");
    let url = ["check", file.to_str().expect("plain"), "--url", "http://127.0.0.1:9", "--key-env"];
    let ran = seamstress_with(&[("K", "k")], &[&url[..], &["apid=K"]].concat());
    assert!(
        ran.code == 2 && ran.err.contains("no security scheme `apid`: it has `appid`, `sid`, `user`"),
        "{}",
        ran.all()
    );
    let ran = seamstress(&[&url[..], &["appid=NOT_SET_ANYWHERE"]].concat());
    assert!(ran.code == 2 && ran.err.contains("NOT_SET_ANYWHERE"), "{}", ran.all());
}
