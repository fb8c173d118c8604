//! What changes the digest of somebody's wanted side (W1).

use expect_test::expect;

use super::*;

/// W1: news is what changes the wanted side, and nothing else.
#[test]
fn the_digest_changes_with_what_is_wanted_only() {
    let sales = given("sales", "London", |_| ());
    let before = digest_by(Book::new(), &sales);
    let facts = |change: &dyn Fn(&mut Person)| {
        digest_by(
            Book::new(),
            &given("sales", "London", |person| change(person)),
        )
    };
    let book = |change: &dyn Fn(&mut Book)| {
        let mut book = Book::new();
        change(&mut book);
        digest_by(book, &sales)
    };
    let news = [
        (
            "a display name",
            facts(&|p| p.facts.insert_text(Property::DisplayName, "Adele Vance")),
        ),
        (
            "the department's case",
            facts(&|p| p.facts.insert_text(Property::Department, "SALES")),
        ),
        (
            "what Microsoft shows",
            facts(&|p| {
                p.licences = vec![SkuId("other".into())];
                p.facts.insert_text(Property::UsageLocation, "US");
            }),
        ),
        (
            "what we did",
            facts(&|p| {
                p.version = 99;
                p.site = Some(SitePath("elsewhere".into()));
            }),
        ),
        ("the version of the rules", book(&|b| b.rules.version = 2)),
        (
            "another persona",
            book(&|b| b.personas.push(persona("staff", 2, None))),
        ),
        ("a site's name", book(&|b| b.sites[0].name = "LDN".into())),
        (
            "a site's location",
            book(&|b| b.sites[0].values.usage_location = Some("IE".into())),
        ),
        (
            "a new persona version",
            book(&|b| {
                b.personas
                    .push(persona("sales", 3, Some(LocationSource::Site)))
            }),
        ),
        (
            "the role",
            book(&|b| b.rules.persona[0].then.role = MemberRole::None),
        ),
        (
            "the site",
            book(&|b| {
                b.sites.push(site("city", Some("GB")));
                b.rules.placement[0].then = SitePath("city".into());
            }),
        ),
    ];
    let line = |(what, digest): (&str, String)| {
        let news = if digest == before { "no news" } else { "news" };
        format!("{what:<26} {news}\n")
    };
    expect![[r#"
        a display name             no news
        the department's case      no news
        what Microsoft shows       no news
        what we did                no news
        the version of the rules   no news
        another persona            no news
        a site's name              no news
        a site's location          news
        a new persona version      news
        the role                   news
        the site                   news
    "#]]
    .assert_eq(&news.into_iter().map(line).collect::<String>());
}
