//! What a person sees: progress on a terminal, plain lines in a pipe, the
//! verdict last.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::run::{Listener, Progress};

/// Shortest time between two redraws of the progress line.
const REDRAW: Duration = Duration::from_millis(100);

/// How the screen is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    quiet: bool,
    terminal: bool,
    colour: bool,
}

impl Screen {
    /// Looks once at what standard error is, and at `NO_COLOR`.
    #[expect(clippy::disallowed_methods, reason = "the environment is read once, here")]
    pub(super) fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let colour = std::io::stdout().is_terminal() && std::env::var("NO_COLOR").map_or(true, |v| v.is_empty());
        Self { quiet, terminal, colour }
    }

    /// Whether results may be coloured.
    pub(super) fn colour(self) -> bool {
        self.colour
    }

    /// Whether standard error is a terminal.
    pub(super) fn on_terminal(self) -> bool {
        self.terminal
    }

    /// Shows progress on standard error.
    pub(super) fn listener(self) -> Listener {
        if self.quiet {
            return Listener::nobody();
        }
        let line = Mutex::new(Line { drawn: false, last: Instant::now(), cases: None, exchanges: 0 });
        Listener::new(move |progress| {
            if let Ok(mut line) = line.lock() {
                line.show(self.terminal, progress);
            }
        })
    }

    /// Removes the progress line before results are shown.
    pub(super) fn clear(self) {
        if self.terminal && !self.quiet {
            write_stderr("\r\x1b[K");
        }
    }
}

struct Line {
    drawn: bool,
    last: Instant,
    cases: Option<(u64, u64)>,
    exchanges: u64,
}

impl Line {
    fn show(&mut self, terminal: bool, progress: Progress) {
        match progress {
            Progress::Stage(words) => self.print(&words),
            Progress::Facts(facts) => {
                for (name, value) in facts {
                    self.print(&format!("{name}: {value}"));
                }
            }
            Progress::Finding(title) => self.print(&format!("finding: {}", crate::report::escape::terminal(&title))),
            Progress::Cases { done, of } => {
                self.cases = Some((done, of));
                self.redraw(terminal);
            }
            Progress::Load { exchanges } => {
                self.exchanges = exchanges;
                self.redraw(terminal);
            }
        }
    }

    fn print(&mut self, text: &str) {
        if std::mem::take(&mut self.drawn) {
            write_stderr("\r\x1b[K");
        }
        write_stderr(&format!("{text}\n"));
    }

    fn redraw(&mut self, terminal: bool) {
        if !terminal || (self.drawn && self.last.elapsed() < REDRAW) {
            return;
        }
        self.last = Instant::now();
        self.drawn = true;
        let cases = self.cases.map(|(done, of)| format!("{done}/{of} cases")).unwrap_or_default();
        let exchanges = if self.exchanges > 0 { format!("  {} exchanges", self.exchanges) } else { String::new() };
        write_stderr(&format!("\r\x1b[K{cases}{exchanges}"));
    }
}

/// A line on standard error.
pub(super) fn note(text: &str) {
    write_stderr(&format!("{text}\n"));
}

/// A fault that ends the command, on standard error. Diagnostics begin with
/// their own word.
pub(super) fn error(text: &str) {
    let own = ["error:", "warning:", "notice:"].iter().any(|word| text.starts_with(word));
    write_stderr(&if own { format!("{text}\n") } else { format!("error: {text}\n") });
}

/// A result on standard output. A pipe that was closed is a quiet success.
pub(super) fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn write_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
