//! DECISIONS. Pure: model in, model out. No clock, no request, no row.
//!
//! | file | decides |
//! |---|---|
//! | `rule` | the condition language: does a rule match a person |
//! | `scope` | whom rules may concern |
//! | `decide` | what a person should have, and whether that is news |
//! | `laboratory` | what draft rules would change for people as they are |
//! | `explain` | why a person gets what they get: rules tried, what decided each |
//! | `edit` | who may edit what of a person, and what an edit means |
//! | `flaws` | what is wrong with a persona |
//! | `gate` | whether an edit changes so many people that somebody has to say yes |
//! | `configuration`, `written` | what a written configuration changes; whether what is written can be stored |
//! | `wanted` | what a persona means for one person: profile, site and country filled in |
//! | `countries` | which countries there are |
//! | `licences` | the licence decision table |
//! | `steps` | the ordered steps of a job: provision, offboard |
//! | `readiness` | what has to be set up before people are brought in, adopted, or placed by rules alone |
//! | `reinstate` | the steps that take an offboarding back, and what cannot be given back |
//! | `metadata` | how good what the directory says of people is |
//! | `relocate` | the steps of a move, and what stands in its way |
//! | `next_move` | what to do about one step, given what was asked and what is seen |
//! | `holds` | whether the world agrees with a step |

pub mod calendar;
pub mod configuration;
pub mod countries;
pub mod decide;
pub mod edit;
pub mod explain;
pub mod flaws;
pub mod gate;
pub mod holds;
pub mod inventory;
pub mod laboratory;
pub mod licences;
pub mod metadata;
pub mod next_move;
pub mod readiness;
pub mod reinstate;
pub mod relocate;
pub mod rule;
pub mod scope;
pub mod steps;
pub mod wanted;
pub mod written;
