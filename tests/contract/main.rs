//! The contract: what must stay true of the house itself, whoever changes it.
//!
//! | file | keeps true |
//! |---|---|
//! | `house` | who may use whom; who reads the clock, names an SDK, or scans; how long a file may be |
//! | `keys` | every partition belongs to one tenant |
//! | `jobs` | a job's state is a function of its steps, and no path yields success for a step that does not hold |
//! | `golden` | rows once written stay readable |
//! | `requirements` | every requirement named somewhere stands in `tests/requirements.md`, and the other way round |
//! | `readme` | the dependency table is the dependency list |
//! | `template` | what is deployed is what the code says: figures, variables, queues, rights |
//! | `setting`, `sources`, `strip` | nothing: they set rows up for `golden`, and read the sources |

#[cfg(test)]
mod golden;
#[cfg(test)]
mod house;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod requirements;
#[cfg(test)]
mod setting;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod strip;
#[cfg(test)]
mod template;
