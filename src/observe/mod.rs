//! What happened: exchanges with what was meant by them, the ledger of
//! effects, gateway rows, latency histograms.
//!
//! In: what traffic saw and what the tiers recorded. Out: plain values that
//! checks judge and reports show. Knows nothing of traffic, check or report,
//! so a recorded run can be judged again.

mod call;
mod call_trace;
mod callback;
mod glance;
mod health;
mod intervals;
mod latency;
mod ledger;
mod live;
mod log;
mod log_line;
mod measured;
mod operations;
mod phase;
mod row;
mod seconds;
mod sink;
mod threshold;

pub use call::{CallRecord, CallRun, CaseRun, SearchRun};
pub use call_trace::{CallTrace, RecordedTraces, STEP_COLUMNS, StepTrace};
pub use callback::ReceivedCall;
pub use glance::{Glance, Glimpse};
pub use health::{HealthRun, HealthWait};
pub use intervals::{Interval, IntervalRecorder, Intervals};
pub use latency::{Latency, OperationLatency};
pub use ledger::{ColumnChange, LedgerEntry, Operation, Outcome, ReadEntry, SOMEBODY_ELSE, Way};
pub use live::{Live, Troubles};
pub use log::{Log, Packed, mark};
pub use log_line::{ChainLink, LogLine};
pub use measured::{Measured, Refusals, Sizes};
pub use operations::Operations;
pub use phase::{LastPart, Part, PhaseRun, Strays};
pub use row::{CacheUse, GatewayRow, LastError, TraceRecord};
pub use seconds::{Second, Seconds};
pub use sink::{Event, Sink};
pub use threshold::{Bound, Measure, Share, Threshold, ThresholdRun, Watch};
