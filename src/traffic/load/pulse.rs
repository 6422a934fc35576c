//! How late the generator itself is, whatever it has to do: a timer that only
//! this process can hold up, and what CPU it uses.

use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::phase::Phase;

/// How often.
const EVERY: Duration = Duration::from_millis(20);

/// Beats while phases go on. A beat that was missed is made up for, as late as
/// it is then.
pub(super) async fn pulse(phases: Vec<Arc<Phase>>) {
    let mut beats = interval(EVERY);
    beats.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut used = cpu();
    loop {
        let planned = beats.tick().await;
        let (late, now) = (Instant::now().saturating_duration_since(planned), cpu());
        for phase in &phases {
            phase.beat(late, now.saturating_sub(used));
        }
        used = now;
    }
}

/// CPU time of this process.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
