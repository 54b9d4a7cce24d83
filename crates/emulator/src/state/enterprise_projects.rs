//! Enterprise projects, which divide the servers of an account among those who may see them.

use super::random::Random;

/// Whoever names no enterprise project sees this one alone.
const DEFAULT: &str = "0";
/// Stands for all that the caller may see: here, every one.
const ALL: &str = "all_granted_eps";
/// How many there are besides the default one.
const OTHERS: u64 = 2;

/// All of them, the default one first.
#[derive(Debug)]
pub(crate) struct EnterpriseProjects(Vec<String>);

/// What a caller sees: one of them, by its place, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    One(usize),
    All,
}

impl EnterpriseProjects {
    pub(crate) fn new(random: Random) -> Self {
        let others = (0..OTHERS).map(|number| random.branch(number).uuid());
        Self(std::iter::once(DEFAULT.to_owned()).chain(others).collect())
    }

    pub(crate) fn ids(&self) -> &[String] {
        &self.0
    }

    /// What somebody sees who asks for this; `None` if there is no such enterprise project.
    pub(crate) fn view(&self, asked: Option<&str>) -> Option<View> {
        match asked {
            Some(ALL) => Some(View::All),
            asked => self.0.iter().position(|id| *id == asked.unwrap_or(DEFAULT)).map(View::One),
        }
    }
}

impl View {
    /// Whether the enterprise project at that place is seen.
    pub(crate) fn sees(self, place: usize) -> bool {
        self == Self::All || self == Self::One(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_the_default_one_and_all_is_all() {
        let projects = EnterpriseProjects::new(Random::seeded(1));
        assert_eq!(projects.view(None), Some(View::One(0)));
        assert_eq!(projects.view(Some("0")), Some(View::One(0)));
        assert_eq!(projects.view(Some(&projects.ids()[2])), Some(View::One(2)));
        assert_eq!(projects.view(Some("all_granted_eps")), Some(View::All));
        assert_eq!(projects.view(Some("1")), None);
        let seen = |view: View| [0, 1, 2].map(|place| view.sees(place));
        assert_eq!((seen(View::One(1)), seen(View::All)), ([false, true, false], [true; 3]));
    }
}
