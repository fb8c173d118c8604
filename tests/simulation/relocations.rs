//! Rules that put somebody at another site move them, number and all (F110).

use local::fate::Hook;
use local::microsoft::NewNumber;
use shared::model::job::{Goal, JobState, Origin};
use shared::model::persona::{PersonaChoice, Rules, SitePath, WrittenRule};
use shared::run::{self, look};

use crate::desk::{Desk, LONDON};
use crate::moves::{self, BERLIN, THERE};
use crate::numbers::number;
use crate::theatre::{HOUR, play, pull};

fn rule<T>(name: &str, when: &str, then: T) -> WrittenRule<T> {
    WrittenRule {
        name: name.into(),
        description: None,
        when: when.into(),
        then,
    }
}

/// Whoever is in Berlin by the directory belongs to Berlin, everybody else to London; the first person is, so far, by hand.
pub async fn desk(hook: Option<Hook>) -> Desk {
    let desk = moves::desk(hook).await;
    desk.members();
    let site = |path: &str| SitePath(path.into());
    let first = format!("user.objectId -eq \"{}\"", desk.id(0).0);
    let rules = Rules {
        version: 3,
        placement: vec![
            rule("Berlin", "user.city -eq \"Berlin\"", site(BERLIN)),
            rule("London", "user.objectId -ne null", site(LONDON)),
        ],
        persona: vec![rule(
            "both",
            &first,
            PersonaChoice {
                persona: "both".into(),
                ..PersonaChoice::default()
            },
        )],
    };
    let microsoft = &desk.stage.microsoft;
    microsoft.set_property(&desk.id(0).0, "city", Some("London".into()));
    let (shell, tenant) = desk.office();
    shell.store.put_rules(tenant, &rules).await.unwrap();
    sync(&desk).await;
    desk
}

async fn sync(desk: &Desk) {
    desk.play(pull(&desk.stage)).await;
    desk.settle(12 * HOUR).await;
}

pub async fn to_berlin(desk: &Desk) {
    let microsoft = &desk.stage.microsoft;
    microsoft.set_property(&desk.id(0).0, "city", Some("Berlin".into()));
    sync(desk).await;
}

fn moved(desk: &Desk, to: &str) {
    let job = desk.job(0);
    assert_eq!((job.goal, job.origin), (Goal::Move, Origin::Rule));
    assert_eq!(job.state, JobState::Done, "{}", desk.ended(0));
    assert_eq!(desk.truth(0).numbers, [to.to_owned()].into());
    let person = desk.person(0);
    assert_eq!(person.site, Some(SitePath(BERLIN.into())));
    assert_eq!(
        person.number.map(|own| own.as_str().to_owned()),
        Some(to.to_owned())
    );
}

/// F110, R110, R112: the city changes in the directory: the person moves as one job, keeps the number, and its entry belongs to the
/// new site.
#[test]
fn a_change_in_the_directory_moves_somebody_with_their_number() {
    play(async {
        let desk = desk(None).await;
        assert_eq!(desk.job(0).goal, Goal::Provision);
        to_berlin(&desk).await;
        moved(&desk, &number(0));
        let entry = desk.named(&number(0));
        assert_eq!(entry.node, Some(SitePath(BERLIN.into())));
        let jobs = desk.stage.ledger().unwrap().jobs.len();
        sync(&desk).await;
        assert_eq!(
            desk.stage.ledger().unwrap().jobs.len(),
            jobs,
            "decided once"
        );
    });
}

/// F110, F109, R104: a number that cannot go along is replaced by one of the new site; the plan says why.
#[test]
fn a_number_that_cannot_go_along_is_replaced() {
    play(async {
        let desk = desk(None).await;
        let british = NewNumber {
            country: Some("GB".into()),
            ..NewNumber::new(number(0), "callingPlan")
        };
        desk.stage.microsoft.add_number(british);
        let (shell, tenant) = desk.office();
        run::audit_now(shell, tenant).await.unwrap();
        desk.play(desk.stage.clock.sleep(HOUR)).await;
        to_berlin(&desk).await;
        moved(&desk, THERE[0]);
        let seen = look::job(shell, tenant, &desk.job(0).id).await.unwrap();
        let why = "the number is not kept: the number belongs to a calling plan of GB";
        assert!(
            seen.notes.iter().any(|note| note.starts_with(why)),
            "{:?}",
            seen.notes
        );
    });
}
