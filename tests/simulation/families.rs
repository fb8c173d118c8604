//! What is read beside people: groups, numbers, Teams accounts with their policies, licence states; whole or killed, it ends the
//! same (F12, F14, V11).

use std::collections::BTreeSet;

use local::contoso;
use local::microsoft::{NewGroup, NewNumber, NewPerson};
use serde_json::Value;
use shared::model::group::GroupId;
use shared::model::lane::Mark;
use shared::model::microsoft::UserId;
use shared::model::number::E164;
use shared::model::tenant::Settings;
use shared::run;

use crate::directory::{Directory, told};
use crate::theatre::{HOUR, ends_the_same, play};

const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
const TEAMS1: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
const SALES: &str = "d8ebfa45-0f28-4d2d-9bcc-b158a49e2d17";
const SERVICE: &str = "e1ebfa45-0f28-4d2d-9bcc-b158a49e2d18";

fn in_groups(groups: &[&str]) -> Settings {
    let mut settings = Settings::default();
    settings.sync.scope.groups = groups.iter().map(|id| GroupId((*id).to_owned())).collect();
    settings
}

fn in_scope(directory: &Directory) -> BTreeSet<String> {
    let people = directory.people().into_iter();
    let in_scope = people.filter(|(_, person)| person.is_in_scope());
    in_scope.map(|(id, _)| id).collect()
}

/// F12: only who is in a group that the scope names is ours; who comes in is, who leaves is not, also when Microsoft has forgotten
/// our place, and when another group is named.
#[test]
fn the_scope_can_name_groups() {
    play(async {
        let people = contoso::employees(60, 7);
        let directory = Directory::of(&people, in_groups(&[SALES]), None).await;
        let ids: Vec<String> = directory.microsoft.people();
        let group = |id: &str, members: &[String]| NewGroup {
            members: members.to_vec(),
            ..NewGroup::new(id, id)
        };
        directory.microsoft.add_group(group(SERVICE, &ids[30..32]));
        let nested = [&ids[..20], &[SERVICE.to_owned()]].concat();
        directory.microsoft.add_group(group(SALES, &nested));
        let members = |range: std::ops::Range<usize>| -> BTreeSet<String> {
            ids[range]
                .iter()
                .filter(|id| !is_guest(&directory, id))
                .cloned()
                .collect()
        };
        directory.sync(Mark::Pull).await;
        assert_eq!(directory.people().len(), ids.len());
        assert_eq!(in_scope(&directory), members(0..20));

        directory
            .microsoft
            .move_member_by_hand(SALES, &ids[0], false);
        directory
            .microsoft
            .move_member_by_hand(SALES, &ids[20], true);
        directory.sync(Mark::Pull).await;
        assert_eq!(in_scope(&directory), members(1..21));
        let before = told(directory.people());
        directory.sync(Mark::Pull).await;
        assert!(told(directory.people()) == before, "nothing has changed");

        // Longer than a token lives; the change is told by nobody.
        directory
            .microsoft
            .move_member_by_hand(SALES, &ids[1], false);
        directory.clock.sleep(9 * 24 * HOUR).await;
        directory.sync(Mark::Pull).await;
        assert_eq!(in_scope(&directory), members(2..21));

        let (store, id) = (
            &directory.installation.admin.store,
            &directory.installation.tenant,
        );
        store
            .set_settings(id, &in_groups(&[SERVICE]))
            .await
            .unwrap();
        directory.sync(Mark::Pull).await;
        assert_eq!(in_scope(&directory), members(30..32));
        store.set_settings(id, &Settings::default()).await.unwrap();
        directory.sync(Mark::Pull).await;
        assert_eq!(in_scope(&directory), members(0..ids.len()));
    });
}

fn is_guest(directory: &Directory, id: &str) -> bool {
    let people = directory.people();
    people.get(id).is_some_and(|person| person.facts.is_guest())
}

