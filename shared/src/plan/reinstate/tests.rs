use std::collections::BTreeMap;

use super::*;
use crate::model::group::GroupId;
use crate::model::microsoft::PolicyType;
use crate::model::tenant::Settings;
use crate::model::tree::{Node, NodeKind, Values};

fn kind(name: &str) -> PolicyType {
    PolicyType(name.into())
}

fn tree() -> Tree {
    let node = Node {
        path: SitePath("berlin".into()),
        name: "Berlin".into(),
        kind: NodeKind::Site,
        values: Values {
            cooling_days: Some(30),
            ..Values::default()
        },
    };
    Tree::new(Values::default(), &Settings::default(), vec![node])
}

fn before() -> Before {
    Before {
        licences: Some(BTreeSet::from([SkuId("e5".into()), SkuId("old".into())])),
        policies: Some(BTreeMap::from([
            (kind("TeamsMeetingPolicy"), "Sales".into()),
            (kind("TeamsCallingPolicy"), "Gone".into()),
        ])),
        numbers: BTreeSet::from([number()]),
        could_sign_in: true,
        left: BTreeSet::from([GroupId("callers".into())]),
        ..Before::default()
    }
}

fn number_of(text: &str) -> E164 {
    E164::parse(text).unwrap()
}

fn number() -> E164 {
    number_of("+49301234567")
}

fn ended() -> Time {
    Time::from_millis(1_800_000_000_000)
}

fn with(change: impl FnOnce(&mut Entry)) -> Reinstatement {
    let berlin = SitePath("berlin".into());
    let mut entry = Entry::new(
        number(),
        Some(RangeId("berlin".into())),
        Some(berlin.clone()),
    );
    change(&mut entry);
    let persona = Persona::empty("sales", 3);
    let policy = |name: &str, policy: &str, missing| PolicyName {
        policy_type: kind(policy),
        name: name.into(),
        missing,
    };
    let sku: Sku = serde_json::from_value(serde_json::json!({
        "id": "e5", "name": "E5", "enabled": 1, "consumed": 0, "for_users": true,
    }))
    .unwrap();
    reinstate(&Taken {
        person: &UserId("adele".into()),
        before: &before(),
        site: Some(&berlin),
        held: Some(&persona.reference),
        role: &MemberRole::SelfService,
        ended: ended(),
        entries: &[entry],
        persona: Some(&persona),
        skus: &[sku],
        policies: &[
            policy("Sales", "TeamsMeetingPolicy", false),
            policy("Gone", "TeamsCallingPolicy", true),
        ],
        tree: &tree(),
    })
}

/// I6: everything that was taken away comes back, and what cannot is named.
#[test]
fn what_was_taken_away_comes_back_and_the_rest_is_listed() {
    let back = with(|_| {});
    let wanted = &back.wanted;
    assert_eq!(wanted.persona.as_ref().map(|held| held.version), Some(3));
    assert_eq!(wanted.site, Some(SitePath("berlin".into())));
    assert_eq!(wanted.role, MemberRole::SelfService);
    assert_eq!(wanted.licences, [SkuId("e5".into())]);
    assert_eq!(wanted.groups, [GroupId("callers".into())]);
    assert_eq!(
        wanted.policies,
        BTreeMap::from([(kind("TeamsMeetingPolicy"), "Sales".to_owned())])
    );
    assert_eq!(back.number, Some(number()));
    let holds = Step::HoldNumber {
        ranges: Vec::new(),
        another: false,
    };
    assert!(back.steps.contains(&holds), "{:?}", back.steps);
    assert_eq!(back.lost.len(), 3, "{:?}", back.lost);
    for (told, what) in back
        .lost
        .iter()
        .zip(["licence old", "policy \"Gone\"", "sign-in"])
    {
        assert!(told.contains(what), "{told}");
    }
}

/// I6: the old number comes back while it settles, cools or is kept for the person, and never after somebody else had it.
#[test]
fn a_number_comes_back_only_if_nobody_had_it_since() {
    let adele = UserId("adele".into());
    let lynne = UserId("lynne".into());
    let day = std::time::Duration::from_secs(24 * 3_600);
    let state = |state, holder: Option<&UserId>, until| {
        with(|entry| {
            entry.state = state;
            entry.holder = holder.cloned();
            entry.until = until;
        })
    };
    for (what, back, comes) in [
        ("free", state(NumberState::Available, None, None), true),
        (
            "settles",
            state(NumberState::Settling, None, Some(ended())),
            true,
        ),
        (
            "cools",
            state(NumberState::Cooling, None, Some(ended() + day * 30)),
            true,
        ),
        (
            "cools again",
            state(NumberState::Cooling, None, Some(ended() + day * 40)),
            false,
        ),
        (
            "kept",
            state(NumberState::Reserved, Some(&adele), None),
            true,
        ),
        (
            "kept for another",
            state(NumberState::Reserved, Some(&lynne), None),
            false,
        ),
        (
            "another's",
            state(NumberState::Used, Some(&lynne), None),
            false,
        ),
        (
            "to be another's",
            state(NumberState::Held, Some(&lynne), None),
            false,
        ),
        ("contested", state(NumberState::Conflict, None, None), false),
        (
            "elsewhere",
            with(|entry| entry.node = Some(SitePath("rome".into()))),
            false,
        ),
    ] {
        assert_eq!(back.number.is_some(), comes, "{what}");
        let gives = back
            .steps
            .iter()
            .any(|step| matches!(step, Step::AssignNumber { .. }));
        assert_eq!(gives, comes, "{what}: {:?}", back.steps);
        let told = back
            .lost
            .iter()
            .any(|told| told.contains("number of theirs"));
        assert_eq!(told, !comes, "{what}: {:?}", back.lost);
    }
}
