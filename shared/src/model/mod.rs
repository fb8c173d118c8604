//! NOUNS. Plain data and what is true of it alone: no `async`, no clock, no SDK, nothing else of ours.
//!
//! | file | holds |
//! |---|---|
//! | `time` | a moment |
//! | `property`, `facts` | what rules may ask about a person, and the answers |
//! | `microsoft` | what Microsoft tells us, in its own words |
//! | `inventory` | telephone numbers as we keep them: ranges, and what each number is to us |
//! | `group`, `number` | groups and telephone numbers, as Microsoft tells them |
//! | `tenant`, `connection`, `probe` | a customer: connection, settings, sites, circuit; what a test of the connection found |
//! | `safety` | what keeps automation from going too far: flow-through, exceptions, pauses |
//! | `adoption` | people who are handed over to the rules of a site |
//! | `persona` | what a person should have: personas, `Wanted` |
//! | `person`, `departure` | a person's row; the day on which they leave |
//! | `job`, `step`, `ask`, `before` | one person, one goal: its steps, where they stand, what was asked of Microsoft, what there was before |
//! | `tree` | a tenant's regions and sites, and what is set at them |
//! | `capability` | what Microsoft lets us do |
//! | `configuration` | all that people write down of a tenant, as one value |
//! | `edit` | an edit by hand, and which fields are open to whom |
//! | `once` | an order that is carried out once, however often it arrives |
//! | `access` | roles, and in which tenant somebody has one |
//! | `digest` | names for contents |
//! | `bits` | who of many was seen |
//! | `schedule` | what is done by itself, and how often |
//! | `lane` | the row that leases a tenant's lane to one worker |

pub mod access;
pub mod adoption;
pub mod ask;
pub mod before;
pub mod bits;
pub mod capability;
pub mod change_set;
pub mod configuration;
pub mod connection;
pub mod departure;
pub mod digest;
pub mod edit;
pub mod facts;
pub mod group;
pub mod inventory;
pub mod job;
pub mod lane;
pub mod microsoft;
pub mod number;
pub mod once;
pub mod person;
pub mod persona;
pub mod probe;
pub mod property;
pub mod safety;
pub mod schedule;
pub mod step;
pub mod tenant;
pub mod time;
pub mod tree;
