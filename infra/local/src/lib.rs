//! The embedded cloud: everything that Rollcall talks to, in this process (`design.md 9`).
//!
//! Production code keeps its real clients; the seam is the wire. [`cloud::Cloud`] answers the AWS SDK from engines in memory,
//! calls the functions as Lambda does, and asks one hook what becomes of each request. There is no socket (but in [`front`], for who
//! asks for one), no thread and no system clock: under a paused runtime, with one seed, a run is a function of its inputs.
//!
//! Absent on purpose: encryption, FIFO queues, long polling, stale reads of the table itself (only its indexes lag).

pub mod cloud;
pub mod contoso;
pub mod demo;
pub mod dynamodb;
pub mod fate;
pub mod faulty;
pub mod front;
pub mod hostile;
pub mod iam;
pub mod installation;
pub mod issuer;
pub mod lambda;
pub mod microsoft;
pub mod prices;
pub mod reference;
pub mod scheduler;
pub mod secrets;
pub mod seed;
pub mod serve;
pub mod sqs;
pub mod weather;
pub mod wire;

#[cfg(test)]
mod tests;
