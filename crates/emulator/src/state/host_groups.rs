//! Groups of servers: one for each role, so that a name such as `web` has servers in every enterprise project.

use super::fleet::Traits;
use super::random::Random;

/// The names of the groups.
const NAMES: [&str; 4] = ["web", "api", "db", "windows"];

/// A group of servers.
#[derive(Debug)]
pub(crate) struct HostGroup {
    pub(crate) id: String,
    pub(crate) name: &'static str,
}

#[derive(Debug)]
pub(crate) struct HostGroups(Vec<HostGroup>);

impl HostGroups {
    pub(crate) fn new(random: Random) -> Self {
        let ids = (0..).map(|number| random.branch(number).uuid());
        Self(ids.zip(NAMES).map(|(id, name)| HostGroup { id, name }).collect())
    }

    pub(crate) fn all(&self) -> &[HostGroup] {
        &self.0
    }

    /// Returns the group of a server. Some servers are in no group.
    pub(crate) fn of(&self, host: Traits) -> Option<&HostGroup> {
        let name = group(host)?;
        self.0.iter().find(|group| group.name == name)
    }
}

/// Returns the name of the group of a server.
pub(crate) fn group(host: Traits) -> Option<&'static str> {
    match host.role() {
        "iis" | "ad" => Some("windows"),
        "cache" => Some("db"),
        role => NAMES.into_iter().find(|name| *name == role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fleet::Fleet;

    #[test]
    fn groups_differ_and_contain_most_servers() {
        let groups = HostGroups::new(Random::seeded(1));
        let fleet = Fleet::new(Random::seeded(2), vec![0..200; 1]);
        let mut counts = [0; NAMES.len()];
        for place in 0..200 {
            let Some(group) = groups.of(fleet.traits(place)) else { continue };
            for (known, count) in groups.all().iter().zip(&mut counts) {
                *count += usize::from(known.id == group.id);
            }
        }
        assert!(counts.iter().all(|count| *count > 5) && counts.iter().sum::<usize>() < 200, "{counts:?}");
    }
}
