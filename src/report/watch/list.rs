//! The users as the screen lists them: those that pass the filter, in the order of a column.

use std::cmp::Ordering;

use super::super::Anonymizer;
use super::super::model::{ReportModel, UserModel};
use super::keys::Ui;
use crate::stream::Verdict;
use crate::timestamp::Timestamp;

/// What the list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// Verdict, then people, then score.
    #[default]
    Verdict,
    User,
    People,
    Score,
    Connections,
    Networks,
    Last,
}

impl Sort {
    /// All, in the order of the columns.
    pub(super) const ALL: [Self; 7] = [
        Self::User,
        Self::Verdict,
        Self::People,
        Self::Score,
        Self::Connections,
        Self::Networks,
        Self::Last,
    ];

    /// The next column's.
    pub(super) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        Self::ALL.get((at + 1) % Self::ALL.len()).copied().unwrap_or_default()
    }
}

/// A user of the list.
#[derive(Clone, Debug)]
pub(super) struct ListLine {
    /// The name in the model.
    pub(super) key: Box<str>,
    /// As it is shown.
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) people: Option<f64>,
    pub(super) score: Option<u64>,
    pub(super) connections: Option<u64>,
    pub(super) networks: Option<u64>,
    pub(super) last: Option<Timestamp>,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) lines: Vec<ListLine>,
    /// Users by verdict, in the order of `Verdict::ALL`, the filter aside.
    pub(super) counts: [usize; Verdict::ALL.len()],
}

impl List {
    /// The list of a model.
    pub(super) fn of(model: &ReportModel, names: &mut Anonymizer, ui: &Ui) -> Self {
        let mut counts = [0; Verdict::ALL.len()];
        let wanted = ui.find.to_lowercase();
        let mut lines = Vec::new();
        for (key, user) in model.ranked() {
            let place = Verdict::ALL.iter().position(|verdict| *verdict == user.verdict);
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
            let name = names.user(key).into_owned();
            let passes = ui.only.is_none_or(|only| only == user.verdict)
                && (wanted.is_empty() || name.to_lowercase().contains(&wanted));
            if passes {
                lines.push(line(key, name, user));
            }
        }
        // Equal cells keep the order of the model.
        lines.sort_by(|a, b| by(ui.sort, a, b));
        if ui.is_reversed {
            lines.reverse();
        }
        Self { lines, counts }
    }
}

fn line(key: &str, name: String, user: &UserModel) -> ListLine {
    ListLine {
        key: key.into(),
        name,
        verdict: user.verdict,
        people: user.people.filter(|_| user.verdict != Verdict::Unknown),
        score: user.score,
        connections: user.connections(),
        networks: user.networks().or(user.addresses()),
        last: user.ends.map(|(_, last)| last),
    }
}

fn by(sort: Sort, a: &ListLine, b: &ListLine) -> Ordering {
    match sort {
        Sort::Verdict => b.verdict.cmp(&a.verdict),
        Sort::User => a.name.cmp(&b.name),
        Sort::People => b.people.unwrap_or(0.0).total_cmp(&a.people.unwrap_or(0.0)),
        Sort::Score => b.score.cmp(&a.score),
        Sort::Connections => b.connections.cmp(&a.connections),
        Sort::Networks => b.networks.cmp(&a.networks),
        Sort::Last => b.last.cmp(&a.last),
    }
}
