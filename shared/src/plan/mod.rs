//! DECISIONS. Pure: model in, model out. No clock, no request, no row.
//!
//! | file | decides |
//! |---|---|
//! | `rule` | the condition language: does a rule match a person |
//! | `scope` | whom rules may concern |
//! | `decide` | what a person should have, and whether that is news |
//! | `gate` | whether an edit changes so many people that somebody has to say yes |
//! | `steps` | the ordered steps of a job: provision, offboard |
//! | `next_move` | what to do about one step, given what was asked and what is seen |
//! | `holds` | whether the world agrees with a step |

pub mod decide;
pub mod gate;
pub mod holds;
pub mod next_move;
pub mod rule;
pub mod scope;
pub mod steps;
