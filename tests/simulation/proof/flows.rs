//! Every flow of the product as a past, lived in peace, and a story that is told again and again from there.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use local::fate::Hook;
use shared::model::change_set::{ChangeKind, Limit};
use shared::model::edit::Edit;
use shared::model::inventory::NumberState;
use shared::model::job::JobState;
use shared::model::lane::{Lane, Mark};
use shared::model::microsoft::PolicyType;
use shared::model::persona::{LocationSource, Persona, SitePath};
use shared::model::tenant::{OffboardLicences, ReadinessLooks};
use shared::run::files::{self, FileOrder, Row};
use shared::run::{self, MoveChoice, adoption, change_sets, jobs};

use crate::desk::{
    Desk, E3, E5, F3, LICENSED, LONDON, PLAIN, Route, group, persona, policies, sku,
};
use crate::gate::one_waiting;
use crate::numbers::{SALES, with_number};
use crate::theatre::{HOUR, MINUTE, pull};
use crate::{flow, leaving, moves, numbers, relocations};

mod stories;

use stories::*;

/// A flow.
pub struct Flow {
    /// What it is called in reports.
    pub name: &'static str,
    /// Whether every pair of crashes is tried too.
    pub in_pairs: bool,
    compares: Compares,
    past: fn() -> LocalBoxFuture<'static, Desk>,
    story: for<'a> fn(&'a Desk) -> LocalBoxFuture<'a, ()>,
}

/// What must be the same at the end, whoever died on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compares {
    /// Where everybody is, and what they have.
    Places,
    /// The same, and what was read of them.
    Facts,
    /// The same as places; how far it came before it was cut short depends on who died.
    Ends,
}

const BY: &str = "olga";

/// All of them.
pub const FLOWS: &[Flow] = &[
    Flow {
        name: "import",
        in_pairs: false,
        compares: Compares::Facts,
        past: || new_tenant().boxed_local(),
        story: |desk| sync(desk).boxed_local(),
    },
    Flow {
        name: "changes",
        in_pairs: false,
        compares: Compares::Facts,
        past: || imported().boxed_local(),
        story: |desk| changes(desk).boxed_local(),
    },
    Flow {
        name: "onboarding by rule",
        in_pairs: false,
        compares: Compares::Places,
        past: || with_numbers().boxed_local(),
        story: |desk| by_rule(desk).boxed_local(),
    },
    Flow {
        name: "provisioning",
        in_pairs: true,
        compares: Compares::Places,
        past: || with_numbers().boxed_local(),
        story: |desk| provisioning(desk).boxed_local(),
    },
    Flow {
        name: "onboarding with a licence group",
        in_pairs: false,
        compares: Compares::Places,
        past: || imported().boxed_local(),
        story: |desk| with_licence_group(desk).boxed_local(),
    },
    Flow {
        name: "change of persona",
        in_pairs: false,
        compares: Compares::Places,
        past: || provisioned().boxed_local(),
        story: |desk| change_of_persona(desk).boxed_local(),
    },
    Flow {
        name: "unstaging",
        in_pairs: false,
        compares: Compares::Places,
        past: || staged().boxed_local(),
        story: |desk| unstaging(desk).boxed_local(),
    },
    Flow {
        name: "taking back",
        in_pairs: false,
        compares: Compares::Ends,
        past: || with_numbers().boxed_local(),
        story: |desk| taking_back(desk).boxed_local(),
    },
    Flow {
        name: "edit",
        in_pairs: false,
        compares: Compares::Places,
        past: || provisioned().boxed_local(),
        story: |desk| edit(desk).boxed_local(),
    },
    Flow {
        name: "offboarding",
        in_pairs: true,
        compares: Compares::Places,
        past: || provisioned().boxed_local(),
        story: |desk| offboarding(desk).boxed_local(),
    },
    Flow {
        name: "offboarding by a profile",
        in_pairs: false,
        compares: Compares::Places,
        past: || holder().boxed_local(),
        story: |desk| offboarding(desk).boxed_local(),
    },
    Flow {
        name: "departure on a day",
        in_pairs: false,
        compares: Compares::Places,
        past: || provisioned().boxed_local(),
        story: |desk| departure(desk).boxed_local(),
    },
    Flow {
        name: "return",
        in_pairs: false,
        compares: Compares::Places,
        past: || offboarded().boxed_local(),
        story: |desk| return_(desk).boxed_local(),
    },
    Flow {
        name: "leaving while being provisioned",
        in_pairs: false,
        compares: Compares::Ends,
        past: || with_numbers().boxed_local(),
        story: |desk| leaving_at_once(desk).boxed_local(),
    },
    Flow {
        name: "move to a new number",
        in_pairs: true,
        compares: Compares::Places,
        past: || moves::desk(None).boxed_local(),
        story: |desk| moving(desk, false).boxed_local(),
    },
    Flow {
        name: "move with the number",
        in_pairs: true,
        compares: Compares::Places,
        past: || moves::desk(None).boxed_local(),
        story: |desk| moving(desk, true).boxed_local(),
    },
    Flow {
        name: "move by rule",
        in_pairs: false,
        compares: Compares::Places,
        past: || relocations::desk(None).boxed_local(),
        story: |desk| relocations::to_berlin(desk).boxed_local(),
    },
    Flow {
        name: "adoption",
        in_pairs: false,
        compares: Compares::Places,
        past: || adoptable().boxed_local(),
        story: |desk| adoption(desk).boxed_local(),
    },
    Flow {
        name: "change set",
        in_pairs: false,
        compares: Compares::Places,
        past: || gated().boxed_local(),
        story: |desk| change_set(desk).boxed_local(),
    },
    Flow {
        name: "file",
        in_pairs: false,
        compares: Compares::Places,
        past: || for_a_file().boxed_local(),
        story: |desk| file(desk).boxed_local(),
    },
    Flow {
        name: "audit",
        in_pairs: false,
        compares: Compares::Places,
        past: || provisioned().boxed_local(),
        story: |desk| audit(desk).boxed_local(),
    },
];

