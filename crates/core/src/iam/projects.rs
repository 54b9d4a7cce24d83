//! Looks up the ids of projects by the names of their regions.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::Client;
use crate::regions::UnknownRegion;
use crate::task::in_task;
use crate::{Error, ErrorKind, Result, Transport};

/// The ids of the projects of an account. Each is requested from IAM once.
///
/// Clones share the known ids.
#[derive(Debug, Clone)]
pub struct Projects {
    client: Client,
    known: Arc<Mutex<HashMap<String, String>>>,
}

impl Projects {
    /// Creates a lookup of the projects that the user of `transport` may see. The transport must send requests to IAM.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { client: Client::new(transport), known: Arc::default() }
    }

    /// Returns the id of the project that the account has in `region`, such as `cn-north-4`.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`] if the account has no project in the region, or several. In the second case the
    /// message contains all ids. Otherwise returns the error of the call.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the lookup. Another caller that waits for it then sends its own request.
    pub async fn id(&self, region: &str) -> Result<String> {
        let (projects, region) = (self.clone(), region.to_owned());
        in_task(async move { projects.look_up(&region).await }).await
    }

    async fn look_up(&self, region: &str) -> Result<String> {
        // Locked during the request, so that all callers share one request.
        let mut known = self.known.lock().await;
        if let Some(id) = known.get(region) {
            return Ok(id.clone());
        }
        let response = self.client.keystone_list_projects().name(region).send().await?;
        let projects = response.into_inner().projects.unwrap_or_default();
        let ids: Vec<_> = projects.into_iter().filter_map(|project| project.id).filter(|id| !id.is_empty()).collect();
        let set = "Set HUAWEICLOUD_SDK_PROJECT_ID, or specify the id of the project.";
        // U+FFFD replaces the part of an id that is not valid Unicode.
        if ids.iter().any(|id| id.contains(char::REPLACEMENT_CHARACTER)) {
            let message =
                format!("invalid response of IAM: the id of a project of region {region:?} is not valid Unicode");
            return Err(Error::new(ErrorKind::Protocol, message).with_hint(set));
        }
        match ids.as_slice() {
            [id] => {
                known.insert(region.to_owned(), id.clone());
                Ok(id.clone())
            }
            [] => {
                let check = UnknownRegion::of_all(region)
                    .map_or_else(|| "Check the region.".to_owned(), |region| region.hint());
                Err(Error::new(ErrorKind::NotFound, format!("the account has no project in region {region:?}"))
                    .with_hint(format!("{check} {set}")))
            }
            ids => {
                let message = format!("region {region:?} has {} projects: {}", ids.len(), ids.join(", "));
                Err(Error::new(ErrorKind::NotFound, message).with_hint(set))
            }
        }
    }
}
