//! Defines the default credential chain.

use crate::credentials::{Environment, Metadata, Profile};
use crate::iam::EnvironmentUser;
use crate::{Endpoint, Identity, TransportBuilder};

/// Settings of the caller that replace those of the default chain.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Overrides {
    /// The region whose IAM issues the token of a user from the environment.
    pub region: Option<String>,
    /// The project for which the token of a user from the environment is requested.
    pub project_id: Option<String>,
    /// The endpoint of IAM.
    pub iam_endpoint: Option<Endpoint>,
    /// See [`EnvironmentUser::built_in_iam_refused`].
    pub built_in_iam_refused: Option<String>,
    /// See [`EnvironmentUser::transport`].
    pub transport: TransportBuilder,
    /// The metadata service.
    pub metadata: Metadata,
}

impl Identity {
    /// The default credential chain. Sources are tried in this order:
    ///
    /// 1. an access key or token in the environment ([`Environment`]);
    /// 2. a user in the environment ([`EnvironmentUser`]);
    /// 3. the profile file ([`Profile`]);
    /// 4. the agency of the cloud server on which the program runs ([`Metadata`]).
    ///
    /// The sources are not read before credentials are needed.
    #[must_use]
    pub fn default_chain(overrides: Overrides) -> Self {
        let Overrides { region, project_id, iam_endpoint, built_in_iam_refused, transport, metadata } = overrides;
        Self::chain(vec![
            Box::new(Environment),
            Box::new(EnvironmentUser { region, project_id, iam_endpoint, built_in_iam_refused, transport }),
            Box::new(Profile),
            Box::new(metadata),
        ])
    }
}
