//! The licence decision table against the simulated tenant: what is asked, and what is not.

use shared::model::persona::{LocationSource, Persona};
use shared::model::tenant::OffboardLicences;

use crate::desk::{Desk, E3, E5, F3, FRONT, LICENSED, PLAIN, Route, group, leaving, persona, sku};
use crate::theatre::{HOUR, MINUTE, play};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
struct Row {
    what: What,
    /// LicenseAssignment is held.
    may: bool,
    /// The persona, or the edit, names licences.
    named: bool,
    /// Licences of these groups are there.
    groups: &'static [&'static str],
    /// The requests about direct licences.
    sent: &'static [&'static str],
    /// What the licence step says; empty = there is none.
    says: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Onboard(Route),
    /// An edit where licences are kept.
    EditInert,
    Keep,
    /// Offboarding takes the person out of these groups.
    Remove(&'static [&'static str]),
}

const NO_PERMISSION: &str = "skipped by rule: the permission LicenseAssignment";
const BY_GROUP: &str = "skipped by rule: a licence comes from group";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { what: What::Onboard(Route::Quick), may: true, named: false, groups: &[], sent: &[], says: "" },
    Row { what: What::Onboard(Route::Quick), may: false, named: false, groups: &[LICENSED], sent: &[], says: "" },
    Row { what: What::Onboard(Route::Rule), may: false, named: true, groups: &[], sent: &[], says: NO_PERMISSION },
    Row { what: What::Onboard(Route::Profile), may: false, named: true, groups: &[LICENSED], sent: &[], says: NO_PERMISSION },
    Row { what: What::Onboard(Route::Rule), may: true, named: true, groups: &[LICENSED], sent: &[], says: BY_GROUP },
    Row { what: What::Onboard(Route::Quick), may: true, named: true, groups: &[LICENSED], sent: &[], says: BY_GROUP },
    Row { what: What::Onboard(Route::Rule), may: true, named: true, groups: &[], sent: &["+SPE_E5 -SPE_F1"], says: "done" },
    Row { what: What::Onboard(Route::Profile), may: true, named: true, groups: &[], sent: &["+SPE_E5 -SPE_F1"], says: "done" },
    Row { what: What::Onboard(Route::Edit), may: true, named: true, groups: &[], sent: &["+SPE_E5 -SPE_F1"], says: "done" },
    Row { what: What::Onboard(Route::Edit), may: true, named: true, groups: &[LICENSED], sent: &[], says: "refused: licences was not changed: a licence comes from group" },
    Row { what: What::Onboard(Route::Edit), may: false, named: true, groups: &[], sent: &[], says: "refused: licences was not changed: Microsoft does not allow it" },
    Row { what: What::EditInert, may: true, named: true, groups: &[], sent: &[], says: "refused: licences was not changed: licences of this tenant are managed elsewhere" },
    Row { what: What::Keep, may: true, named: false, groups: &[], sent: &[], says: "" },
    Row { what: What::Keep, may: false, named: false, groups: &[LICENSED], sent: &[], says: "" },
    Row { what: What::Remove(&[]), may: false, named: false, groups: &[], sent: &["-SPE_F1"], says: "ignored by rule: Microsoft did not let us change the licences" },
    Row { what: What::Remove(&[]), may: false, named: false, groups: &[LICENSED], sent: &["-SPE_F1"], says: "ignored by rule: Microsoft did not let us change the licences" },
    Row { what: What::Remove(&[]), may: true, named: false, groups: &[], sent: &["-SPE_F1"], says: "done" },
    Row { what: What::Remove(&[LICENSED, FRONT, PLAIN]), may: true, named: false, groups: &[LICENSED, FRONT], sent: &["-SPE_F1"], says: "done" },
    Row { what: What::Remove(&[LICENSED]), may: true, named: false, groups: &[LICENSED, FRONT], sent: &[], says: "blocked: a licence still comes from group" },
    Row { what: What::Remove(&[]), may: true, named: false, groups: &[LICENSED], sent: &[], says: "blocked: a licence still comes from group" },
];

/// R56, R57, R62, R63, R81, R82, R83, R84, R85, R90, R91, R92, R93, R94, R96, R97, R98, R99: every row of the licence decision table; the exact requests that are sent and that are not.
#[test]
fn every_row_of_the_decision_table() {
    for row in TABLE {
        play(check(*row));
    }
}

