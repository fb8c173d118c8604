//! `tests/requirements.md` and the code name the same requirements.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::sources;

const PAGE: &str = "tests/requirements.md";

/// What comments name: rows such as `R96`, ranges such as `L1-L5`, and `fault 16`; with a place each.
fn named() -> BTreeMap<String, String> {
    let row =
        Regex::new(r"\b([RFIVLAJWD])([1-9]\d{0,2})(?:-([RFIVLAJWD])([1-9]\d{0,2}))?\b").unwrap();
    let fault = Regex::new(r"\b[Ff]aults? (\d+(?:(?:, | and |-)\d+)*)").unwrap();
    // `Microsoft 365 F3` is a product, `U+00AD` a character.
    let product = Regex::new(r"\b365 [A-Z]\d|U\+[0-9A-F]{4,6}").unwrap();
    let mut named = BTreeMap::new();
    for source in sources::all()
        .into_iter()
        .filter(|source| !source.path.ends_with("/requirements.rs"))
    {
        let comments = product.replace_all(&source.comments, "");
        for found in row.captures_iter(&comments) {
            let first: u16 = found[2].parse().unwrap();
            let last = match found.get(4) {
                Some(last) if found[3] == found[1] => last.as_str().parse().unwrap(),
                Some(_) | None => first,
            };
            for number in first..=last {
                named.insert(format!("{}{number}", &found[1]), source.path.clone());
            }
        }
        for found in fault.captures_iter(&comments) {
            for number in found[1]
                .split(|c: char| !c.is_ascii_digit())
                .filter(|n| !n.is_empty())
            {
                named.insert(format!("fault {number}"), source.path.clone());
            }
        }
    }
    named
}

/// The rows of the page, and what each says.
fn rows() -> BTreeMap<String, String> {
    let row = Regex::new(r"(?m)^\| ([RFIVLAJWD]\d+|fault \d+) \| (.+?) \|$").unwrap();
    let page = sources::read(PAGE);
    let mut rows = BTreeMap::new();
    for found in row.captures_iter(&page) {
        let twice = rows.insert(found[1].to_owned(), found[2].to_owned());
        assert_eq!(twice, None, "{} stands twice in {PAGE}", &found[1]);
    }
    rows
}

#[test]
fn what_the_code_names_is_explained() {
    let rows = rows();
    let mut unexplained: Vec<String> = named()
        .into_iter()
        .filter(|(name, _)| !rows.contains_key(name))
        .map(|(name, place)| format!("{name}, named in {place}"))
        .collect();
    unexplained.sort();
    assert_eq!(unexplained, [""; 0], "each needs a row in {PAGE}");
}

#[test]
fn what_is_explained_is_named_by_the_code() {
    let named = named();
    let unproven: Vec<String> = rows()
        .into_keys()
        .filter(|row| !named.contains_key(row))
        .collect();
    assert_eq!(unproven, [""; 0], "rows of {PAGE} that no comment names");
}

#[test]
fn every_row_says_something_short() {
    for (row, text) in rows() {
        assert!((15..=300).contains(&text.len()), "{row} says {text:?}");
    }
}

/// Citations such as `graph-api.md 5.1.4`: their section, or one above it, is explained.
#[test]
fn cited_documents_are_explained() {
    let cited = Regex::new(r"\b([a-z-]+\.md)(?:`? (?:section )?(\d+(?:\.\d+)*))?").unwrap();
    let explained = Regex::new(r"(?m)^\| ([a-z-]+\.md)(?: (\d+(?:\.\d+)*))? \|").unwrap();
    let page = sources::read(PAGE);
    let explained: BTreeSet<(String, String)> = explained
        .captures_iter(&page)
        .map(|found| (found[1].to_owned(), group(&found, 2)))
        .collect();
    let mut unexplained = BTreeSet::new();
    for source in sources::all()
        .into_iter()
        .filter(|source| !source.path.starts_with("tests/contract/"))
    {
        for found in cited.captures_iter(&source.comments) {
            let (document, section) = (found[1].to_owned(), group(&found, 2));
            let mut above = section.as_str();
            while !explained.contains(&(document.clone(), above.to_owned())) {
                let Some((parent, _)) = above.rsplit_once('.') else {
                    unexplained.insert(format!("{document} {section}, cited in {}", source.path));
                    break;
                };
                above = parent;
            }
        }
    }
    assert_eq!(
        Vec::from_iter(unexplained),
        [""; 0],
        "each needs a row in {PAGE}"
    );
}

fn group(found: &regex::Captures<'_>, number: usize) -> String {
    found
        .get(number)
        .map_or_else(String::new, |group| group.as_str().to_owned())
}
