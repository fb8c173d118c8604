//! The worker dies at any request to Microsoft of a person's story, before and after its effect; it ends the same (V1-V16, faults 1, 2).

use shared::model::edit::Edit;
use shared::model::job::JobState;
use shared::model::microsoft::PolicyType;
use shared::model::persona::{LocationSource, PersonaRef};

use crate::desk::{Desk, E5, F3, LICENSED, PLAIN, Route, group, persona, policies, sku};
use crate::theatre::{HOUR, ends_the_same, play};

const SALES: (&str, &str) = ("TeamsMeetingPolicy", "Sales meetings");
const CALLING: (&str, &str) = ("TeamsCallingPolicy", "Sales calling");

/// R64-R69: somebody is onboarded with groups.
#[test]
fn an_onboarding_with_groups_survives_every_crash() {
    let wanted = persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.groups = vec![group(LICENSED), group(PLAIN)];
        persona.licences = vec![sku(E5)];
        persona.policies = policies(&[SALES]);
    });
    let truth = ends_the_same(|hook| {
        play(async {
            let desk = Desk::with(1, Some(hook), |_| {}).await;
            desk.add(&wanted).await;
            desk.import().await;
            desk.order(Route::Quick, &wanted, 0).await.unwrap();
            desk.settle(20 * HOUR).await;
            assert_eq!(desk.state(0), JobState::DoneWithNotes, "{}", desk.ended(0));
            let kept = &desk.stage.installation.admin.store;
            let seats = kept.kept_seats(&desk.stage.installation.tenant).await;
            assert!(seats.unwrap().is_empty(), "V14: a seat is kept for nobody");
            desk.truth(0)
        })
    });
    assert!(
        truth.direct_licences.is_empty() && truth.groups.len() == 2,
        "{truth:?}"
    );
}

/// R63, R65: somebody is given another persona: licences are replaced, groups are kept, policies of the old one are taken back.
#[test]
fn a_change_of_persona_survives_every_crash() {
    let first = persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.licences = vec![sku(F3)];
        persona.groups = vec![group(PLAIN)];
        persona.policies = policies(&[SALES, CALLING]);
    });
    let second = persona(|persona| {
        persona.reference = PersonaRef {
            id: "second".into(),
            version: 1,
        };
        persona.licences = vec![sku(E5)];
        persona.policies = policies(&[("TeamsMeetingPolicy", "No recordings")]);
    });
    let truth = ends_the_same(|hook| {
        play(async {
            let desk = Desk::with(1, Some(hook), |_| {}).await;
            desk.add(&first).await;
            desk.add(&second).await;
            desk.import().await;
            desk.order(Route::Quick, &first, 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            desk.order(Route::Quick, &second, 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            desk.truth(0)
        })
    });
    assert_eq!(truth.direct_licences, [E5.to_owned()].into());
    assert_eq!(truth.groups, [PLAIN.to_owned()].into());
    assert_eq!(
        truth.policies,
        [("TeamsMeetingPolicy".to_owned(), "No recordings".to_owned())].into()
    );
}

/// R48, R90: everything that one edit can name.
#[test]
fn an_edit_survives_every_crash() {
    let before = persona(|persona| {
        persona.usage_location = Some(LocationSource::Literal("GB".into()));
        persona.licences = vec![sku(F3)];
        persona.groups = vec![group(PLAIN)];
        persona.policies = policies(&[CALLING]);
    });
    let edit = Edit {
        usage_location: Some("DE".into()),
        licences: Some([sku(E5)].into()),
        leave: [group(PLAIN)].into(),
        policies: [
            (PolicyType(SALES.0.into()), Some(SALES.1.into())),
            (PolicyType(CALLING.0.into()), None),
        ]
        .into(),
        ..Edit::default()
    };
    let truth = ends_the_same(|hook| {
        play(async {
            let desk = Desk::with(1, Some(hook), |_| {}).await;
            desk.add(&before).await;
            desk.import().await;
            desk.order(Route::Quick, &before, 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            desk.edit(&edit, 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            desk.truth(0)
        })
    });
    assert_eq!(truth.usage_location.as_deref(), Some("DE"));
    assert_eq!(truth.direct_licences, [E5.to_owned()].into());
    assert!(truth.groups.is_empty());
    assert_eq!(truth.policies, [(SALES.0.into(), SALES.1.into())].into());
}
