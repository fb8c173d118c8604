//! Moves between sites: one job, one plan; the number is given anew, or goes with the person (F106-F109, F111, R103-R112).

use std::time::Duration;

use local::contoso;
use local::fate::Hook;
use local::microsoft::NewNumber;
use shared::error::{Kind, Result};
use shared::model::inventory::{NumberRange, NumberState};
use shared::model::job::{Goal, JobState};
use shared::model::microsoft::PolicyType;
use shared::model::number::E164;
use shared::model::person::Person;
use shared::model::persona::{MemberRole, Persona, SitePath};
use shared::model::tenant::OffboardLicences;
use shared::run::inventory::{self, Taken, Written};
use shared::run::{self, Choice, MoveChoice, Planned};

use crate::desk::{Desk, LONDON, Route};
use crate::numbers::{SALES, in_range, number, range, with_number};
use crate::theatre::{HOUR, play};

const SECOND: Duration = Duration::from_secs(1);
pub const BERLIN: &str = "europe/berlin";
const EMERGENCY: &str = "TeamsEmergencyCallingPolicy";
/// Numbers of Berlin.
pub const THERE: [&str; 2] = ["+493071000000", "+493071000001"];

fn site(path: &str) -> SitePath {
    SitePath(path.into())
}

fn to_berlin(keep_number: bool) -> MoveChoice {
    MoveChoice {
        site: site(BERLIN),
        persona: None,
        profile: None,
        role: None,
        keep_number,
        licences: None,
    }
}

/// Whoever holds it gets a number of London there, and of Berlin there.
fn of_both() -> Persona {
    let mut both = with_number();
    both.reference.id = "both".into();
    both.numbers.push(range("berlin"));
    both
}

/// Two numbers in London, two in Berlin; an emergency policy and an emergency location at each; the first person is provisioned in London.
pub async fn desk(hook: Option<Hook>) -> Desk {
    let desk = crate::numbers::desk(2, 2, hook).await;
    let (shell, tenant) = (
        &desk.stage.installation.admin,
        &desk.stage.installation.tenant,
    );
    let microsoft = &desk.stage.microsoft;
    for mut node in contoso::nodes() {
        if node.path.0 == LONDON || node.path.0 == BERLIN {
            let name = node.name.clone();
            microsoft.add_policy(EMERGENCY, &name);
            let kind = PolicyType(EMERGENCY.into());
            node.values.policies = [(kind, name.clone())].into();
            node.values.emergency_location = Some(name);
            node.values.cooling_days = Some(30);
            shell.store.put_node(tenant, &node).await.unwrap();
        }
    }
    for number in THERE {
        microsoft.add_number(NewNumber::new(number, "directRouting"));
    }
    let berlin = NumberRange {
        id: range("berlin"),
        name: "Berlin".into(),
        node: Some(site(BERLIN)),
        low: None,
    };
    inventory::save_range(shell, tenant, berlin, None, "olga")
        .await
        .unwrap();
    let rows: Vec<Written> = THERE
        .iter()
        .map(|number| in_range(number, "berlin"))
        .collect();
    let taken = inventory::import(shell, tenant, &rows, false, false).await;
    assert!(taken.unwrap().iter().all(|one| *one == Taken::New));
    desk.add(&of_both()).await;
    desk.order(Route::Quick, &of_both(), 0).await.unwrap();
    desk.settle(12 * HOUR).await;
    assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
    assert_eq!(desk.truth(0).numbers, [number(0)].into());
    desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
    desk.sent();
    desk
}

impl Desk {
    async fn moves(&self, choice: &MoveChoice, dry: bool) -> Result<Planned> {
        let (shell, tenant) = (
            &self.stage.installation.admin,
            &self.stage.installation.tenant,
        );
        run::move_to(shell, tenant, &self.id(0), choice, dry).await
    }

    pub fn person(&self, nth: usize) -> Person {
        let people = self.stage.ledger().unwrap().people;
        people[&self.id(nth).0].clone()
    }

    pub fn named(&self, number: &str) -> shared::model::inventory::Entry {
        self.stage.ledger().unwrap().entries[number].clone()
    }
}

