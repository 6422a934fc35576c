//! `report.html` in Chromium, as a person's browser shows it: wide and narrow,
//! with forced colours and without any, it stays within the window, nothing is
//! loaded, and every picture has a name. CI installs Chromium and sets
//! `SEAMSTRESS_REQUIRE_BROWSER`, with which a missing one is a failure.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::{seamstress, skipped};

/// Looks into the report from a page of the same origin, and leaves what it saw
/// as its own text.
const LOOK: &str = r#"<!doctype html><meta charset="utf-8"><body><iframe id="f" style="width:WIDTHpx;height:900px;border:0" src="/report.html"></iframe>
<script>
document.getElementById("f").addEventListener("load", () => {
  const page = document.getElementById("f").contentDocument;
  const root = page.documentElement;
  page.querySelectorAll("details").forEach((details) => { details.open = true; });
  const wide = (element) => element.getBoundingClientRect().right > root.clientWidth + 1 && !element.closest(".wide, pre, svg");
  const svgs = [...page.querySelectorAll("svg")];
  const empty = svgs.filter((svg) => svg.getBoundingClientRect().height < 20 || !svg.getAttribute("aria-label"));
  const outside = svgs.flatMap((svg) => {
    const box = svg.viewBox.baseVal;
    return [...svg.querySelectorAll("text")].filter((text) => {
      const at = text.getBBox();
      return at.x < -1 || at.y < -1 || at.x + at.width > box.width + 1 || at.y + at.height > box.height + 1;
    }).map((text) => text.textContent);
  });
  const overlapping = svgs.flatMap((svg) => {
    const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBBox()]);
    return texts.flatMap(([name, a], i) => texts.slice(i + 1).filter(([, b]) =>
      a.x + 1 < b.x + b.width && b.x + 1 < a.x + a.width && a.y + 2 < b.y + b.height && b.y + 2 < a.y + a.height
    ).map(([other]) => `${name} over ${other} in ${svg.getAttribute("aria-label").slice(0, 60)}`));
  });
  const seen = {
    title: page.title,
    scrolls: root.scrollWidth - root.clientWidth,
    wide: [...page.body.querySelectorAll("*")].filter(wide).map((element) => element.outerHTML.slice(0, 120)).slice(0, 5),
    pictures: svgs.length,
    figures: [...page.querySelectorAll("figcaption")].map((caption) => caption.textContent),
    empty: empty.map((svg) => svg.outerHTML.slice(0, 120)),
    outside,
    overlapping,
  };
  const pre = document.createElement("pre");
  pre.id = "seen";
  pre.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
  document.body.append(pre);
});
</script>"#;

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found =
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|p| p.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("SEAMSTRESS_REQUIRE_BROWSER").is_none(),
            "no Chromium is installed, and SEAMSTRESS_REQUIRE_BROWSER is set"
        );
        skipped("Chromium is missing; .ci/run installs it");
    }
    found
}

/// Serves the report and the page that looks into it; gives the port, and what
/// was asked for.
fn served(report: Vec<u8>, width: u32) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = asked.clone();
    let look = LOOK.replace("WIDTH", &width.to_string()).into_bytes();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut read = BufReader::new(&stream);
            let mut line = String::new();
            let _ = read.read_line(&mut line);
            let mut field = String::new();
            while read.read_line(&mut field).is_ok_and(|count| count > 2) {
                field.clear();
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let content = if path == "/report.html" { &report } else { &look };
            seen.lock().expect("unpoisoned").push(path);
            answer(&stream, content);
        }
    });
    (port, asked)
}

fn answer(mut stream: &TcpStream, content: &[u8]) {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(content));
}

/// What Chromium sees of a report in a window of so many pixels.
fn seen(chromium: &Path, report: &[u8], width: u32, more: &[&str]) -> Value {
    let (port, asked) = served(report.to_vec(), width);
    let profile = tempfile::tempdir().expect("a folder");
    let mut output = Vec::new();
    let mut child = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"])
        .args(["--virtual-time-budget=10000", "--window-size=1600,1000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(more)
        .arg(format!("http://127.0.0.1:{port}/look.html"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("Chromium starts");
    child.stdout.take().expect("piped").read_to_end(&mut output).expect("readable");
    assert!(child.wait().expect("it ends").success());
    let text = String::from_utf8_lossy(&output).into_owned();
    let coded = text.split_once("<pre id=\"seen\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let coded = coded.unwrap_or_else(|| panic!("the page did not look: {text}")).0;
    let json = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, coded).expect("base64");
    let asked = asked.lock().expect("unpoisoned");
    let other: Vec<_> =
        asked.iter().filter(|path| !["/look.html", "/report.html", "/favicon.ico"].contains(&path.as_str())).collect();
    assert!(other.is_empty(), "the report loads {other:?}");
    serde_json::from_slice(&json).expect("JSON")
}

#[test]
fn the_report_of_a_load_stays_within_its_window_and_its_words_stand_apart() {
    let Some(chromium) = chromium() else { return };
    let ran = seamstress(&["load", "retry-storm", "--seed", "1", "--defect", "duplicate-race"]);
    assert!([0, 1].contains(&ran.code), "{}", ran.all());
    let report = std::fs::read(ran.reports.path().join("latest/report.html")).expect("there");
    for (width, more) in [(1280, &[][..]), (390, &[]), (1280, &["--force-dark-mode", "--force-high-contrast"])] {
        let seen = seen(&chromium, &report, width, more);
        assert!(seen["scrolls"].as_i64() <= Some(0), "{width}: {seen:#}");
        for list in ["wide", "empty", "outside", "overlapping"] {
            assert_eq!(seen[list].as_array().map(Vec::len), Some(0), "{width} {list}: {seen:#}");
        }
        let figures = seen["figures"].to_string();
        for figure in
            ["Throughput against plan", "Sent again and refused", "Concurrency", "Effects", "Generator", "over time"]
        {
            assert!(figures.contains(figure), "{figure} is not in {figures}");
        }
    }
}
