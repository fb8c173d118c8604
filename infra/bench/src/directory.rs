//! People who are read and nothing else.

use local::demo;
use local::microsoft::{Microsoft, NewNumber, NewPerson};
use serde_json::json;
use shared::error::Result;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::ReadinessLooks;

use crate::promise::{Reading, Row};
use crate::world::{HOUR, World, steady};

/// Whoever is the nth.
pub fn id(nth: usize) -> String {
    format!("{nth:08}-0000-4000-8000-000000000000")
}

/// So many people, and as many numbers.
pub fn fill(microsoft: &Microsoft, people: usize) {
    for nth in 0..people {
        let (mail, name) = (format!("p{nth}@contoso.com"), format!("Person {nth}"));
        microsoft.add_person(NewPerson::new(id(nth), mail, name));
        let number = NewNumber::new(format!("+4930{nth:06}"), "directRouting");
        microsoft.add_number(number);
    }
}

/// First sync, full sync with nothing changed, delta with nothing changed, delta with one person in a hundred changed, every number, the test
/// of the connection.
pub async fn directory(people: usize) -> Result<Vec<Row>> {
    let options = steady();
    let customer = demo::customer(&options, ReadinessLooks::Scheduled);
    let world = World::of(options, customer).await?;
    fill(&world.microsoft, people);
    let sync = |mark| world.ask(Lane::Sync, mark, 3 * HOUR);
    let promised = Reading { people };
    let first = promised.first(sync(Mark::Pull).await?);
    let full = promised.full(sync(Mark::Full).await?);
    let idle = promised.idle(sync(Mark::Pull).await?);
    for nth in (0..people).step_by(100) {
        let department = json!(format!("Department {nth}"));
        world
            .microsoft
            .set_property(&id(nth), "department", Some(department));
    }
    world.play(HOUR).await;
    let delta = promised.delta(sync(Mark::Pull).await?);
    let audit = promised.audit(sync(Mark::Numbers).await?);
    let test = promised.test(sync(Mark::Probe).await?);
    Ok(vec![first, full, idle, delta, audit, test])
}
