//! Sets two tenants beside each other in one installation.

use super::*;

pub(super) fn persona(version: u32) -> Persona {
    let mut wanted = with_number();
    wanted.groups = vec![group(PLAIN)];
    wanted.numbers.push(range("berlin"));
    wanted.reference.version = version;
    if version > 1 {
        let second = ("TeamsCallingPolicy", "Sales calling");
        wanted.policies.extend(crate::desk::policies(&[second]));
    }
    wanted
}

fn prefix(of: usize) -> &'static str {
    ["aaaaaaaa-1111-4000", "bbbbbbbb-1111-4000"][of]
}

/// Numbers of London and of Berlin: two people fewer than may want one.
fn numbers(of: usize) -> ([String; 4], [String; 2]) {
    (
        std::array::from_fn(|nth| format!("+4420711{of}{nth:05}")),
        std::array::from_fn(|nth| format!("+4930711{of}{nth:05}")),
    )
}

fn a_tenant(of: usize, seed: u64, clock: Clock) -> (Tenant, microsoft::Options) {
    let host = ["one", "two"][of];
    let options = microsoft::Options {
        base_url: format!("http://{host}.graph.local"),
        seed: draw(seed, of as u64),
        readiness: (5 * MINUTE, 20 * MINUTE),
        staleness: Duration::from_secs(30),
        policy_delay: Duration::from_secs(40),
        location_lag: Duration::from_secs(30),
        group_licence_delay: (MINUTE, 4 * MINUTE),
        // The weather throttles, and says so to the watch.
        throttle_permille: 0,
        ..microsoft::Options::default()
    };
    let microsoft = Microsoft::in_memory(options.clone(), clock);
    demo::furnish(&microsoft, &[]);
    microsoft.add_sku(E5, "SPE_E5", 1_000, &[contoso::TEAMS1, PHONE_SYSTEM]);
    microsoft.add_group(NewGroup::new(PLAIN, PLAIN));
    let (london, berlin) = numbers(of);
    for number in london.into_iter().chain(berlin) {
        microsoft.add_number(NewNumber::new(number, "directRouting"));
    }
    let mut people = Vec::new();
    let mut wanted = Vec::new();
    for nth in 0..PEOPLE {
        let id = format!("{}-8000-{nth:012}", prefix(of));
        let mut new = NewPerson::new(&id, format!("p{nth}@{host}.example"), format!("P {nth}"));
        let department = if nth < BY_RULE { "Sales" } else { "Other" };
        new.facts.insert("department".into(), department.into());
        microsoft.add_person(new);
        people.push(UserId(id));
        wanted.push(if nth < BY_RULE {
            Wanted::At(LONDON)
        } else {
            Wanted::Nothing
        });
    }
    let tenant = Tenant {
        id: TenantId::parse(["contoso", "fabrikam"][of]).unwrap(),
        microsoft,
        people,
        wanted: RefCell::new(wanted),
        dies: climate(seed).dies(),
    };
    (tenant, options)
}

fn rules() -> Rules {
    let rule = |name: &str, when: &str| WrittenRule {
        name: name.into(),
        description: None,
        when: when.into(),
        then: SitePath(LONDON.into()),
    };
    Rules {
        version: 2,
        placement: vec![rule("London", "user.objectId -ne null")],
        persona: vec![WrittenRule {
            name: "sales".into(),
            description: None,
            when: "user.department -eq \"Sales\"".into(),
            then: PersonaChoice {
                persona: "test".into(),
                ..PersonaChoice::default()
            },
        }],
    }
}

impl Town {
    pub(super) async fn set(seed: u64, keeps_trace: bool) -> Self {
        let clock = Clock::steered(EPOCH, 1);
        let climate = climate(seed);
        let (first, of_first) = a_tenant(0, seed, clock);
        let (second, of_second) = a_tenant(1, seed, clock);
        let (one, two) = (first.microsoft.http(), second.microsoft.http());
        let both = Http::new(service_fn(move |request: http::Request<bytes::Bytes>| {
            let is_first = request.uri().host() == Some("one.graph.local");
            let to = if is_first { one.clone() } else { two.clone() };
            to.oneshot(request)
        }));
        let weather = Weather::new(seed, clock, STORM, climate.odds);
        weather.over(vec![first.microsoft.clone(), second.microsoft.clone()]);
        let watch = Watch::new(clock);
        if keeps_trace {
            watch.keep_trace();
        }
        for (of, tenant) in [&first, &second].into_iter().enumerate() {
            watch.mark(tenant.id.as_str(), prefix(of));
        }
        let hook: Hook = watch.before(Some(weather.hook()));
        let options = Options {
            hook: Some(hook),
            index_lag: climate.index_lag,
            clock_error: climate.clock_error,
            workers: Some(WORKERS),
            schedules: Schedules {
                sync: Some(HOUR),
                ..Schedules::NONE
            },
            ..Options::new(clock, seed)
        };
        let schedules = options.schedules;
        let customer = |options: &microsoft::Options, id: &TenantId| {
            let mut customer = demo::customer(options, ReadinessLooks::Adaptive);
            customer.id = id.clone();
            customer.shards = 2;
            customer
        };
        let installation = Installation::start(options, customer(&of_first, &first.id), both);
        let installation = installation.await.unwrap();
        let customer = customer(&of_second, &second.id);
        installation.register(customer, schedules).await.unwrap();
        let town = Self {
            installation,
            clock,
            seed,
            tenants: [first, second],
            watch,
            weather,
        };
        for of in 0..2 {
            town.furnish(of).await;
        }
        town.watch.follow(town.installation.cloud.table()).unwrap();
        town
    }

    async fn furnish(&self, of: usize) {
        let (shell, tenant) = (&self.installation.admin, &self.tenants[of].id);
        contoso::configure(&shell.store, tenant).await.unwrap();
        shell.store.put_rules(tenant, &rules()).await.unwrap();
        shell.store.add_persona(tenant, &persona(1)).await.unwrap();
        let (london, berlin) = numbers(of);
        for (id, node, numbers) in [
            ("london", LONDON, &london[..]),
            ("berlin", BERLIN, &berlin[..]),
        ] {
            let new = NumberRange {
                id: range(id),
                name: id.into(),
                node: Some(SitePath(node.into())),
                low: None,
            };
            inventory::save_range(shell, tenant, new, None, "olga")
                .await
                .unwrap();
            let rows: Vec<_> = numbers.iter().map(|number| in_range(number, id)).collect();
            inventory::import(shell, tenant, &rows, false, false)
                .await
                .unwrap();
        }
    }
}
