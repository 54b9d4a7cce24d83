//! Resolves server names to the ids that the API expects.

use std::path::Path;

use hss_client::models::Host;
use hss_client::requests::ListHostStatus;
use hss_client::{ErrorKind, excerpt};

use super::SERVERS;
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::input;
use crate::listing;
use crate::output::Output;
use crate::row_counts::RowCounts;
use crate::session::Session;

/// The size limit of a file of names in bytes.
const FILE_LIMIT: u64 = 1024 * 1024;
/// The maximum number of requests for names. If more are needed, listing all servers is cheaper.
const MAX_REQUESTS: usize = 5;
/// Bounds of `host_id_list`, as its description states them: number of ids, and length of each.
const MAX_IDS: usize = 100;
const MAX_ID: usize = 36;
/// Bounds of `host_name_list`.
const MAX_LISTED: usize = 60;
const MAX_NAME: usize = 64;
/// The maximum number of names that an error lists.
const MAX_NAMES: usize = 5;
/// The maximum number of characters of a name or an id in an error.
const MAX_NAME_LENGTH: usize = 256;

/// The selected servers, each by its name or id, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection(Vec<String>);

impl Selection {
    /// Creates a selection from names and ids. Duplicates are removed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if there are none, or more than `max`; if one is empty or has a control character.
    pub(crate) fn new(mut servers: Vec<String>, max: u64) -> Result<Self> {
        let mut seen = std::collections::HashSet::new();
        servers.retain(|server| seen.insert(server.clone()));
        if servers.iter().any(|server| server.trim().is_empty()) {
            return Err(Error::usage("invalid server name: it is empty"));
        }
        if let Some(server) = servers.iter().find(|server| server.contains(char::is_control)) {
            return Err(Error::usage(format!("invalid server name {server:?}: it contains a control character")));
        }
        match servers.len() as u64 {
            0 => Err(Error::usage("no servers given: expected at least one name or ID")),
            many if many > max => {
                Err(Error::usage(format!("too many servers: {many} given, at most {max} per request"))
                    .hint("Give fewer servers, or select all with --all-hosts or --failed."))
            }
            _ => Ok(Self(servers)),
        }
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// Returns whether a row with this name and id is selected.
    pub(crate) fn contains(&self, name: Option<&str>, id: Option<&str>) -> bool {
        self.0.iter().any(|server| name == Some(server) || id == Some(server))
    }

    /// Returns the selected names that are neither the name nor the id of any row.
    pub(crate) fn missing<T>(
        &self,
        rows: &[T],
        name: impl Fn(&T) -> Option<&str>,
        id: impl Fn(&T) -> Option<&str>,
    ) -> Vec<&str> {
        let is_found = |server: &str| rows.iter().any(|row| name(row) == Some(server) || id(row) == Some(server));
        self.0.iter().map(String::as_str).filter(|server| !is_found(server)).collect()
    }

    /// Returns the selected rows in the order of the selection, without duplicates. `hint` is the hint of the error
    /// about a missing server.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if a server is missing, or if several rows have its name.
    pub(crate) fn resolve<'a, T>(
        &self,
        rows: &'a [T],
        name: impl Fn(&T) -> Option<&str>,
        id: impl Fn(&T) -> Option<&str>,
        hint: &str,
    ) -> Result<Vec<&'a T>> {
        let mut found: Vec<&T> = Vec::new();
        let mut missing = Vec::new();
        for server in &self.0 {
            let named: Vec<_> = rows.iter().filter(|row| name(row) == Some(server)).collect();
            let by_id = rows.iter().find(|row| id(row) == Some(server));
            let row = match (by_id, named.as_slice()) {
                (Some(row), _) => row,
                (None, [row]) => *row,
                (None, []) => {
                    missing.push(server.as_str());
                    continue;
                }
                (None, several) => {
                    let ids: Vec<_> = several.iter().filter_map(|row| id(row)).collect();
                    let message = format!("{} servers have the name {server:?}: {}", several.len(), join_names(&ids));
                    return Err(
                        Error::new(ErrorKind::NotFound, message).hint("Use the ID of the server instead of its name.")
                    );
                }
            };
            // The same server may be selected by its name and by its id.
            if !found.iter().any(|known| std::ptr::eq(*known, row)) {
                found.push(row);
            }
        }
        if missing.is_empty() {
            Ok(found)
        } else {
            Err(Error::new(ErrorKind::NotFound, format!("server not found: {}", join_names(&missing))).hint(hint))
        }
    }
}

