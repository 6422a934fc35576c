//! What processes cost, as Linux tells it (`proc_pid_stat(5)`); elsewhere it is
//! unknown.

use std::fs;
use std::time::Duration;

/// What a process, or a group of them, has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in user and kernel mode, of processes that ended as well.
    pub cpu: Duration,
    /// The most memory that its processes held, in bytes, each at its own peak.
    pub peak_memory: u64,
}

impl Usage {
    /// Both together: one process after the other.
    pub(super) fn and(self, later: Self) -> Self {
        Self { cpu: self.cpu + later.cpu, peak_memory: self.peak_memory.max(later.peak_memory) }
    }
}

/// What this process has cost; `None` where the system does not tell.
pub fn own_usage() -> Option<Usage> {
    let stat = Stat::read("self")?;
    Some(Usage { cpu: stat.own, peak_memory: peak_memory("self") })
}

/// What the living processes of a group have cost, with children that they have
/// waited for.
pub(super) fn group_usage(group: u32) -> Usage {
    let Ok(processes) = fs::read_dir("/proc") else { return Usage::default() };
    let mut usage = Usage::default();
    for process in processes.flatten() {
        let name = process.file_name();
        let Some(pid) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) else { continue };
        if let Some(stat) = Stat::read(pid).filter(|stat| stat.group == group) {
            usage.cpu += stat.own + stat.ended_children;
            usage.peak_memory += peak_memory(pid);
        }
    }
    usage
}

/// Of one process.
struct Stat {
    group: u32,
    own: Duration,
    ended_children: Duration,
}

impl Stat {
    fn read(pid: &str) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The command's name stands in brackets and may hold anything.
        let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_whitespace().collect();
        // Fields are counted from 1, and the first two are before the bracket.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let per_second = rustix::param::clock_ticks_per_second().max(1);
        let time = |ticks: u64| Duration::from_millis(ticks * 1000 / per_second);
        Some(Self {
            group: u32::try_from(field(5)?).ok()?,
            own: time(field(14)? + field(15)?),
            ended_children: time(field(16)? + field(17)?),
        })
    }
}

/// `VmHWM`, in bytes.
fn peak_memory(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
