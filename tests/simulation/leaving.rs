//! Offboarding in full: in order, on record, at the site or at the tenant level; and who cannot be touched stops nobody else.

use std::sync::Arc;

use local::fate::{Fate, Hook};
use shared::model::job::JobState;
use shared::model::persona::{LocationSource, MemberRole, Persona, SitePath};
use shared::model::schedule::ScheduleKind;
use shared::model::tenant::{Circuit, OffboardLicences};
use shared::run::{self, Choice};

use crate::desk::{
    Desk, E5, F3, LICENSED, LONDON, PLAIN, Route, group, leaving, persona, policies, sku,
};
use crate::theatre::{HOUR, MINUTE, play, pull};

const SALES: (&str, &str) = ("TeamsMeetingPolicy", "Sales meetings");
const QUIET: (&str, &str) = ("TeamsMeetingPolicy", "No recordings");

/// Gives everything there is, and takes it away by its offboarding profile.
pub fn everything(persona: &mut Persona) {
    persona.usage_location = Some(LocationSource::Site);
    persona.groups = vec![group(LICENSED), group(PLAIN)];
    persona.policies = policies(&[SALES, ("TeamsCallingPolicy", "Sales calling")]);
    persona.offboarding = leaving(&[LICENSED, PLAIN]);
    persona.offboarding.policies = policies(&[QUIET]);
    persona.offboarding.lock_out = Some(true);
}

/// Somebody who holds the persona in London with the self-service role, past the hour in which reads are not trusted.
pub async fn holder(desk: &Desk, wanted: &Persona) {
    desk.add(wanted).await;
    desk.import().await;
    let choice = Choice {
        persona: wanted.reference.id.clone(),
        site: Some(SitePath(LONDON.into())),
        role: Some(MemberRole::SelfService),
        ..Choice::default()
    };
    let (shell, tenant) = (
        &desk.stage.installation.admin,
        &desk.stage.installation.tenant,
    );
    run::provision(shell, tenant, &desk.id(0), &choice)
        .await
        .unwrap();
    desk.settle(12 * HOUR).await;
    assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
    desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
    desk.sent();
}

