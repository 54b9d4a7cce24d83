//! Where credentials are looked for unless the caller gives them.

use crate::credentials::{Environment, Metadata, Profile};
use crate::iam::EnvironmentUser;
use crate::{Endpoint, Identity, Retries};

/// What the caller sets, in place of what the default sources would find.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The region whose IAM a user of the environment logs in to.
    pub region: Option<String>,
    /// The project that the token of a user of the environment is for.
    pub project_id: Option<String>,
    /// Where IAM is.
    pub iam_endpoint: Option<Endpoint>,
    /// See [`EnvironmentUser::built_in_iam_refused`].
    pub built_in_iam_refused: Option<String>,
    /// How often and how long a login to IAM is tried.
    pub retries: Retries,
    /// The metadata service.
    pub metadata: Metadata,
}

impl Identity {
    /// Whoever the first of these names: a key or token in the environment ([`Environment`]), a user in the environment
    /// ([`EnvironmentUser`]), the profile file ([`Profile`]), the agency of the cloud server that this runs on
    /// ([`Metadata`]). Nothing is looked for before credentials are needed.
    #[must_use]
    pub fn default_chain(overrides: Overrides) -> Self {
        let Overrides { region, project_id, iam_endpoint, built_in_iam_refused, retries, metadata } = overrides;
        Self::chain(vec![
            Box::new(Environment),
            Box::new(EnvironmentUser { region, project_id, iam_endpoint, built_in_iam_refused, retries }),
            Box::new(Profile),
            Box::new(metadata),
        ])
    }
}
