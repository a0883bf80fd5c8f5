//! The comparison of the responses with the contract, as a check.

use super::prevented::prevented;
use crate::drift;
use crate::facts::Facts;
use crate::report::DifferenceKind;
use crate::verdict::Verdict;

pub(super) fn differences(facts: &Facts) -> Verdict {
    if let Some(verdict) = prevented(facts) {
        return verdict;
    }
    let differences = drift::differences(facts);
    let compared = facts
        .reads
        .iter()
        .filter(|read| read.result.is_ok())
        .count();
    if differences.is_empty() {
        return Verdict::ok(format!(
            "{compared} responses have only what the contract knows"
        ));
    }
    let list: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let noun = if list.len() == 1 {
        "difference"
    } else {
        "differences"
    };
    let seen = format!(
        "{} {noun} from the contract of this release: {}",
        list.len(),
        list.join("; ")
    );
    let action = "update the SDK; if this is the latest release, report the differences: the report contains no values of your data";
    // Additions are expected, and the SDK keeps them. What is missing or of another type can break a program.
    let breaking = differences.iter().any(|difference| {
        !matches!(
            difference.kind,
            DifferenceKind::UnknownField | DifferenceKind::UnknownValue
        )
    });
    if breaking {
        Verdict::failed(seen, action)
    } else {
        Verdict::warning(seen, action)
    }
}
