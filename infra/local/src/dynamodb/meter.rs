//! What the table costs: request units as DynamoDB bills them (`budget.md 1`).

use std::collections::BTreeMap;

use dynoxide::DynoxideError;
use dynoxide::types::write_capacity_units;
use serde_json::Value;

use crate::fate::function;

/// Requests and units used. Index arms are included; in a transaction the table's arm counts double, an index's does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// By function, empty for who is none, and operation.
    pub uses: BTreeMap<(String, String), Units>,
}

/// What one operation has used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Requests, refused ones included.
    pub requests: u64,
    /// Read request units.
    pub reads: f64,
    /// Write request units.
    pub writes: f64,
}

impl Usage {
    /// What the uses that fit come to, by function and operation.
    pub fn of(&self, fits: impl Fn(&str, &str) -> bool) -> Units {
        let mut sum = Units::default();
        for ((function, operation), units) in &self.uses {
            if fits(function, operation) {
                sum.requests += units.requests;
                sum.reads += units.reads;
                sum.writes += units.writes;
            }
        }
        sum
    }

    /// Everything.
    pub fn total(&self) -> Units {
        self.of(|_, _| true)
    }

    /// Books a request that was served, and takes the figure out of the answer unless the caller wanted it.
    pub(super) fn answered(&mut self, operation: &str, answer: &mut Value, wanted: Wanted) {
        let units = self.requested(operation);
        let consumed = match wanted {
            Wanted::ByCaller => answer.get("ConsumedCapacity").cloned(),
            Wanted::ByUs => answer
                .as_object_mut()
                .and_then(|o| o.remove("ConsumedCapacity")),
        };
        let figure = |arm: &Value, name: &str| arm[name].as_f64();
        for arm in consumed.iter().flat_map(tables) {
            let total = figure(arm, "CapacityUnits").unwrap_or_default();
            // A repeated transaction is a write that is billed as a read, and says so.
            let repeated = figure(arm, "ReadCapacityUnits").is_some();
            if is_read(operation) || repeated {
                units.reads += total;
            } else {
                units.writes += total;
            }
        }
    }

    /// Books a request that was refused: a condition that fails is billed as the write that it stopped, on the size of what was
    /// found there. `sizes` lists the bytes found for every item of the request.
    pub(super) fn refused<I: Iterator<Item = usize>>(
        &mut self,
        operation: &str,
        error: &DynoxideError,
        sizes: impl FnOnce() -> I,
    ) {
        let units = self.requested(operation);
        let single = matches!(error, DynoxideError::ConditionalCheckFailedException(..));
        let transaction = matches!(error, DynoxideError::TransactionCanceledException(..));
        if single || transaction {
            let factor = if transaction { 2.0 } else { 1.0 };
            units.writes += factor * sizes().map(write_capacity_units).sum::<f64>();
        }
    }

    fn requested(&mut self, operation: &str) -> &mut Units {
        let use_of = (function(), operation.to_owned());
        let units = self.uses.entry(use_of).or_default();
        units.requests += 1;
        units
    }
}

/// Who asked for the figure.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    ByCaller,
    ByUs,
}

/// Asks for the figure where the caller did not.
pub(super) fn ask(operation: &str, request: &mut Value) -> Wanted {
    let asked = match request["ReturnConsumedCapacity"].as_str() {
        None | Some("NONE") => false,
        Some(_) => true,
    };
    if asked {
        return Wanted::ByCaller;
    }
    if let (Some(fields), true) = (request.as_object_mut(), operation != "DescribeTable") {
        fields.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
    }
    Wanted::ByUs
}

/// Batches and transactions answer a list, one entry a table.
fn tables(consumed: &Value) -> &[Value] {
    match consumed.as_array() {
        Some(tables) => tables,
        None => std::slice::from_ref(consumed),
    }
}

fn is_read(operation: &str) -> bool {
    matches!(
        operation,
        "GetItem" | "BatchGetItem" | "TransactGetItems" | "Query" | "Scan"
    )
}