/// R103-R109, R125, R126, F106, F108: one job; the new site's number and policies, its usage location; licences and everything else stay; the
/// old number is taken last of all, right before the new one is given, and rests.
#[test]
fn a_move_gives_the_number_and_the_policies_of_the_new_site() {
    play(async {
        let desk = desk(None).await;
        let before = desk.truth(0);
        let planned = desk.moves(&to_berlin(false), true).await.unwrap();
        assert!(desk.person(0).open_job.is_none(), "only asked");
        assert_eq!(
            planned.notes,
            ["the old number rests for 30 days before others get it".to_owned(),]
        );
        let ordered = desk.moves(&to_berlin(false), false).await.unwrap();
        assert_eq!(ordered, planned);
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert_eq!(desk.job(0).goal, Goal::Move);
        let truth = desk.truth(0);
        assert_eq!(truth.numbers, [THERE[0].to_owned()].into());
        assert_eq!(truth.usage_location.as_deref(), Some("DE"));
        assert_eq!(truth.direct_licences, before.direct_licences);
        assert!(truth.policies.get(EMERGENCY) == Some(&"Berlin".to_owned()));
        assert!(truth.policies[SALES.0] == SALES.1);
        let sent = desk.sent();
        let last: Vec<&String> = sent.iter().rev().take(2).collect();
        assert!(
            last[1].contains("unassignNumber") && last[0].contains("assignNumber"),
            "{sent:#?}"
        );
        let person = desk.person(0);
        assert_eq!(person.site, Some(site(BERLIN)));
        assert_eq!(person.number, E164::parse(THERE[0]));
        assert_eq!(desk.entry(0).state, NumberState::Cooling);
        desk.agrees();
    });
}

/// R110, R112, F107, F68: neither unassign nor assign is sent; the entry goes along without resting, into no range of the old site; the
/// emergency location is that of the new site.
#[test]
fn a_number_that_is_kept_goes_along() {
    play(async {
        let desk = desk(None).await;
        let planned = desk.moves(&to_berlin(true), false).await.unwrap();
        assert_eq!(
            planned.notes,
            ["the number belongs to europe/berlin then, and to the range london no more"]
        );
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        let sent = desk.sent();
        let orders = sent.iter().filter(|line| line.contains("ssignNumber"));
        assert_eq!(orders.count(), 0, "{sent:#?}");
        let located = sent.iter().filter(|line| line.contains("updateNumber"));
        assert_eq!(located.count(), 1, "{sent:#?}\n{}", desk.ended(0));
        let entry = desk.entry(0);
        assert_eq!((entry.node, entry.range), (Some(site(BERLIN)), None));
        assert_eq!(entry.state, NumberState::Used);
        let person = desk.person(0);
        assert_eq!(person.site, Some(site(BERLIN)));
        assert_eq!(
            person.number.as_ref().map(|one| one.as_str()),
            Some(number(0).as_str())
        );
        assert!(desk.truth(0).policies.get(EMERGENCY) == Some(&"Berlin".to_owned()));
        assert!(desk.truth(0).policies.get(EMERGENCY) != Some(&"London".to_owned()));
        desk.agrees();
    });
}

/// R111, F65: what the new site can see stays where it is.
#[test]
fn a_number_of_a_shared_level_stays_where_it_is() {
    play(async {
        let desk = desk(None).await;
        let (shell, tenant) = (
            &desk.stage.installation.admin,
            &desk.stage.installation.tenant,
        );
        inventory::relocate(
            shell,
            tenant,
            &number(0),
            Some(site("europe")),
            Some(range("london")),
        )
        .await
        .unwrap();
        let planned = desk.moves(&to_berlin(true), false).await.unwrap();
        assert_eq!(
            planned.notes,
            ["the number belongs to europe, which the new site can see: it stays there"]
        );
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        let entry = desk.entry(0);
        assert_eq!(
            (entry.node, entry.range),
            (Some(site("europe")), Some(range("london")))
        );
        desk.agrees();
    });
}

