//! Enterprise projects, which divide the servers of an account by access.

use super::random::Random;

/// The enterprise project of requests that specify none.
const DEFAULT: &str = "0";
/// Represents all enterprise projects that the caller may see. In the emulator, these are all.
const ALL: &str = "all_granted_eps";
/// Number of enterprise projects in addition to the default one.
const ADDITIONAL_PROJECTS: u64 = 2;

/// Their ids, the default one first.
#[derive(Debug)]
pub(crate) struct EnterpriseProjects(Vec<String>);

/// The enterprise projects that a caller sees: one, by its index, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    One(usize),
    All,
}

impl EnterpriseProjects {
    pub(crate) fn new(random: Random) -> Self {
        let others = (0..ADDITIONAL_PROJECTS).map(|number| random.branch(number).uuid());
        Self(std::iter::once(DEFAULT.to_owned()).chain(others).collect())
    }

    pub(crate) fn ids(&self) -> &[String] {
        &self.0
    }

    /// Returns the view for the requested enterprise project. Returns `None` if it does not exist.
    pub(crate) fn view(&self, asked: Option<&str>) -> Option<View> {
        match asked {
            Some(ALL) => Some(View::All),
            asked => self.0.iter().position(|id| *id == asked.unwrap_or(DEFAULT)).map(View::One),
        }
    }
}

impl View {
    /// Returns whether the view includes the enterprise project with this index.
    pub(crate) fn sees(self, place: usize) -> bool {
        self == Self::All || self == Self::One(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_the_default_one_or_all() {
        let projects = EnterpriseProjects::new(Random::seeded(1));
        assert_eq!(projects.view(None), Some(View::One(0)));
        assert_eq!(projects.view(Some("0")), Some(View::One(0)));
        assert_eq!(projects.view(Some(&projects.ids()[2])), Some(View::One(2)));
        assert_eq!(projects.view(Some("all_granted_eps")), Some(View::All));
        assert_eq!(projects.view(Some("1")), None);
        let visible = |view: View| [0, 1, 2].map(|place| view.sees(place));
        assert_eq!((visible(View::One(1)), visible(View::All)), ([false, true, false], [true; 3]));
    }
}