/// V11: the worker dies at any request while groups are read.
#[test]
fn groups_that_are_read_by_dying_workers_end_the_same() {
    let people = contoso::employees(30, 7);
    let rows = ends_the_same(|hook| {
        play(async {
            let directory = Directory::of(&people, in_groups(&[SALES]), Some(hook)).await;
            let members = directory.microsoft.people().into_iter().take(12).collect();
            let group = NewGroup {
                members,
                ..NewGroup::new(SALES, "Sales")
            };
            directory.microsoft.add_group(group);
            directory.sync(Mark::Pull).await;
            let groups = |mut person: shared::model::person::Person| {
                let named = person.groups.take().map(|groups| groups.len());
                (named, person)
            };
            told(directory.people())
                .into_iter()
                .map(groups)
                .collect::<Vec<_>>()
        })
    });
    assert_eq!(
        rows.iter().filter(|(groups, _)| *groups == Some(1)).count(),
        12
    );
}

/// Every number's row: the number, whether it is noted as missed or gone, and what was told.
fn numbers(directory: &Directory) -> Vec<Value> {
    let rows = directory.installation.cloud.items().unwrap().into_iter();
    let numbers = rows.filter(|row| {
        row["sk"]["S"]
            .as_str()
            .is_some_and(|sk| sk.starts_with("NUM#"))
    });
    let told = |mut row: Value| {
        let digest = row["digest"]["S"].as_str().unwrap_or_default().to_owned();
        let row = row.as_object_mut().unwrap();
        row.retain(|name, _| ["number", "told"].contains(&name.as_str()));
        row.insert("state".into(), digest.split(' ').next().unwrap().into());
        Value::Object(row.clone())
    };
    numbers.map(told).collect()
}

fn states(directory: &Directory) -> (usize, usize, usize) {
    let rows = numbers(directory);
    let is = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
    (rows.len(), is("missed"), is("gone"))
}

/// F14, V11: 2,200 numbers on three pages; the worker dies at any request.
#[test]
fn numbers_that_are_read_by_dying_workers_end_the_same() {
    let rows = ends_the_same(|hook| {
        play(async {
            let directory =
                Directory::of(&contoso::employees(5, 7), Settings::default(), Some(hook)).await;
            for number in 0..2_200 {
                let number = NewNumber::new(format!("+4930{number:06}"), "directRouting");
                directory.microsoft.add_number(number);
            }
            directory.sync(Mark::Pull).await;
            numbers(&directory)
        })
    });
    assert_eq!(rows.len(), 2_200);
}

/// F14: a list that changes while it is read may skip a number: it is noted the first time and gone the second.
#[test]
fn a_number_is_gone_when_two_lists_in_a_row_do_not_show_it() {
    play(async {
        let directory = Directory::of(&contoso::employees(5, 7), Settings::default(), None).await;
        for number in ["+4930123450", "+4930123451", "+4930123452"] {
            directory
                .microsoft
                .add_number(NewNumber::new(number, "callingPlan"));
        }
        directory.sync(Mark::Pull).await;
        assert_eq!(states(&directory), (3, 0, 0));
        let before = numbers(&directory);
        directory.sync(Mark::Numbers).await;
        assert_eq!(numbers(&directory), before);

        let hidden = ["+4930123450", "+4930123451"];
        hidden
            .iter()
            .for_each(|number| directory.microsoft.hide_number(number, true));
        directory.sync(Mark::Numbers).await;
        assert_eq!(states(&directory), (3, 2, 0));
        directory.microsoft.hide_number(hidden[0], false);
        directory.sync(Mark::Numbers).await;
        assert_eq!(states(&directory), (3, 0, 1));
        let (store, id) = (
            &directory.installation.admin.store,
            &directory.installation.tenant,
        );
        let tenant = store.tenant(id).await.unwrap().unwrap();
        let first = store
            .number(&tenant, &E164::parse(hidden[0]).unwrap())
            .await;
        assert!(first.unwrap().unwrap().is_assignable());
    });
}

/// Somebody with a Teams account, and policies that an administrator gave them.
fn with_policies(directory: &Directory, number: usize) {
    let id = format!("{number:08}-0000-4000-8000-000000000000");
    let mut person = NewPerson::new(
        &id,
        format!("p{number}@contoso.com"),
        format!("Person {number}"),
    );
    person.facts.insert("usageLocation".into(), "DE".into());
    person.licences = vec![E5.into()];
    person.teams_ready = true;
    directory.microsoft.add_person(person);
    let name = format!("Policy {}", number % 7);
    directory.microsoft.add_policy("TeamsMeetingPolicy", &name);
    directory
        .microsoft
        .assign_policy_by_hand(&id, "TeamsMeetingPolicy", Some(&name));
}