/// Reads names and ids from a file, one per line. Empty lines and lines that begin with # are ignored.
///
/// # Errors
///
/// The same as [`input::read`]; [`ErrorKind::Usage`] if the file is not text.
pub(crate) async fn read_list(file: &Path, deadline: Deadline) -> Result<Vec<String>> {
    let text = String::from_utf8(input::read("--hosts-from", file, FILE_LIMIT, deadline).await?)
        .map_err(|_| Error::usage(format!("invalid --hosts-from {}: not valid UTF-8", file.display())))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

/// Looks up the selected servers, and returns the ids of their agents.
///
/// # Errors
///
/// [`ErrorKind::NotFound`] for a server that does not exist or has no agent.
pub(crate) async fn agent_ids(
    selection: &Selection,
    session: &Session,
    output: &Output,
) -> Result<Vec<String>, CommandError> {
    let mut hosts: Vec<Host> = Vec::new();
    for request in requests(selection, session) {
        let mut row_counts = RowCounts::default();
        let take = |page: &[Host], _| {
            // The service also returns servers whose names only contain the requested name.
            let is_meant = |host: &&Host| selection.contains(host.host_name.as_deref(), host.host_id.as_deref());
            hosts.extend(page.iter().filter(is_meant).cloned());
            Ok(())
        };
        listing::read(request, &mut row_counts, SERVERS, session, output, take).await?;
    }
    hosts.sort_by(|a, b| a.host_id.cmp(&b.host_id));
    // A server requested by name and by id is returned twice. Servers without an id cannot be distinguished.
    hosts.dedup_by(|a, b| a.host_id.is_some() && a.host_id == b.host_id);
    let hint = "To include other enterprise projects, add --enterprise-project-id all_granted_eps.";
    let found = selection.resolve(&hosts, |host| host.host_name.as_deref(), |host| host.host_id.as_deref(), hint)?;
    let without_agent: Vec<_> = found
        .iter()
        .filter(|host| host.agent_id.as_deref().is_none_or(str::is_empty))
        .map(|host| host.host_name.as_deref().or(host.host_id.as_deref()).unwrap_or_default())
        .collect();
    if !without_agent.is_empty() {
        let message = format!("cannot scan {}: no agent is installed", join_names(&without_agent));
        return Err(Error::new(ErrorKind::NotFound, message)
            .hint("Install it, or omit these servers. No scan was started.")
            .into());
    }
    let agent_ids = found.iter().filter_map(|host| {
        let agent = host.agent_id.clone()?;
        let outcome = check_unicode("agent on", &agent, host.host_name.as_deref());
        Some(outcome.map(|()| agent).map_err(|error| error.hint("No scan was started.")))
    });
    Ok(agent_ids.collect::<Result<_>>()?)
}

/// Checks that the id of a server or an agent is unchanged. In an id that is not valid Unicode, U+FFFD replaces the
/// invalid part.
///
/// # Errors
///
/// [`ErrorKind::Protocol`] if the id contains U+FFFD.
pub(crate) fn check_unicode(what: &str, id: &str, host_name: Option<&str>) -> Result<()> {
    if !id.contains(char::REPLACEMENT_CHARACTER) {
        return Ok(());
    }
    let name = join_names(&[host_name.unwrap_or(id)]);
    Err(Error::new(
        ErrorKind::Protocol,
        format!("the service returned an id that is not valid Unicode for the {what} {name}"),
    ))
}

/// Returns the smallest set of requests that finds all selected servers. It uses lists of ids and names, or lists all
/// servers.
fn requests(selection: &Selection, session: &Session) -> Vec<ListHostStatus> {
    let all = || vec![session.client.list_host_status()];
    let (ids, names): (Vec<_>, Vec<_>) = selection.0.iter().partition(|server| looks_like_id(server));
    let (Some(ids), Some(names)) = (join_values(&ids, MAX_IDS, MAX_ID), join_values(&names, MAX_LISTED, MAX_NAME))
    else {
        return all();
    };
    if ids.len() + names.len() > MAX_REQUESTS {
        return all();
    }
    let ids = ids.into_iter().map(|list| session.client.list_host_status().host_id_list(list));
    let names = names.into_iter().map(|list| session.client.list_host_status().host_name_list(list));
    ids.chain(names).collect()
}

/// Joins values with commas into lists with at most `entries` values. Returns `None` if a value has more than `length`
/// characters, or a comma.
fn join_values(values: &[&String], entries: usize, length: usize) -> Option<Vec<String>> {
    let fits = |value: &&String| value.chars().count() <= length && !value.contains(',');
    let join = |values: &[&String]| values.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(",");
    values.iter().all(fits).then(|| values.chunks(entries).map(join).collect())
}

/// Returns whether this has the format of a server id: `1f5e073a-2f88-4d66-9852-a1df8e4c0d7f`.
fn looks_like_id(server: &str) -> bool {
    let lengths: Vec<_> = server.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && server.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Formats names for a message: `"a", "b" and 3 more`.
pub(crate) fn join_names(names: &[&str]) -> String {
    let shown: Vec<_> =
        names.iter().take(MAX_NAMES).map(|name| format!("\"{}\"", excerpt(name, MAX_NAME_LENGTH))).collect();
    match names.len().checked_sub(MAX_NAMES) {
        Some(more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operation::ParameterType;
    use hss_client::operations;

    use super::*;
    use crate::deadline::Start;

    fn selection(servers: &[&str]) -> Selection {
        Selection::new(servers.iter().map(|server| (*server).to_owned()).collect(), 200).unwrap()
    }

    #[test]
    fn finds_servers_by_name_or_id_and_reports_missing_ones() {
        let rows = [("a", "1"), ("b", "2"), ("b", "3"), ("2", "4")];
        let resolve = |servers: &[&str]| {
            let found = selection(servers).resolve(&rows, |row| Some(row.0), |row| Some(row.1), "Look again.");
            found.map_err(|error| error.to_string())
        };
        assert_eq!(resolve(&["3", "a", "a"]), Ok(vec![&("b", "3"), &("a", "1")]));
        assert_eq!(resolve(&["1", "a", "3"]), Ok(vec![&("a", "1"), &("b", "3")]), "by name and by id it is one");
        assert_eq!(resolve(&["2"]), Ok(vec![&("b", "2")]), "an id is unambiguous");
        assert_eq!(
            resolve(&["a", "x", "y\u{202e}"]).unwrap_err(),
            r#"server not found: "x", "y\u{202e}". Look again."#
        );
        assert_eq!(
            resolve(&["b"]).unwrap_err(),
            r#"2 servers have the name "b": "2", "3". Use the ID of the server instead of its name."#
        );
    }

    #[test]
    fn lists_are_as_long_as_the_table_allows() {
        let of = |count, length| (0..count).map(|number| format!("{number:0length$}")).collect::<Vec<_>>();
        for (parameter, entries, length) in
            [("host_id_list", MAX_IDS, MAX_ID), ("host_name_list", MAX_LISTED, MAX_NAME)]
        {
            let values = of(entries * 2 + 1, length);
            let lists = join_values(&values.iter().collect::<Vec<_>>(), entries, length).unwrap();
            assert_eq!(lists.iter().map(|list| list.split(',').count()).collect::<Vec<_>>(), [entries, entries, 1]);
            let kind = operations::LIST_HOST_STATUS.parameter(parameter).unwrap().kind;
            let longest = lists.iter().map(String::len).max().map(|length| length as u64);
            assert!(matches!(kind, ParameterType::String { max_length, .. } if max_length == longest), "{parameter}");
            assert_eq!(join_values(&[&"x".repeat(length + 1)], entries, length), None);
        }
        assert_eq!(join_values(&[&"a,b".to_owned()], 2, 9), None);
    }

    #[tokio::test]
    async fn reads_names_from_a_file_without_duplicates() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("servers");
        std::fs::write(&file, "# failed\nweb-1\r\n\n  web-2 \nweb-1\n").unwrap();
        let names = read_list(&file, Deadline::new(Start::default(), None)).await.unwrap();
        assert_eq!(names, ["web-1", "web-2", "web-1"]);
        assert_eq!(Selection::new(names.clone(), 2).unwrap(), selection(&["web-1", "web-2"]));
        assert!(Selection::new(names, 1).unwrap_err().to_string().contains("too many servers: 2"));
        std::fs::write(&file, "# none\n").unwrap();
        let none = read_list(&file, Deadline::new(Start::default(), None)).await.unwrap();
        assert_eq!(
            Selection::new(none, 3).unwrap_err().to_string(),
            "no servers given: expected at least one name or ID"
        );
    }

    #[test]
    fn recognizes_server_ids() {
        assert!(looks_like_id("1f5e073a-2f88-4d66-9852-a1df8e4c0d7f"));
        for name in ["web-1", "1f5e073a-2f88-4d66-9852-a1df8e4c0d7", "xf5e073a-2f88-4d66-9852-a1df8e4c0d7f", ""] {
            assert!(!looks_like_id(name), "{name}");
        }
    }
}
