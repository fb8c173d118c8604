//! Who is given what by rule, and when it is news.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use super::*;
use crate::model::facts::Facts;
use crate::model::job::JobId;
use crate::model::microsoft::{PolicyType, SkuId};
use crate::model::person::OpenJob;
use crate::model::persona::{LocationSource, MemberRole, PersonaRef};
use crate::model::tenant::Settings;
use crate::model::tree::{Node, NodeKind, Tree, Values};

mod news;

fn persona(id: &str, version: u32, usage_location: Option<LocationSource>) -> Persona {
    Persona {
        reference: PersonaRef {
            id: id.into(),
            version,
        },
        name: id.to_uppercase(),
        usage_location,
        licences: vec![SkuId("e5".into())],
        policies: BTreeMap::from([(PolicyType("TeamsMeetingPolicy".into()), id.into())]),
        ..Persona::default()
    }
}

fn written<T>(name: &str, when: &str, then: T) -> WrittenRule<T> {
    WrittenRule {
        name: name.into(),
        description: None,
        when: when.into(),
        then,
    }
}

fn choice(persona: &str, role: MemberRole) -> PersonaChoice {
    PersonaChoice {
        persona: persona.into(),
        role,
        profile: None,
    }
}

fn site(path: &str, usage_location: Option<&str>) -> Node {
    Node {
        path: SitePath(path.into()),
        name: path.into(),
        kind: NodeKind::Site,
        values: Values {
            usage_location: usage_location.map(str::to_owned),
            ..Values::default()
        },
    }
}

/// Two sites, three personas; sales in two versions, the newer one listed first.
struct Book {
    rules: Rules,
    personas: Vec<Persona>,
    sites: Vec<Node>,
}

impl Book {
    fn new() -> Self {
        let rule = |name, persona| {
            let when = format!("(user.department -eq \"{name}\")");
            written(name, &when, choice(persona, MemberRole::SelfService))
        };
        let mut persona_rules = vec![rule("sales", "sales"), rule("shop", "frontline")];
        persona_rules.push(written(
            "everybody else in London",
            "(user.city -eq \"London\")",
            choice("staff", MemberRole::None),
        ));
        Self {
            rules: Rules {
                version: 1,
                placement: vec![
                    written(
                        "London",
                        "(user.city -eq \"London\")",
                        SitePath("europe/london".into()),
                    ),
                    written(
                        "nowhere",
                        "(user.city -eq \"Atlantis\")",
                        SitePath("atlantis".into()),
                    ),
                ],
                persona: persona_rules,
            },
            personas: vec![
                persona("sales", 2, Some(LocationSource::Site)),
                persona("sales", 1, None),
                persona("frontline", 1, Some(LocationSource::Literal("GB".into()))),
                persona("staff", 1, None),
            ],
            sites: vec![site("europe/london", Some("GB")), site("atlantis", None)],
        }
    }

    fn compile(self) -> Result<Policybook, RuleProblem> {
        let tree = Tree::new(Values::default(), &Settings::default(), self.sites);
        Policybook::new(Basis {
            rules: self.rules,
            personas: self.personas,
            grounds: Grounds {
                tree,
                ..Grounds::default()
            },
            ..Basis::default()
        })
    }
}

/// Somebody of a department in a city; with one change.
fn given(department: &str, city: &str, change: impl FnOnce(&mut Person)) -> Person {
    let mut facts = Facts::default();
    facts.insert_text(Property::Department, department);
    facts.insert_text(Property::City, city);
    facts.insert_text(Property::UserType, "Member");
    facts.insert_flag(Property::AccountEnabled, true);
    let mut person = Person::with(facts);
    change(&mut person);
    person
}

fn say(decision: &Decision) -> String {
    match decision {
        Decision::Leave(why) => format!("leave: {why:?}"),
        Decision::Provision { wanted, .. } => format!(
            "{} v{} at {}, {:?}, location {}",
            wanted.persona.as_ref().unwrap().id,
            wanted.persona.as_ref().unwrap().version,
            wanted
                .site
                .as_ref()
                .map_or("the tenant level", |site| &site.0),
            wanted.role,
            wanted.usage_location.as_deref().unwrap_or("untouched"),
        ),
    }
}