async fn check(row: Row) {
    let desk = Desk::with(1, None, |stage| {
        let microsoft = &stage.microsoft;
        let id = &stage.employees[0].id;
        // Somebody who has a licence by hand already, and perhaps others by groups.
        microsoft.set_property(id, "usageLocation", Some("GB".into()));
        microsoft.give_licence(id, F3);
        for group in row.groups {
            microsoft.move_member_by_hand(group, id, true);
        }
        if !row.may {
            let mut roles = microsoft.roles();
            roles.remove("LicenseAssignment.ReadWrite.All");
            microsoft.set_roles(roles);
        }
    })
    .await;
    if matches!(row.what, What::Keep | What::EditInert) {
        desk.settings(|settings| settings.offboard_licences = Some(OffboardLicences::Keep))
            .await;
    }
    let wanted = persona(|persona| {
        persona.licences = row.named.then(|| sku(E5)).into_iter().collect();
        if let What::Remove(groups) = row.what {
            persona.offboarding = leaving(groups);
        }
    });
    desk.add(&wanted).await;
    desk.import().await;
    let says = match row.what {
        What::Onboard(route) => order(&desk, route, &wanted).await,
        What::EditInert => order(&desk, Route::Edit, &wanted).await,
        What::Keep | What::Remove(_) => {
            hold(&desk, &wanted).await;
            desk.sent();
            desk.offboard(0).await;
            desk.settle(30 * HOUR).await;
            step_says(&desk)
        }
    };
    let sent: Vec<String> = desk
        .licence_requests()
        .iter()
        .map(|line| line.replace("POST /users/0/assignLicense ", ""))
        .collect();
    assert_eq!(sent, row.sent, "{row:?}: {says}");
    let fits = if row.says.is_empty() {
        says.is_empty()
    } else {
        says.starts_with(row.says)
    };
    assert!(fits, "{row:?}: {says}");
}

async fn order(desk: &Desk, route: Route, wanted: &Persona) -> String {
    match desk.order(route, wanted, 0).await {
        Err(refusal) => format!("refused: {refusal}"),
        Ok(()) => {
            desk.settle(30 * HOUR).await;
            step_says(desk)
        }
    }
}

/// Gives somebody the persona, which names no licence, and nothing else.
async fn hold(desk: &Desk, wanted: &Persona) {
    assert!(wanted.licences.is_empty());
    desk.order(Route::Quick, wanted, 0).await.unwrap();
    desk.settle(HOUR).await;
    desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
}

fn step_says(desk: &Desk) -> String {
    let steps = desk.history(0).steps;
    let is_licences = |step: &str| step.contains("licences");
    let of_licences = steps.iter().find(|(step, _)| is_licences(step));
    of_licences.map_or_else(String::new, |(_, stands)| stands.clone())
}

/// R100, R101: an add-on cannot be given directly to whoever is licensed by a group; it comes by a further group.
#[test]
fn an_add_on_comes_by_another_group() {
    play(async {
        let desk = Desk::with(1, None, |stage| {
            let id = &stage.employees[0].id;
            stage.microsoft.move_member_by_hand(LICENSED, id, true);
        })
        .await;
        let direct = persona(|persona| persona.licences = vec![sku(E5)]);
        let by_group = persona(|persona| {
            persona.reference.id = "by-group".into();
            persona.groups = vec![group(FRONT)];
        });
        desk.add(&direct).await;
        desk.add(&by_group).await;
        desk.import().await;
        desk.order(Route::Quick, &direct, 0).await.unwrap();
        desk.settle(HOUR).await;
        let said = desk.ended(0);
        assert!(
            said.contains(&format!("group {LICENSED}")) && said.contains("another group"),
            "{said}"
        );
        desk.order(Route::Quick, &by_group, 0).await.unwrap();
        desk.settle(4 * HOUR).await;
        let truth = desk.truth(0);
        assert!(truth.direct_licences.is_empty(), "{truth:?}");
        let products: Vec<&str> = truth
            .group_licences
            .iter()
            .map(|(sku, _)| sku.as_str())
            .collect();
        assert!(
            products.contains(&E3) && products.contains(&F3),
            "{truth:?}"
        );
    });
}

/// R59: where the persona gives licences both by a group and directly, the group's are what counts, before Microsoft shows them too.
#[test]
fn a_licence_group_of_the_persona_overrides_its_direct_licences() {
    play(async {
        let desk = Desk::of(1).await;
        let both = persona(|persona| {
            persona.usage_location = Some(LocationSource::Site);
            persona.licences = vec![sku(E5)];
            persona.groups = vec![group(LICENSED)];
        });
        desk.add(&both).await;
        desk.import().await;
        desk.order(Route::Rule, &both, 0).await.unwrap();
        desk.settle(4 * HOUR).await;
        assert!(
            desk.ended(0).contains(&format!("{BY_GROUP} {LICENSED}")),
            "{}",
            desk.ended(0)
        );
        desk.play(desk.stage.clock.sleep(10 * MINUTE)).await;
        let truth = desk.truth(0);
        assert!(truth.direct_licences.is_empty() && !truth.group_licences.is_empty());
    });
}
