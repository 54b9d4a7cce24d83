//! The ids of projects, by the names of their regions.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::Client;
use crate::regions::UnknownRegion;
use crate::task::in_task;
use crate::{Error, ErrorKind, Result, Transport};

/// The ids of an account's projects, which IAM is asked for once each.
///
/// Clones share what is known.
#[derive(Debug, Clone)]
pub struct Projects {
    client: Client,
    known: Arc<Mutex<HashMap<String, String>>>,
}

impl Projects {
    /// Those that the user of `transport` may see; it leads to IAM.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { client: Client::new(transport), known: Arc::default() }
    }

    /// The id of the project that the account has in `region`, such as `cn-north-4`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if it has none, or with all ids if it has several; otherwise what kept the answer away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the look-up. Another caller that waits for it then asks IAM.
    pub async fn id(&self, region: &str) -> Result<String> {
        let (projects, region) = (self.clone(), region.to_owned());
        in_task(async move { projects.look_up(&region).await }).await
    }

    async fn look_up(&self, region: &str) -> Result<String> {
        // Held while IAM answers, so that it is asked once for all callers.
        let mut known = self.known.lock().await;
        if let Some(id) = known.get(region) {
            return Ok(id.clone());
        }
        let answer = self.client.keystone_list_projects().name(region).send().await?;
        let projects = answer.into_inner().projects.unwrap_or_default();
        let ids: Vec<_> = projects.into_iter().filter_map(|project| project.id).filter(|id| !id.is_empty()).collect();
        let set = "Set HUAWEICLOUD_SDK_PROJECT_ID, or give the id of the project.";
        // Of an id that is not valid Unicode, U+FFFD stands in the place of a part.
        if ids.iter().any(|id| id.contains(char::REPLACEMENT_CHARACTER)) {
            let message = format!("IAM lists a project of region {region:?} by an id that is not valid Unicode");
            return Err(Error::new(ErrorKind::Protocol, message).hint(set));
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
                    .hint(format!("{check} {set}")))
            }
            ids => {
                let message = format!("region {region:?} has {} projects: {}", ids.len(), ids.join(", "));
                Err(Error::new(ErrorKind::NotFound, message).hint(set))
            }
        }
    }
}
