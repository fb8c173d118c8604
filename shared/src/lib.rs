//! The common crate of all Rollcall functions. A newcomer's map:
//!
//! | module | room |
//! |---|---|
//! | [`model`] | NOUNS: plain data and what is true of it alone |
//! | [`plan`] | DECISIONS: pure, model in, model out |
//! | [`graph`] | MICROSOFT: client, throttling, wire types |
//! | [`store`] | DYNAMODB: every key and every question on one page |
//! | [`queue`] | SQS doorbells |
//! | [`run`] | THE SHELL: where reading, deciding, acting and committing meet |
//! | [`app`], [`lambda`] | the real clients, the handlers |
//! | [`rights`] | what each function may ask of AWS |
//! | [`planted`] | bugs that the simulation has to find; compiled into nothing that is deployed |
//! | [`clock`], [`config`], [`error`], [`telemetry`] | what everybody stands on |

pub mod app;
pub mod clock;
pub mod config;
pub mod error;
pub mod graph;
pub mod lambda;
pub mod model;
pub mod plan;
pub mod planted;
pub mod queue;
pub mod rights;
pub mod run;
pub mod store;
pub mod telemetry;
