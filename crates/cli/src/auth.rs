//! `hss auth status`.

use std::sync::Arc;

use hss_client::credentials::{Sighting, Way};
use hss_client::{Error, Result, System, World, operations};
use serde::Serialize;

use crate::args::Globals;
use crate::config::{self, Setting, Settings};
use crate::exit::Ending;
use crate::output::Output;
use crate::output::column::{Cell, Column, View, text};
use crate::output::rows::{Rows, Whole};
use crate::session::Session;

/// One thing that calls are made with, and where it comes from.
#[derive(Debug, Serialize)]
struct Found {
    what: &'static str,
    value: Option<String>,
    source: String,
    /// Whether calls use it.
    used: bool,
}

const COLUMNS: &[(Column, Cell<Found>)] = &[
    (Column::new("what", "WHAT", 0), |found| found.what.into()),
    (Column::new("value", "VALUE", 0), |found| text(found.value.as_ref())),
    (Column::new("source", "FROM", 1), |found| (&found.source).into()),
    (Column::new("used", "USED", 0), |found| if found.used { "yes" } else { "no" }.into()),
];

static FOUND: View<Found> = View { nouns: ("setting", "settings"), columns: COLUMNS, note_unknown: |_, _| {} };

/// Says what calls are made with. Secrets are not shown, and nothing is sent unless it is to be checked.
///
/// # Errors
///
/// [`Kind::Usage`](hss_client::Kind::Usage) if there is nothing to call with; with `check`, what the call comes to.
pub(crate) async fn status(check: bool, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let world: Arc<dyn World> = Arc::new(System::default());
    let (found, problem) = if globals.demo { (demo(), None) } else { look(globals, &*world)? };
    let mut rows = Rows::new(&FOUND, output)?;
    rows.push(&found)?;
    rows.finish(Whole::List)?;
    if let Some(problem) = problem {
        return Err(problem.into());
    }
    if check {
        let session = Session::open(globals, true, output).await?;
        // The cheapest call there is.
        session.deadline.within(session.client.show_vul_task_statistics().send()).await?;
        output.note(&format!("the service accepts them ({})", operations::SHOW_VUL_TASK_STATISTICS.id));
    }
    Ok(())
}

fn demo() -> Vec<Found> {
    vec![Found {
        what: "credentials",
        value: Some("a token of the demo".to_owned()),
        source: "--demo".to_owned(),
        used: true,
    }]
}

/// All that there is, and what is wrong with what would be used.
fn look(globals: &Globals, world: &dyn World) -> Result<(Vec<Found>, Option<Error>)> {
    let Settings { region, project_id, enterprise_project_id } = Settings::read(globals, world)?;
    let mut found = Vec::new();
    let mut problem = None;
    let mut project_of_credentials = None;
    let mut is_decided = false;
    if let Some(file) = &globals.token_file {
        // Reading it would take it from whoever reads standard input next.
        found.push(Found {
            what: "credentials",
            value: Some("token ***".to_owned()),
            source: format!("--token-file {}", file.display()),
            used: true,
        });
        is_decided = true;
    }
    for (name, sighting) in config::identity(globals, world)?.sightings(world) {
        match sighting {
            Ok(None) => {}
            Ok(Some(sighting)) => {
                if !is_decided {
                    project_of_credentials.clone_from(&sighting.project_id);
                }
                found.push(Found {
                    what: "credentials",
                    value: Some(described(&sighting)),
                    source: sighting.place,
                    used: !is_decided,
                });
                is_decided = true;
            }
            Err(error) => {
                let value = format!("unusable: {}", error.message());
                found.push(Found { what: "credentials", value: Some(value), source: name, used: !is_decided });
                if !is_decided {
                    problem = Some(error);
                }
                is_decided = true;
            }
        }
    }
    if !is_decided {
        let nowhere = "--token-file, the environment, ~/.huaweicloud/credentials, the metadata service";
        found.push(Found { what: "credentials", value: None, source: format!("not in {nowhere}"), used: false });
        problem = Some(Error::usage("there are no credentials").remedy("hss --help lists where they may be."));
    }
    match config::resolve(globals, world) {
        Ok(config) => {
            let source = if globals.endpoint.is_some() { "--endpoint" } else { "the region" };
            found.push(Found {
                what: "endpoint",
                value: Some(config.endpoint.to_string()),
                source: source.to_owned(),
                used: true,
            });
        }
        Err(error) => {
            found.push(Found { what: "endpoint", value: None, source: error.message().to_owned(), used: false });
            problem = problem.or(Some(error));
        }
    }
    found.push(of_setting("region", region, None));
    let from_credentials = project_of_credentials.map(|id| (id, "the credentials"));
    found.push(of_setting("project", project_id, from_credentials));
    found.push(of_setting("enterprise project", enterprise_project_id, None));
    Ok((found, problem))
}

fn of_setting(what: &'static str, setting: Option<Setting>, other: Option<(String, &str)>) -> Found {
    let given = setting.map(|setting| (setting.value, setting.source)).or(other);
    match given {
        Some((value, source)) => Found { what, value: Some(value), source: source.to_owned(), used: true },
        None => Found { what, value: None, source: "not set".to_owned(), used: false },
    }
}

/// What was sighted, without what would let others use it.
fn described(sighting: &Sighting) -> String {
    match &sighting.way {
        Way::Token => "token ***".to_owned(),
        Way::AccessKey { id, is_temporary: false } => format!("access key {}", masked(id)),
        Way::AccessKey { id, is_temporary: true } => format!("temporary access key {}", masked(id)),
        Way::User { name, domain } => format!("user {name} of {domain}"),
        Way::Agency => "the agency of this server".to_owned(),
        _ => "nobody's".to_owned(),
    }
}

/// Enough of an id to tell it from others.
fn masked(id: &str) -> String {
    match id.char_indices().nth(4) {
        Some((end, _)) if id.len() > 8 => format!("{}***", id.get(..end).unwrap_or_default()),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_masked() {
        assert_eq!(masked("HPUAABCDEFGHIJKLMNOP"), "HPUA***");
        for id in ["", "HPUA", "HPUAABCD", "日本語日本語"] {
            assert!(masked(id).ends_with("***") && masked(id).len() <= 15, "{id}");
        }
        assert_eq!(masked("HPUAABCD"), "***");
    }
}
