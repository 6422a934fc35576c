//! What a person sees: progress on a terminal, plain lines in a pipe, the
//! verdict last.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::live;
use crate::run::{Listener, Progress};

/// Shortest time between two redraws of the progress line.
const REDRAW: Duration = Duration::from_millis(100);

/// The columns of a line about a scenario.
const WIDTH: usize = 79;

/// How often scenarios are told in plain lines, where there is no terminal.
const PLAIN: Duration = Duration::from_secs(10);

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
        let line = Mutex::new(Line {
            drawn: 0,
            last: Instant::now(),
            told: Instant::now(),
            cases: None,
            exchanges: 0,
            scenarios: Vec::new(),
        });
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
    /// How many lines are drawn that will be drawn over.
    drawn: usize,
    last: Instant,
    /// When scenarios were last told in plain lines.
    told: Instant,
    cases: Option<(u64, u64)>,
    exchanges: u64,
    /// How scenarios stand that go on, line by line.
    scenarios: Vec<String>,
}

impl Line {
    fn show(&mut self, terminal: bool, progress: Progress) {
        match progress {
            Progress::Stage(words) => {
                self.scenarios.clear();
                self.print(&words);
            }
            Progress::Facts(facts) => {
                for (name, value) in facts {
                    let line = format!("{name}: {value}");
                    self.print(&if terminal { shortened(&line, WIDTH) } else { line });
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
            Progress::Live(scenarios) => {
                if terminal {
                    self.scenarios = scenarios.iter().flat_map(|scenario| live::lines(scenario, WIDTH)).collect();
                    self.redraw(terminal);
                } else if self.told.elapsed() >= PLAIN {
                    self.told = Instant::now();
                    scenarios.iter().for_each(|scenario| self.print(&live::plain(scenario)));
                }
            }
        }
    }

    fn print(&mut self, text: &str) {
        let over = self.over();
        write_stderr(&format!("{over}{text}\n"));
    }

    fn redraw(&mut self, terminal: bool) {
        if !terminal || (self.drawn > 0 && self.last.elapsed() < REDRAW) {
            return;
        }
        self.last = Instant::now();
        let over = self.over();
        self.drawn = 1 + self.scenarios.len();
        let cases = self.cases.map(|(done, of)| format!("{done}/{of} cases")).unwrap_or_default();
        let exchanges = if self.exchanges > 0 { format!("  {} exchanges", self.exchanges) } else { String::new() };
        let scenarios: String = self.scenarios.iter().fold(String::new(), |text, line| text + line + "\n");
        write_stderr(&format!("{over}{scenarios}{cases}{exchanges}"));
    }

    /// Takes away what is drawn.
    fn over(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            1 => "\r\x1b[K".to_owned(),
            lines => format!("\r\x1b[{}A\x1b[J", lines - 1),
        }
    }
}

/// A list in one line of so many columns: what does not fit is counted.
fn shortened(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let names: Vec<&str> = line.split(", ").collect();
    let short = |kept: usize| format!("{} and {} more", names[..kept].join(", "), names.len() - kept);
    let fits = (1..names.len()).rev().map(short).find(|short| short.chars().count() <= width);
    fits.unwrap_or_else(|| line.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_counted_from_where_it_does_not_fit() {
        assert_eq!(shortened("contracts: a/v1, b/v1", 40), "contracts: a/v1, b/v1");
        assert_eq!(shortened("contracts: a/v1, b/v1, c/v1, d/v1", 32), "contracts: a/v1, b/v1 and 2 more");
        assert_eq!(shortened("target: one address without a list", 10), "target: one address without a list");
    }
}