fn check<'a>(people: impl IntoIterator<Item = (&'a str, Person)>, expected: Expect) {
    let book = Book::new().compile().unwrap();
    let line =
        |(who, person): (&str, Person)| format!("{who:<26} {}\n", say(&book.decide(&person)));
    expected.assert_eq(&people.into_iter().map(line).collect::<String>());
}

fn digest_by(book: Book, person: &Person) -> String {
    match book.compile().unwrap().decide(person) {
        Decision::Provision { digest, .. } => digest,
        Decision::Leave(why) => panic!("{why:?}"),
    }
}

/// What was decided for somebody, as it is kept on their row.
fn decided(person: &mut Person) {
    person.decided = Some(digest_by(Book::new(), person));
}

/// R45, R70, R133, R137: the first rule that matches, in its newest persona version, with the site's usage location.
#[test]
fn the_first_match_decides() {
    check(
        [
            ("sales in London", given("sales", "London", |_| ())),
            ("shop in London", given("shop", "London", |_| ())),
            ("shop elsewhere", given("shop", "Paris", |_| ())),
            ("another in London", given("legal", "London", |_| ())),
            ("another elsewhere", given("legal", "Paris", |_| ())),
            ("sales without a site", given("sales", "Paris", |_| ())),
            (
                "sales, site without one",
                given("sales", "Atlantis", |_| ()),
            ),
        ],
        expect![[r#"
            sales in London            sales v2 at europe/london, SelfService, location GB
            shop in London             frontline v1 at europe/london, SelfService, location GB
            shop elsewhere             frontline v1 at the tenant level, SelfService, location GB
            another in London          staff v1 at europe/london, None, location untouched
            another elsewhere          leave: Unmatched
            sales without a site       leave: NoLocation(Site)
            sales, site without one    leave: NoLocation(Site)
        "#]],
    );
}

/// R133: the order is what decides, not how well a rule fits.
#[test]
fn another_order_is_another_decision() {
    let mut book = Book::new();
    book.rules.persona.rotate_right(1);
    let decision = book
        .compile()
        .unwrap()
        .decide(&given("sales", "London", |_| ()));
    expect!["staff v1 at europe/london, None, location untouched"].assert_eq(&say(&decision));
}

/// F12, F17: guests, vanished and disabled people are left alone, whatever the rules say.
#[test]
fn who_is_not_ours_is_left_alone() {
    let kind = |kind: &'static str| {
        move |person: &mut Person| person.facts.insert_text(Property::UserType, kind)
    };
    check(
        [
            ("guest", given("sales", "London", kind("Guest"))),
            ("guest, other case", given("sales", "London", kind("gUEST"))),
            ("no type at all", given("sales", "London", kind(""))),
            (
                "deleted",
                given("sales", "London", |p| p.presence = Presence::GoneSoft),
            ),
            (
                "deleted for good",
                given("sales", "London", |p| p.presence = Presence::GoneHard),
            ),
            (
                "disabled",
                given("sales", "London", |p| {
                    p.facts.insert_flag(Property::AccountEnabled, false);
                }),
            ),
            (
                "not known if enabled",
                given("sales", "London", |p| {
                    p.facts.clear(Property::AccountEnabled)
                }),
            ),
        ],
        expect![[r#"
            guest                      leave: OutOfScope
            guest, other case          leave: OutOfScope
            no type at all             sales v2 at europe/london, SelfService, location GB
            deleted                    leave: OutOfScope
            deleted for good           leave: OutOfScope
            disabled                   leave: Disabled
            not known if enabled       sales v2 at europe/london, SelfService, location GB
        "#]],
    );
}

/// W1, W2, J3: the same wish is no news, who left is wanted by nobody, and what a person started is not superseded.
#[test]
fn what_automation_may_decide() {
    let open = |goal, origin| {
        move |person: &mut Person| {
            person.open_job = Some(OpenJob {
                id: JobId("1".into()),
                goal,
                origin,
            });
        }
    };
    let at = |change: &dyn Fn(&mut Person)| given("sales", "London", |person| change(person));
    check(
        [
            ("decided before", at(&decided)),
            (
                "and moved department",
                at(&|person| {
                    decided(person);
                    person.facts.insert_text(Property::Department, "shop");
                }),
            ),
            ("left", at(&|person| person.left = true)),
            ("by rule, open", at(&open(Goal::Provision, Origin::Rule))),
            (
                "by a person, open",
                at(&open(Goal::Provision, Origin::Person)),
            ),
            (
                "offboarding by a person",
                at(&open(Goal::Offboard, Origin::Person)),
            ),
            (
                "offboarding by rule",
                at(&open(Goal::Offboard, Origin::Rule)),
            ),
            (
                "decided and busy",
                at(&|person| {
                    decided(person);
                    open(Goal::Offboard, Origin::Person)(person);
                }),
            ),
        ],
        expect![[r#"
            decided before             leave: Nothing
            and moved department       frontline v1 at europe/london, SelfService, location GB
            left                       leave: Left
            by rule, open              sales v2 at europe/london, SelfService, location GB
            by a person, open          leave: Busy
            offboarding by a person    leave: Busy
            offboarding by rule        leave: Busy
            decided and busy           leave: Nothing
        "#]],
    );
}

/// R117, V12: a list that cannot be used as a whole is refused as a whole, naming the rule.
#[test]
fn half_a_list_decides_nobody() {
    let problem = |change: &dyn Fn(&mut Book)| {
        let mut book = Book::new();
        change(&mut book);
        book.compile()
            .err()
            .map(|problem| problem.to_string() + "\n")
            .unwrap_or_default()
    };
    let problems = [
        problem(&|b| b.rules.persona[1].then.persona = "pirates".into()),
        problem(&|b| b.rules.placement[0].then = SitePath("mars".into())),
        problem(&|b| b.rules.persona[2].when = "user.city -eq".into()),
        problem(&|b| b.rules.placement[1].when = String::new()),
    ];
    expect![[r#"
        rule "shop": there is no persona "pirates"
        rule "London": there is no site "mars"
        rule "everybody else in London": line 1, column 14, at the end: a value for -eq is missing here
        rule "nowhere": line 1, column 1, at the end: the rule is empty: write a condition such as user.department -eq "Sales"
    "#]].assert_eq(&problems.concat());
}

/// Steps are planned against the very version that somebody holds.
#[test]
fn a_held_version_is_found_as_long_as_it_is_stored() {
    let book = Book::new().compile().unwrap();
    let version = |version| PersonaRef {
        id: "sales".into(),
        version,
    };
    assert_eq!(book.persona("sales").unwrap().reference.version, 2);
    assert_eq!(book.version(&version(1)).unwrap().reference.version, 1);
    assert!(book.version(&version(3)).is_none() && book.persona("pirates").is_none());
}

/// R114, R118, R119, R120, R123, R127, R131, R132: any number of personas, one for each of 300 departments and more than one rule to some
/// of them; whichever characteristic a rule names decides, by the metadata of the synced directory.
#[test]
fn each_of_many_departments_has_its_persona() {
    let many = 300;
    let mut book = Book::new();
    let named = |nth: usize| format!("department-{nth}");
    book.personas = (0..many).map(|nth| persona(&named(nth), 1, None)).collect();
    let rule = |nth: usize, property: &str| {
        let (name, when) = (
            format!("{property} {nth}"),
            format!("user.{property} -eq \"{}\"", named(nth)),
        );
        written(&name, &when, choice(&named(nth), MemberRole::None))
    };
    let by_department = (0..many).map(|nth| rule(nth, "department"));
    let by_others = (0..many).map(|nth| rule(nth, ["jobTitle", "companyName", "state"][nth % 3]));
    book.rules.persona = by_department.chain(by_others).collect();
    let book = book.compile().unwrap();
    let others = [Property::JobTitle, Property::CompanyName, Property::State];
    for nth in 0..many {
        for property in [Property::Department, others[nth % 3]] {
            let mut facts = Facts::default();
            facts.insert_text(property, &named(nth));
            let wanted = book.wanted(&Person::with(facts)).unwrap();
            let held = wanted.persona.unwrap();
            assert_eq!(held.id, named(nth), "{property:?}");
            assert_eq!(wanted.policies.len(), 1);
        }
    }
}
