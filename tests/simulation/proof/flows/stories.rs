//! What was before each flow, and the flow itself.

use super::*;

pub(super) fn everything() -> Persona {
    let mut wanted = with_number();
    wanted.groups = vec![group(PLAIN)];
    wanted
}

pub(super) async fn sync(desk: &Desk) {
    desk.play(async {
        pull(&desk.stage).await;
        desk.stage.clock.sleep(10 * MINUTE).await;
    })
    .await;
}

pub(super) async fn new_tenant() -> Desk {
    let desk = Desk::of(3).await;
    desk.members();
    desk
}

pub(super) async fn imported() -> Desk {
    let desk = new_tenant().await;
    desk.import().await;
    desk
}

pub(super) async fn changes(desk: &Desk) {
    let microsoft = &desk.stage.microsoft;
    microsoft.set_property(&desk.id(0).0, "department", Some("Sales".into()));
    microsoft.delete_person(&desk.id(1).0, true);
    sync(desk).await;
    microsoft.set_property(&desk.id(0).0, "department", Some("Support".into()));
    microsoft.restore_person(&desk.id(1).0);
    microsoft.delete_person(&desk.id(2).0, false);
    sync(desk).await;
}

pub(super) async fn with_numbers() -> Desk {
    let desk = numbers::desk(1, 2, None).await;
    desk.settings(|settings| settings.offboard_licences = Some(OffboardLicences::Remove))
        .await;
    desk
}

pub(super) async fn by_rule(desk: &Desk) {
    desk.order(Route::Rule, &with_number(), 0).await.unwrap();
}

pub(super) async fn provisioning(desk: &Desk) {
    desk.add(&second_version()).await;
    desk.order(Route::Quick, &second_version(), 0)
        .await
        .unwrap();
}

pub(super) fn second_version() -> Persona {
    let mut wanted = everything();
    wanted.reference.version = 2;
    wanted
}

pub(super) async fn provisioned() -> Desk {
    let desk = with_numbers().await;
    provisioning(&desk).await;
    desk.settle(12 * HOUR).await;
    assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
    desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
    desk
}

pub(super) async fn with_licence_group(desk: &Desk) {
    let wanted = persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.groups = vec![group(LICENSED), group(PLAIN)];
        persona.licences = vec![sku(E5)];
        persona.policies = policies(&[SALES]);
    });
    desk.add(&wanted).await;
    desk.order(Route::Quick, &wanted, 0).await.unwrap();
}

pub(super) async fn change_of_persona(desk: &Desk) {
    let second = persona(|persona| {
        persona.reference.id = "second".into();
        persona.licences = vec![sku(E3)];
        persona.policies = policies(&[("TeamsCallingPolicy", "Sales calling")]);
    });
    desk.add(&second).await;
    desk.order(Route::Quick, &second, 0).await.unwrap();
}

/// Somebody who has everything, and of whom a profile says what becomes of it.
pub(super) async fn holder() -> Desk {
    let desk = Desk::of(1).await;
    leaving::holder(&desk, &persona(leaving::everything)).await;
    desk.stage.microsoft.give_licence(&desk.id(0).0, F3);
    desk
}

pub(super) async fn staged() -> Desk {
    let desk = with_numbers().await;
    desk.settings(|settings| settings.readiness = ReadinessLooks::Scheduled)
        .await;
    desk.order(Route::Quick, &with_number(), 0).await.unwrap();
    desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
    assert_eq!(desk.state(0), JobState::Staged);
    desk
}

pub(super) async fn unstaging(desk: &Desk) {
    let (shell, tenant) = desk.office();
    run::unstage(shell, tenant, &[desk.id(0)]).await.unwrap();
}

pub(super) async fn taking_back(desk: &Desk) {
    desk.order(Route::Quick, &with_number(), 0).await.unwrap();
    desk.play(desk.stage.clock.sleep(Duration::from_millis(20)))
        .await;
    let (shell, tenant) = desk.office();
    let job = desk.job(0).id;
    jobs::take_back(shell, tenant, &job, BY).await.unwrap();
}

pub(super) async fn edit(desk: &Desk) {
    let edit = Edit {
        usage_location: Some("DE".into()),
        licences: Some([sku(E3), sku(F3)].into()),
        leave: [group(PLAIN)].into(),
        policies: [(PolicyType(SALES.0.into()), None)].into(),
        ..Edit::default()
    };
    desk.edit(&edit, 0).await.unwrap();
}

pub(super) async fn offboarding(desk: &Desk) {
    desk.offboard(0).await;
}

