//! The simulation: the real handlers on the embedded cloud, one thread, a virtual clock, one seed.
//!
//! | file | proves |
//! |---|---|
//! | `theatre` | nothing: it sets the stage and watches |
//! | `connection` | the connection is tested, paused, or only read through |
//! | `directory` | a directory read whole or by changes, killed or narrowed, ends the same |
//! | `doorbells` | the sweep is the guarantee |
//! | `encounters` | named interleavings: offboarding against assignment, frozen workers, stale pages |
//! | `peace` | what is settled stays settled over 100 syncs |
//! | `poison` | a job that kills its worker, or comes from a newer version, is put aside |
//! | `fair` | the wave of one customer keeps others waiting only shortly |
//! | `families` | groups, numbers, policies and licence states are read beside people, killed or not |
//! | `files` | orders for many people by file |
//! | `flow` | both ways in: to the tenant level and adopted, or flow-through |
//! | `gate` | an edit that changes many people waits for a yes |
//! | `large` | 50,000 people cost what was reckoned, and outlive a death at every page |
//! | `masses` | what comes several times, at once or in masses |
//! | `outages` | wrong secret, missing consent, unreachable Microsoft, nonsense in the queues |
//! | `overrides` | exceptions, a halt of everything, an offboarding that is taken back |
//! | `relocations` | rules move people, number and all |
//! | `restore` | a table restored from a backup catches up |
//! | `proof` | a crash at any request loses nobody, nor does everything at once; bugs on purpose are found |
//! | `transactions` | jobs are taken back, done again, followed for good |
//! | `staging` | who waits for Microsoft, who looks when, and what is kept meanwhile |

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot be told is a failed test, also in what the tests share"
)]

/// A fifth of the time went into small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod audit;
mod connection;
mod departures;
mod desk;
mod directory;
mod doorbells;
mod encounters;
mod fair;
mod families;
mod files;
mod flow;
mod gate;
mod inventory;
mod language;
mod large;
mod leaving;
mod licensing;
mod many;
mod masses;
mod moves;
mod numbers;
mod onboarding;
mod outages;
mod overrides;
mod pace;
mod peace;
mod poison;
mod proof;
mod relocations;
mod restore;
mod scarce;
mod seats;
mod staging;
mod theatre;
mod transactions;