impl Flow {
    /// Lives through the past.
    pub async fn past(&self) -> Desk {
        (self.past)().await
    }

    /// Tells the story from there to its end, and what it came to. Panics with what does not hold.
    pub async fn play(&self, past: &local::demo::Past, hook: Option<Hook>) -> String {
        let desk = Desk::resume(past, hook);
        (self.story)(&desk).await;
        rest(&desk).await;
        desk.agrees();
        ending(&desk, self.compares)
    }
}

/// Until nobody is worked on and no number settles any more.
async fn rest(desk: &Desk) {
    desk.settle(60 * HOUR).await;
    let settles = |desk: &Desk| {
        let entries = desk.stage.ledger().unwrap().entries;
        entries
            .values()
            .any(|entry| entry.state == NumberState::Settling)
    };
    for _ in 0..12 {
        if !settles(desk) {
            break;
        }
        desk.play(desk.stage.clock.sleep(5 * MINUTE)).await;
    }
}

/// Everything that must be the same whoever died on the way: what Microsoft has, what our rows say, and how the jobs ended.
fn ending(desk: &Desk, compares: Compares) -> String {
    let ledger = desk.stage.ledger().unwrap();
    let mut lines = Vec::new();
    let mut line =
        |what: &str, of: &str, is: &dyn Debug| lines.push(format!("{what} {of}: {is:?}"));
    for (id, person) in &ledger.people {
        let mut truth = desk.stage.microsoft.truth(id).unwrap();
        if compares == Compares::Ends {
            truth.usage_location = None;
        }
        line("truth", id, &truth);
        let place = (&person.site, &person.persona, &person.number, &person.role);
        line("person", id, &(ledger.state(person).name(), place));
        if compares == Compares::Facts {
            line("facts", id, &person.facts);
        }
        let last = person.result.as_ref().map(|last| (last.goal, last.state));
        line("result", id, &last);
    }
    for (number, entry) in &ledger.entries {
        line(
            "number",
            number,
            &(entry.state, &entry.holder, &entry.node, &entry.range),
        );
    }
    let mut ends = BTreeMap::<String, usize>::new();
    for job in ledger.jobs.values() {
        *ends
            .entry(format!("{:?} {:?}", job.goal, job.state))
            .or_default() += 1;
    }
    line("jobs", "by their end", &ends);
    lines.join("\n")
}