pub(super) async fn departure(desk: &Desk) {
    let (shell, tenant) = desk.office();
    let at = (desk.stage.clock.now() + HOUR).to_string();
    let (day, time) = (&at[..10], &at[11..16]);
    run::leave_on(shell, tenant, &desk.id(0), day, time)
        .await
        .unwrap();
    desk.play(desk.stage.clock.sleep(90 * MINUTE)).await;
}

pub(super) async fn offboarded() -> Desk {
    let desk = provisioned().await;
    offboarding(&desk).await;
    rest(&desk).await;
    desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
    desk
}

pub(super) async fn return_(desk: &Desk) {
    let (shell, tenant) = desk.office();
    run::reinstate(shell, tenant, &desk.id(0), None, false)
        .await
        .unwrap();
}

pub(super) async fn leaving_at_once(desk: &Desk) {
    desk.order(Route::Quick, &with_number(), 0).await.unwrap();
    desk.play(desk.stage.clock.sleep(Duration::from_millis(20)))
        .await;
    desk.offboard(0).await;
}

pub(super) async fn moving(desk: &Desk, keep_number: bool) {
    let choice = MoveChoice {
        site: SitePath(moves::BERLIN.into()),
        persona: None,
        profile: None,
        role: None,
        keep_number,
        licences: None,
    };
    let (shell, tenant) = desk.office();
    run::move_to(shell, tenant, &desk.id(0), &choice, false)
        .await
        .unwrap();
}

pub(super) async fn adoptable() -> Desk {
    let desk = flow::bare(1).await;
    desk.add(&flow::full()).await;
    desk.everybody(true).await;
    desk.import().await;
    flow::adoption_on(&desk).await;
    desk
}

pub(super) async fn adoption(desk: &Desk) {
    let (shell, tenant) = desk.office();
    let site = SitePath(LONDON.into());
    adoption::adopt(shell, tenant, &site, None, BY)
        .await
        .unwrap();
}

/// Nothing but a place, or a group.
pub(super) fn plain(id: &str) -> Persona {
    persona(|persona| {
        persona.reference.id = id.into();
        if id != "test" {
            persona.groups = vec![group(PLAIN)];
        }
    })
}

pub(super) async fn gated() -> Desk {
    let desk = Desk::of(1).await;
    desk.members();
    desk.import().await;
    desk.add(&plain("test")).await;
    desk.everybody(false).await;
    sync(&desk).await;
    desk.settle(12 * HOUR).await;
    let nobody = Limit {
        few: 0,
        percent: 0,
        many: Some(0),
    };
    desk.settings(|settings| settings.limits.extend([(ChangeKind::Persona, nobody)]))
        .await;
    desk.add(&plain("other")).await;
    desk
}

pub(super) async fn change_set(desk: &Desk) {
    let (shell, tenant) = desk.office();
    let mut rules = shell.store.rules(tenant).await.unwrap();
    rules.version += 1;
    for rule in &mut rules.persona {
        rule.then.persona = "other".into();
    }
    shell.store.put_rules(tenant, &rules).await.unwrap();
    sync(desk).await;
    let set = one_waiting(&desk.stage).await;
    change_sets::approve(shell, tenant, &set.id, &set.hash, "eve")
        .await
        .unwrap();
}

pub(super) async fn for_a_file() -> Desk {
    let desk = imported().await;
    desk.add(&plain("test")).await;
    desk
}

pub(super) async fn file(desk: &Desk) {
    let (shell, tenant) = desk.office();
    let order = FileOrder::Persona {
        persona: "test".into(),
        profile: None,
        site: Some(SitePath(LONDON.into())),
    };
    let row = |nth| Row {
        person: desk.id(nth).0,
        order: order.clone(),
    };
    let rows: Vec<Row> = (0..2).map(row).collect();
    files::give_in(shell, tenant, &rows, false, false, BY)
        .await
        .unwrap();
    desk.play(desk.stage.clock.sleep(20 * MINUTE)).await;
}

/// Twice, and the second list in a row does not show a number that the first did.
pub(super) async fn audit(desk: &Desk) {
    let microsoft = &desk.stage.microsoft;
    microsoft.hide_number(&numbers::number(1), true);
    for _ in 0..2 {
        desk.play(async {
            let asked = desk.stage.installation.ask(Lane::Sync, Mark::Numbers);
            asked.await.unwrap();
            desk.stage.clock.sleep(10 * MINUTE).await;
        })
        .await;
    }
}