/// F109, R106: everything that stands in the way is said before anything is done, and that licences stay is said too.
#[test]
fn what_stands_in_the_way_of_a_move_is_said_before_anything_is_done() {
    play(async {
        let desk = desk(None).await;
        let no_persona = MoveChoice {
            persona: Some("nobody".into()),
            ..to_berlin(true)
        };
        let here = MoveChoice {
            site: site(LONDON),
            ..to_berlin(true)
        };
        let nowhere = MoveChoice {
            site: site("europe/rome"),
            ..to_berlin(true)
        };
        let bare = crate::desk::persona(|persona| {
            persona.reference.id = "bare".into();
        });
        desk.add(&bare).await;
        let front = crate::desk::persona(|persona| {
            persona.reference.id = "front".into();
            persona.licences = vec![crate::desk::sku(crate::desk::F3)];
        });
        desk.add(&front).await;
        let without_phone = MoveChoice {
            persona: Some("front".into()),
            ..to_berlin(true)
        };
        let and_no_licence = MoveChoice {
            persona: Some("bare".into()),
            licences: Some(OffboardLicences::Remove),
            ..to_berlin(true)
        };
        for (choice, why) in [
            (no_persona, "there is no persona \"nobody\""),
            (here, "is at europe/london already"),
            (nowhere, "there is no site \"europe/rome\""),
            (without_phone, "holds a telephone system"),
            (and_no_licence, "cannot be taken away from somebody"),
        ] {
            let error = desk.moves(&choice, false).await.unwrap_err();
            assert_eq!(*error.kind(), Kind::Conflict);
            assert!(error.to_string().contains(why), "{error}");
        }
        assert!(desk.person(0).open_job.is_none() && desk.sent().is_empty());

        desk.settings(|settings| settings.offboard_licences = Some(OffboardLicences::Remove))
            .await;
        let to_bare = MoveChoice {
            persona: Some("bare".into()),
            ..to_berlin(false)
        };
        let planned = desk.moves(&to_bare, false).await.unwrap();
        assert!(
            planned
                .notes
                .iter()
                .any(|note| note.starts_with("licences stay")),
            "{planned:?}"
        );
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert_eq!(desk.truth(0).direct_licences.len(), 1);
        // Nothing is given in Berlin by this persona: whoever has a number gives it back.
        assert!(desk.truth(0).numbers.is_empty());
        desk.agrees();
    });
}

/// F111: somebody takes the new number in Teams meanwhile, and the old one is gone by then; the person is where they were, the old number is kept for them,
/// and comes back to them when they are provisioned again.
#[test]
fn a_move_that_fails_half_way_keeps_the_old_number_for_the_person() {
    play(async {
        let desk = desk(None).await;
        desk.moves(&to_berlin(false), false).await.unwrap();
        desk.play(async {
            while desk.named(THERE[0]).state != NumberState::Held {
                desk.stage.clock.sleep(SECOND).await;
            }
            let attendant = "0a0a0a0a-0000-4000-8000-00000000000a";
            let microsoft = &desk.stage.microsoft;
            microsoft.move_number_by_hand(THERE[0], Some(attendant));
        })
        .await;
        desk.settle(40 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Failed, "{}", desk.ended(0));
        let person = desk.person(0);
        assert_eq!(person.site, Some(site(LONDON)));
        assert_eq!(person.number, None);
        let kept = desk.entry(0);
        assert_eq!(
            (kept.state, kept.holder),
            (NumberState::Reserved, Some(desk.id(0)))
        );
        assert!(desk.truth(0).numbers.is_empty());
        desk.agrees();

        // Nobody else gets it meanwhile.
        desk.order(Route::Quick, &of_both(), 1).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(1).numbers, [number(1)].into());
        let back = Choice {
            persona: of_both().reference.id,
            site: Some(site(LONDON)),
            ..Choice::default()
        };
        let (shell, tenant) = (
            &desk.stage.installation.admin,
            &desk.stage.installation.tenant,
        );
        run::provision(shell, tenant, &desk.id(0), &back)
            .await
            .unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        assert!(desk.truth(0).policies.get(EMERGENCY) == Some(&"London".to_owned()));
        desk.agrees();
    });
}

/// R76: whoever manages some things themselves still does so at the next site.
#[test]
fn the_self_service_role_goes_along() {
    play(async {
        let desk = desk(None).await;
        let as_self_service = Choice {
            persona: of_both().reference.id,
            site: Some(site(LONDON)),
            role: Some(MemberRole::SelfService),
            ..Choice::default()
        };
        let (shell, tenant) = (
            &desk.stage.installation.admin,
            &desk.stage.installation.tenant,
        );
        let id = desk.id(0);
        run::provision(shell, tenant, &id, &as_self_service)
            .await
            .unwrap();
        desk.settle(12 * HOUR).await;
        desk.moves(&to_berlin(true), false).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert_eq!(desk.person(0).role, MemberRole::SelfService);
    });
}
