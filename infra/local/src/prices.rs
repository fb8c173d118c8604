//! What AWS asks: list prices of us-east-1, arm64, on demand, without the free tier, in $.

use serde::Deserialize;

/// A write request unit of the table.
const WRU: f64 = 0.625e-6;
/// A read request unit of the table.
pub const RRU: f64 = 0.125e-6;
/// A request to a queue.
const SQS: f64 = 0.40e-6;
/// An invocation of a function.
pub const INVOCATION: f64 = 0.20e-6;
/// A function with a GB of memory, for a second.
pub const GB_SECOND: f64 = 13.333_4e-6;

/// What was asked of the services that count.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Used {
    /// Read request units.
    pub rru: f64,
    /// Write request units, indexes included.
    pub wru: f64,
    /// Requests to queues: sent, received and deleted.
    pub sqs: f64,
    /// Invocations.
    pub invocations: f64,
    /// Memory by time, in GB and seconds.
    pub gb_seconds: f64,
}

impl Used {
    /// What it comes to.
    pub fn dollars(self) -> f64 {
        WRU * self.wru
            + RRU * self.rru
            + SQS * self.sqs
            + INVOCATION * self.invocations
            + GB_SECOND * self.gb_seconds
    }
}
