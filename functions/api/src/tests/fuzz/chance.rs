//! Choices that follow from a seed.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Choices that follow from a seed.
pub struct Chance {
    pub runner: TestRunner,
    /// What is there.
    pub ids: Vec<String>,
}

impl Chance {
    pub fn below(&mut self, end: usize) -> usize {
        (0..end.max(1))
            .new_tree(&mut self.runner)
            .unwrap()
            .current()
    }

    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub fn number(&mut self) -> i64 {
        let edges = [
            -1,
            0,
            1,
            2,
            5,
            60,
            100,
            101,
            65_535,
            65_536,
            i64::MAX,
            i64::MIN,
        ];
        edges[self.below(edges.len())]
    }

    /// Something that is there, something that could be, or anything.
    pub fn text(&mut self) -> String {
        let known = [
            "europe/london",
            "europe",
            "sales",
            "office",
            "frontline",
            "everything",
            "UserSync",
            "GB",
            "de",
            "Europe/Berlin",
            "06:30",
            "mon",
            "2026-12-31",
            "2026-12-31T18:00:00Z",
            "operator@europe/london",
            "viewer",
            "+442071000001",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
            "user.department -eq \"Sales\"",
            "provision",
            "done",
            "rule",
            "remove",
            "site",
            "region",
            "TeamsMeetingPolicy",
            "",
            "*",
            "0.",
        ];
        match self.below(4) {
            0 => known[self.below(known.len())].to_owned(),
            1 if !self.ids.is_empty() => {
                let nth = self.below(self.ids.len());
                self.ids[nth].clone()
            }
            2 => known[self.below(known.len())].to_owned(),
            _ => any::<String>()
                .new_tree(&mut self.runner)
                .unwrap()
                .current(),
        }
    }

    pub fn nonsense(&mut self) -> Value {
        match self.below(6) {
            0 => Value::Null,
            1 => json!([]),
            2 => json!({"": [[[[{}]]]]}),
            3 => json!(self.number()),
            4 => json!(1.5e300),
            _ => json!(self.text()),
        }
    }
}