/// F14, V11: the names of policies are gathered from those in force, whoever dies meanwhile.
#[test]
fn names_of_policies_are_gathered_from_teams_accounts() {
    let found = ends_the_same(|hook| {
        play(async {
            let directory = Directory::of(&[], Settings::default(), Some(hook)).await;
            directory.microsoft.add_sku(E5, "SPE_E5", 10_000, &[TEAMS1]);
            (0..250).for_each(|number| with_policies(&directory, number));
            directory.sync(Mark::Pull).await;
            let (store, id) = (
                &directory.installation.admin.store,
                &directory.installation.tenant,
            );
            let policies = store.policies(id).await.unwrap().into_iter();
            policies
                .map(|policy| policy.name)
                .collect::<BTreeSet<String>>()
        })
    });
    let expected: BTreeSet<String> = (0..7).map(|number| format!("Policy {number}")).collect();
    assert_eq!(found, expected);
}

/// F10: one person is read again, and nobody else; who is not known yet is taken in, and who is gone is marked.
#[test]
fn one_person_can_be_read_again() {
    play(async {
        let people = contoso::employees(40, 7);
        let directory = Directory::of(&people, Settings::default(), None).await;
        directory.sync(Mark::Pull).await;
        let before = directory.people();
        let ids: Vec<&String> = before.keys().collect();
        for id in &ids[..2] {
            directory
                .microsoft
                .set_property(id, "jobTitle", Some("Astronaut".into()));
        }
        let asked = || directory.microsoft.counts().requests.clone();
        let lists = asked();
        let (shell, tenant) = (
            &directory.installation.admin,
            &directory.installation.tenant,
        );
        let person = UserId(ids[0].clone());
        run::refresh(shell, tenant, &person).await.unwrap();
        directory.settle().await;
        let after = directory.people();
        assert_ne!(after[ids[0]].facts, before[ids[0]].facts);
        assert!(
            ids[1..].iter().all(|id| after[*id] == before[*id]),
            "nobody else"
        );
        assert_eq!(asked().get("list users"), lists.get("list users"));
        assert_eq!(asked().get("users delta"), lists.get("users delta"));

        let newcomer = "11111111-2222-4333-8444-555555555555";
        let new = NewPerson::new(newcomer, "new@contoso.com", "New");
        directory.microsoft.add_person(new);
        directory.microsoft.delete_person(ids[2], false);
        for id in [newcomer, ids[2]] {
            run::refresh(shell, tenant, &UserId(id.to_owned()))
                .await
                .unwrap();
        }
        let forged = UserId("../groups".to_owned());
        assert!(run::refresh(shell, tenant, &forged).await.is_err());
        directory.settle().await;
        let after = directory.people();
        assert!(after.contains_key(newcomer));
        assert_eq!(after[ids[2]].state(None).name(), "gone_hard");
    });
}

/// F11: how a licence was come by and whether it is in error is read again where licences change, and with every full read, because
/// changes do not tell it.
#[test]
fn licence_states_are_read_where_licences_change() {
    play(async {
        let directory = Directory::of(&contoso::employees(20, 7), Settings::default(), None).await;
        directory.microsoft.add_sku(E5, "SPE_E5", 100, &[TEAMS1]);
        directory.sync(Mark::Pull).await;
        let id = directory.microsoft.people().remove(0);
        directory
            .microsoft
            .set_property(&id, "usageLocation", Some("DE".into()));
        let group = NewGroup {
            products: vec![E5.into()],
            members: vec![id.clone()],
            ..NewGroup::new(SALES, "Sales")
        };
        directory.microsoft.add_group(group);
        directory.sync(Mark::Pull).await;
        directory.sync(Mark::Pull).await;
        let states = |directory: &Directory| directory.people().remove(&id).unwrap().licence_states;
        let seen = states(&directory);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(
            (seen[0].group.as_deref(), seen[0].is_active()),
            (Some(SALES), true)
        );

        // Nothing that changes tell: only the full read finds it.
        directory
            .microsoft
            .spoil_group_licence(&id, E5, SALES, Some("MutuallyExclusiveViolation"));
        directory.sync(Mark::Full).await;
        let seen = states(&directory);
        assert_eq!(seen[0].error, "MutuallyExclusiveViolation");
    });
}