/// R72-R74, R76-R78, R80, R86-R89, F97, F105: sign-in, policies, groups, licences, place and role, in this order; the usage location
/// stays; what was there is on record; and the person can come back.
#[test]
fn a_leaver_loses_everything_in_order_and_on_record() {
    play(async {
        let desk = Desk::of(1).await;
        let wanted = persona(everything);
        holder(&desk, &wanted).await;
        // A licence by hand beside that of the group: it goes when the group's is gone.
        desk.stage.microsoft.give_licence(&desk.id(0).0, F3);
        desk.offboard(0).await;
        desk.settle(20 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        let sent = desk.sent();
        let kinds: Vec<&str> = sent
            .iter()
            .map(|line| {
                let kinds = [
                    "PATCH /users",
                    "revokeSignInSessions",
                    "/assign",
                    "/unassign",
                    "DELETE /groups",
                    "assignLicense",
                ];
                kinds.into_iter().rfind(|kind| line.contains(kind)).unwrap()
            })
            .collect();
        let expected = [
            "PATCH /users",
            "revokeSignInSessions",
            "/assign",
            "/unassign",
            "DELETE /groups",
            "DELETE /groups",
            "assignLicense",
        ];
        assert_eq!(kinds, expected, "{sent:#?}");
        let truth = desk.truth(0);
        assert!(truth.direct_licences.is_empty() && truth.groups.is_empty());
        assert!(!truth.enabled);
        assert_eq!(truth.usage_location.as_deref(), Some("GB"));
        assert_eq!(truth.policies, [(QUIET.0.into(), QUIET.1.into())].into());
        let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
        assert_eq!((&person.site, &person.persona), (&None, &None));
        assert_eq!(person.role, MemberRole::SelfService);

        let history = desk.history(0);
        let before = &history.before;
        assert!(before.could_sign_in);
        assert_eq!(before.left, [group(LICENSED), group(PLAIN)].into());
        assert_eq!(before.licences, Some([sku(F3)].into()));
        let named = before.policies.as_ref().unwrap().values();
        assert!(named.eq(["Sales calling", "Sales meetings"]), "{before:?}");
        let from = history.from.unwrap();
        assert_eq!(from.site, Some(SitePath(LONDON.into())));
        assert_eq!(from.persona.unwrap().id, "test");

        desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
        desk.order(Route::Quick, &wanted, 0).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
        assert_eq!(person.role, MemberRole::SelfService);
    });
}

/// F100, F21, R84, R87: where a node says so, the person stays at the site and licences stay as they are.
#[test]
fn a_node_can_retain_its_leavers_and_their_licences() {
    play(async {
        let desk = Desk::of(1).await;
        let store = &desk.stage.installation.admin.store;
        let mut nodes = local::contoso::nodes();
        let europe = nodes
            .iter_mut()
            .find(|node| node.path.0 == "europe")
            .unwrap();
        europe.values.retain_at_site = Some(true);
        europe.values.offboard_licences = Some(OffboardLicences::Keep);
        let tenant = &desk.stage.installation.tenant;
        store.put_node(tenant, europe).await.unwrap();
        let wanted = persona(|persona| {
            persona.usage_location = Some(LocationSource::Site);
            persona.licences = vec![sku(E5)];
            persona.policies = policies(&[SALES]);
        });
        holder(&desk, &wanted).await;
        desk.offboard(0).await;
        desk.settle(8 * HOUR).await;
        assert_eq!(desk.licence_requests(), Vec::<String>::new());
        assert!(desk.truth(0).policies.is_empty());
        let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
        assert_eq!(person.site, Some(SitePath(LONDON.into())));
        assert!(person.persona.is_none() && person.left);
    });
}

/// J2, A3, R113: a sudden leaver is locked out at once, while a request of the job before may still take effect; everything else waits
/// for that.
#[test]
fn a_sudden_leaver_is_locked_out_before_anything_else_is_settled() {
    play(async {
        let lost: Hook = Arc::new(|request| {
            let is_licence = request.operation.contains("/assignLicense");
            if is_licence && request.worker.starts_with("provision") {
                Fate::LoseAnswer
            } else {
                Fate::Deliver
            }
        });
        let desk = Desk::with(1, Some(lost), |_| {}).await;
        let wanted = persona(|persona| {
            persona.licences = vec![sku(E5)];
            persona.usage_location = Some(LocationSource::Literal("GB".into()));
            persona.offboarding.lock_out = Some(true);
        });
        desk.add(&wanted).await;
        desk.import().await;
        desk.order(Route::Quick, &wanted, 0).await.unwrap();
        desk.play(async {
            while desk.truth(0).direct_licences.is_empty() {
                desk.stage.clock.sleep(MINUTE / 6).await;
            }
            desk.offboard(0).await;
            desk.stage.clock.sleep(4 * MINUTE).await;
        })
        .await;
        assert!(!desk.truth(0).enabled);
        assert!(!desk.truth(0).direct_licences.is_empty());
        assert_eq!(desk.state(0), JobState::Waiting, "{:?}", desk.job(0));
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert!(desk.truth(0).direct_licences.is_empty());
    });
}

/// I7, F86: whom we may not lock out is not locked out, which is said; the rest is taken away all the same.
#[test]
fn a_leaver_whom_we_may_not_lock_out_loses_the_rest() {
    play(async {
        let desk = Desk::with(1, None, |stage| {
            let mut roles = stage.microsoft.roles();
            roles.remove("User.RevokeSessions.All");
            stage.microsoft.set_roles(roles);
        })
        .await;
        let wanted = persona(everything);
        holder(&desk, &wanted).await;
        desk.offboard(0).await;
        desk.settle(20 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Failed);
        let ended = desk.ended(0);
        assert!(
            ended.contains("the permission User.RevokeSessions.All is missing"),
            "{ended}"
        );
        let truth = desk.truth(0);
        assert!(!truth.enabled && truth.groups.is_empty());
    });
}

/// Fault 33: one account that Microsoft does not let us touch stops nobody else, by any of the steps.
#[test]
fn a_protected_account_stops_nobody_else() {
    play(async {
        let desk = Desk::with(4, None, |stage| {
            stage.microsoft.protect(&stage.employees[0].id, true);
        })
        .await;
        let wanted = persona(|persona| {
            persona.usage_location = Some(LocationSource::Literal("GB".into()));
            persona.licences = vec![sku(E5)];
        });
        desk.add(&wanted).await;
        desk.import().await;
        for number in 0..4 {
            desk.order(Route::Quick, &wanted, number).await.unwrap();
        }
        desk.settle(8 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Failed);
        assert!(
            desk.ended(0).contains("protected account"),
            "{}",
            desk.ended(0)
        );
        for number in 1..4 {
            assert_eq!(desk.state(number), JobState::Done, "{}", desk.ended(number));
        }
    });
}

/// R54, R74, R75, R83, fault 33: a tenant that lets us manage no licences: a year of syncs, joiners and leavers, with its circuit
/// closed; licences stay as they were, and it is said.
#[test]
fn a_year_without_the_permission_for_licences() {
    const WEEKS: u32 = 52;
    play(async {
        let desk = Desk::with(8, None, |stage| {
            let mut roles = stage.microsoft.roles();
            roles.retain(|role| !role.starts_with("LicenseAssignment"));
            stage.microsoft.set_roles(roles);
            for employee in &stage.employees {
                let id = &employee.id;
                stage
                    .microsoft
                    .set_property(id, "usageLocation", Some("GB".into()));
                stage.microsoft.give_licence(id, F3);
            }
        })
        .await;
        let wanted = persona(|persona| {
            persona.usage_location = Some(LocationSource::Literal("GB".into()));
            persona.licences = vec![sku(E5)];
            persona.policies = policies(&[SALES]);
        });
        desk.add(&wanted).await;
        let probe = ScheduleKind::Probe;
        run::set_schedule(
            &desk.stage.installation.admin,
            &desk.stage.installation.tenant,
            probe,
            &probe.default_schedule(),
        )
        .await
        .unwrap();
        desk.import().await;
        let tenant = async || {
            let store = &desk.stage.installation.admin.store;
            let id = &desk.stage.installation.tenant;
            store.tenant(id).await.unwrap().unwrap()
        };
        let mut left = 0;
        for week in 0..WEEKS {
            let number = usize::try_from(week % 8).unwrap();
            desk.order(Route::Quick, &wanted, number).await.unwrap();
            desk.play(desk.stage.clock.sleep(3 * 24 * HOUR)).await;
            assert!(
                desk.ended(number).contains("skipped by rule"),
                "{}",
                desk.ended(number)
            );
            desk.offboard(number).await;
            desk.play(desk.stage.clock.sleep(4 * 24 * HOUR)).await;
            assert!(
                desk.ended(number).contains("ignored by rule"),
                "{}",
                desk.ended(number)
            );
            assert_eq!(desk.state(number), JobState::DoneWithNotes);
            assert_eq!(tenant().await.circuit, Circuit::Closed);
            left += 1;
        }
        assert_eq!(left, WEEKS);
        for number in 0..8 {
            assert_eq!(desk.truth(number).direct_licences, [F3.to_owned()].into());
        }
        desk.play(pull(&desk.stage)).await;
        assert_eq!(tenant().await.trouble, None);
    });
}

/// F134: when most jobs fail, the rest is kept from it for an hour, and it is said why; then it is tried again.
#[test]
fn when_most_jobs_fail_nobody_else_is_touched_for_a_while() {
    play(async {
        let people = 100;
        let desk = Desk::with(people, None, |stage| {
            let mut roles = stage.microsoft.roles();
            roles.remove("User.RevokeSessions.All");
            stage.microsoft.set_roles(roles);
        })
        .await;
        desk.add(&persona(|persona| {
            persona.offboarding.lock_out = Some(true)
        }))
        .await;
        desk.everybody(true).await;
        desk.import().await;
        desk.settle(2 * HOUR).await;
        let incident = async || {
            let (shell, tenant) = desk.office();
            let row = shell.store.tenant(tenant).await.unwrap();
            row.unwrap().incident
        };
        let failed = || {
            let jobs = desk.stage.ledger().unwrap().jobs;
            let failed = jobs.values().filter(|job| job.state == JobState::Failed);
            failed.count()
        };
        assert_eq!((failed(), incident().await), (0, None));
        for nth in 0..people {
            desk.offboard(nth).await;
        }
        desk.play(async {
            while incident().await.is_none() {
                desk.stage.clock.sleep(MINUTE).await;
            }
            // Whoever was in hand had their turn to its end.
            desk.stage.clock.sleep(2 * MINUTE).await;
        })
        .await;
        let first = incident().await.unwrap();
        assert_eq!(first.by, "rollcall");
        assert!(first.reason.contains("jobs in a row failed"), "{first:?}");
        let some = failed();
        assert!((20..people).contains(&some), "{some}");
        desk.play(desk.stage.clock.sleep(30 * MINUTE)).await;
        assert_eq!(failed(), some);
        desk.play(desk.stage.clock.sleep(30 * MINUTE)).await;
        assert!(failed() > some);
    });
}
