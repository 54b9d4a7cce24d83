//! The whitelist of vulnerabilities. No entry exists at the start, and no later scan of the emulator depends on entries.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::enterprise_projects::View;
use super::random::Random;

/// Maximum number of entries.
const MAX_ENTRIES: usize = 1_000;

/// An entry: a vulnerability that is ignored on servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// The number of the vulnerability in the catalog.
    pub(crate) number: u8,
    pub(crate) range: Range,
    /// The view in which it was added.
    view: View,
}

/// The servers of an entry, and why they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    /// The places of the servers. `None` stands for all.
    pub(crate) hosts: Option<BTreeSet<usize>>,
    pub(crate) description: String,
}

#[derive(Debug)]
pub(crate) struct WhiteList {
    random: Random,
    added: Mutex<Added>,
}

#[derive(Debug, Default)]
struct Added {
    /// Number of entries so far, including deleted ones.
    count: u64,
    /// Oldest first.
    entries: Vec<Entry>,
}

impl WhiteList {
    pub(crate) fn new(random: Random) -> Self {
        Self { random, added: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Added> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry for each vulnerability, all or none. Returns whether they fit.
    pub(crate) fn add(&self, new: Vec<(u8, Range)>, view: View) -> bool {
        let mut added = self.lock();
        if added.entries.len() + new.len() > MAX_ENTRIES {
            return false;
        }
        for (number, range) in new {
            let id = self.random.branch(added.count).uuid();
            added.count += 1;
            added.entries.push(Entry { id, number, range, view });
        }
        true
    }

    /// Returns the entries of a view, oldest first.
    pub(crate) fn entries(&self, view: View) -> Vec<Entry> {
        self.lock().entries.iter().filter(|entry| entry.is_in(view)).cloned().collect()
    }

    /// Replaces the servers and the description of an entry. Returns whether it exists.
    pub(crate) fn change(&self, id: &str, view: View, range: Range) -> bool {
        let mut added = self.lock();
        let entry = added.entries.iter_mut().find(|entry| entry.id == id && entry.is_in(view));
        entry.map(|entry| entry.range = range).is_some()
    }

    /// Deletes entries of a view.
    pub(crate) fn delete(&self, ids: &[String], view: View) {
        self.lock().entries.retain(|entry| !(ids.contains(&entry.id) && entry.is_in(view)));
    }
}

impl Entry {
    fn is_in(&self, view: View) -> bool {
        view == View::All || view == self.view || self.view == View::All
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(description: &str) -> Range {
        Range { hosts: None, description: description.to_owned() }
    }

    #[test]
    fn entries_are_added_changed_and_deleted_in_a_view() {
        let list = WhiteList::new(Random::seeded(1));
        assert!(list.add(vec![(0, range("a")), (1, range("b"))], View::One(1)));
        assert!(list.entries(View::One(0)).is_empty());
        let entries = list.entries(View::All);
        assert_eq!(entries, list.entries(View::One(1)));
        let ids: Vec<_> = entries.into_iter().map(|entry| entry.id).collect();
        assert!(!list.change(&ids[0], View::One(0), range("c")));
        assert!(list.change(&ids[0], View::One(1), range("c")));
        assert_eq!(list.entries(View::All)[0].range, range("c"));
        list.delete(&ids, View::One(2));
        assert_eq!(list.entries(View::All).len(), 2);
        list.delete(&ids, View::All);
        assert!(list.entries(View::All).is_empty());
        assert!(!list.add(vec![(0, range("")); MAX_ENTRIES + 1], View::All));
    }
}
