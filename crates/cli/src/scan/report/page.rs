//! Renders the report of a scan task as one self-contained HTML file.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, BufRead as _, BufReader, Lines};

use askama::Template;
use hss_client::printable;
use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;

use crate::scan::cause::Reason;

/// The maximum number of causes with a bar of their own.
const MAIN_CAUSES: usize = 12;
/// The text about a task without servers.
const NO_SERVER: &str = "The task covered no server.";

/// The data of a report: a scan task, and the servers on which it failed.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Report {
    /// Empty if not known.
    pub(crate) region: String,
    pub(crate) project: String,
    pub(crate) task_id: String,
    pub(crate) scan_type: String,
    pub(crate) status: String,
    /// In RFC 3339, or empty if not known. The other times have the same format.
    pub(crate) started: String,
    pub(crate) ended: String,
    pub(crate) vul_types: Vec<String>,
    pub(crate) scanning: u64,
    pub(crate) success: u64,
    pub(crate) failed: u64,
    /// Sorted by descending number of servers.
    pub(crate) causes: Vec<Reason>,
    pub(crate) servers: Servers,
    pub(crate) made_at: String,
    /// The version of the program.
    pub(crate) version: String,
}

/// The servers on which the scan failed. They are kept as lines of JSON in memory or in a file, since there may be a
/// million.
pub(crate) struct Servers {
    lines: RefCell<Lines<BufReader<SpooledTempFile>>>,
    count: u64,
}

impl Servers {
    /// Takes `count` lines, each a [`Server`].
    pub(crate) fn new(lines: BufReader<SpooledTempFile>, count: u64) -> Self {
        Self { lines: RefCell::new(lines.lines()), count }
    }

    /// Reads the servers that were not read yet.
    fn rows(&self) -> impl Iterator<Item = askama::Result<Server>> {
        std::iter::from_fn(|| {
            let line = self.lines.borrow_mut().next()?;
            let server = line.and_then(|line| Ok(serde_json::from_str(&line)?));
            Some(server.map_err(askama::Error::custom))
        })
    }
}

/// A server on which the scan failed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) host_name: String,
    pub(crate) host_id: String,
    pub(crate) public_ip: String,
    pub(crate) private_ip: String,
    pub(crate) importance: String,
    pub(crate) causes: String,
}

/// The number of servers with one result of the scan.
struct Outcome {
    name: &'static str,
    class: &'static str,
    servers: u64,
    /// The percentage of the covered servers.
    share: String,
}

impl Report {
    /// The number of failed servers that the page shows at first.
    const SHOWN_AT_FIRST: usize = 500;

    /// Writes the whole file. This works only once, since it consumes the servers.
    pub(crate) fn write(&self, file: &mut impl io::Write) -> io::Result<()> {
        self.write_into(file)
    }

    /// Escapes hidden characters in a text of the service.
    fn shown(text: &str) -> Cow<'_, str> {
        printable(text)
    }

    fn covered(&self) -> u64 {
        self.scanning.saturating_add(self.success).saturating_add(self.failed)
    }

    fn outcomes(&self) -> [Outcome; 3] {
        let of = |name, class, servers| Outcome { name, class, servers, share: share(servers, self.covered()) };
        [
            of("Succeeded", "success", self.success),
            of("Failed", "failed", self.failed),
            of("Still scanning", "scanning", self.scanning),
        ]
    }

    /// Describes the bar of outcomes in words.
    fn summary(&self) -> String {
        if self.covered() == 0 {
            return NO_SERVER.to_owned();
        }
        let parts = self
            .outcomes()
            .map(|part| format!("{} {} ({})", part.name.to_lowercase(), Self::grouped(part.servers), part.share));
        format!("Of {}: {}.", counted(self.covered(), "server"), parts.join(", "))
    }

    fn is_running(&self) -> bool {
        self.status == "running" || self.scanning > 0
    }

    fn main_causes(&self) -> &[Reason] {
        self.causes.get(..MAIN_CAUSES).unwrap_or(&self.causes)
    }

    /// Returns the number of causes without a bar as text, and their number of servers.
    fn other_causes(&self) -> Option<(String, u64)> {
        let others = self.causes.get(MAIN_CAUSES..).filter(|others| !others.is_empty())?;
        let servers = others.iter().fold(0, |sum: u64, cause| sum.saturating_add(cause.servers));
        let number = u64::try_from(others.len()).unwrap_or(u64::MAX);
        Some((counted(number, "other cause"), servers))
    }

    /// Formats the types of a cause: `linux_vul`, or `linux_vul 1,200, app_vul 35`.
    fn types(cause: &Reason) -> String {
        let types = cause.types.iter().map(|(name, servers)| match (name.as_str(), cause.types.len()) {
            (name, 1) => printable(name).into_owned(),
            ("", _) => format!("no type {}", Self::grouped(*servers)),
            (name, _) => format!("{} {}", printable(name), Self::grouped(*servers)),
        });
        types.collect::<Vec<_>>().join(", ")
    }

    /// Returns the length of a cause's bar, in percent of the longest one.
    fn length(&self, cause: &Reason) -> String {
        let longest = self.causes.iter().map(|cause| cause.servers).max().unwrap_or_default();
        let tenths = tenths_of_percent(cause.servers, longest);
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// Formats a natural number with a comma between groups of three digits.
    fn grouped(number: impl Display) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }

    /// Describes a difference between the counts of the task and the list of failed servers, or why there is no list.
    fn gap(&self) -> Option<String> {
        match (self.failed, self.servers.count) {
            (0, 0) if self.covered() == 0 => Some(NO_SERVER.to_owned()),
            (0, 0) => Some("No server failed.".to_owned()),
            (failed, listed) if failed == listed => None,
            (failed, listed) => {
                let (failed, listed) = (counted(failed, "failed server"), Self::grouped(listed));
                Some(format!("The task counts {failed}, the service listed {listed}."))
            }
        }
    }

    /// Formats `2024-11-25T08:00:00Z` as `2024-11-25 08:00:00 UTC`.
    fn readable(time: &str) -> String {
        time.replacen('T', " ", 1).replacen('Z', " UTC", 1)
    }
}

fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", Report::grouped(number), if number == 1 { "" } else { "s" })
}

/// Returns the rounded share of `part`, in tenths of a percent. Returns 0 if `whole` is 0.
fn tenths_of_percent(part: u64, whole: u64) -> u128 {
    (u128::from(part) * 1000 + u128::from(whole) / 2).checked_div(u128::from(whole)).unwrap_or_default()
}

/// Formats a share in percent. Returns an empty string if `whole` is 0. A share that is not 0 is never shown as 0.0%,
/// and an incomplete one never as 100.0%.
fn share(part: u64, whole: u64) -> String {
    match tenths_of_percent(part, whole) {
        _ if whole == 0 => String::new(),
        0 if part > 0 => "under 0.1%".to_owned(),
        1000 if part < whole => "over 99.9%".to_owned(),
        tenths => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::Engine;
    use ring::digest;

    use super::*;
    use crate::output::{rewind, spool};

    const HOSTILE: [&str; 6] = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</script></style></title>",
        "{{x}} {% x %} {# x #}",
        "&amp;",
    ];

    fn empty() -> Report {
        Report {
            region: String::new(),
            project: String::new(),
            task_id: String::new(),
            scan_type: String::new(),
            status: String::new(),
            started: String::new(),
            ended: String::new(),
            vul_types: Vec::new(),
            scanning: 0,
            success: 0,
            failed: 0,
            causes: Vec::new(),
            servers: servers(&[]),
            made_at: String::new(),
            version: String::new(),
        }
    }

    fn server(text: &str) -> Server {
        Server {
            host_name: text.to_owned(),
            host_id: text.to_owned(),
            public_ip: text.to_owned(),
            private_ip: text.to_owned(),
            importance: text.to_owned(),
            causes: text.to_owned(),
        }
    }

    fn servers(rows: &[Server]) -> Servers {
        let lines = rows.iter().map(|row| serde_json::to_string(row).unwrap() + "\n");
        let mut kept = spool();
        kept.write_all(lines.collect::<String>().as_bytes()).unwrap();
        Servers::new(rewind(kept).unwrap(), rows.len() as u64)
    }

    fn cause(reason: &str, servers: u64) -> Reason {
        Reason { text: reason.to_owned(), servers, types: vec![("linux_vul".to_owned(), servers)] }
    }

    /// Returns a report in which every text is `text`.
    fn filled(text: &str) -> Report {
        Report {
            region: text.to_owned(),
            project: text.to_owned(),
            task_id: text.to_owned(),
            scan_type: text.to_owned(),
            status: text.to_owned(),
            started: text.to_owned(),
            ended: text.to_owned(),
            vul_types: vec![text.to_owned()],
            scanning: 1,
            success: 1,
            failed: 1,
            causes: vec![Reason { text: text.to_owned(), servers: 1, types: vec![(text.to_owned(), 1)] }],
            servers: servers(&[server(text)]),
            made_at: text.to_owned(),
            version: text.to_owned(),
        }
    }

    fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
        page.split_once(start).unwrap().1.split_once(end).unwrap().0
    }

    #[test]
    fn escapes_hostile_texts() {
        let tags = |page: &str| page.matches('<').count();
        let plain = filled("x").render().unwrap();
        for text in HOSTILE {
            // Long texts are marked up separately.
            for times in [1, 100] {
                let text = text.repeat(times);
                let page = filled(&text).render().unwrap();
                let set_apart = if text.len() > 400 { 3 * tags("<span></span>") } else { 0 };
                assert_eq!(tags(&page), tags(&plain) + set_apart, "{text}");
                assert_eq!(page.matches('"').count(), plain.matches('"').count() + 4 * set_apart, "{text}");
                assert_eq!(page.matches('\'').count(), plain.matches('\'').count(), "{text}");
            }
        }
        let page = filled("&amp;<b>{{x}}").render().unwrap();
        assert!(page.contains("<th scope=\"row\">&#38;amp;&#60;b&#62;{{x}}</th>"), "{page}");
    }

    #[test]
    fn the_page_is_self_contained() {
        let page = filled("x").render().unwrap();
        for reference in ["http:", "https:", "\"//", "'//", "src=", "href=", "url(", "@import", "<link", "fetch("] {
            assert!(!page.contains(reference), "{reference}");
        }
    }

    #[test]
    fn the_content_security_policy_allows_only_the_script() {
        let page = filled("x").render().unwrap();
        assert_eq!(page.matches("<script").count(), 1);
        // Browsers ignore carriage returns, which a checkout may have added to the template.
        let script = between(&page, "<script>", "</script>").replace('\r', "");
        let digest = digest::digest(&digest::SHA256, script.as_bytes());
        let hash = base64::prelude::BASE64_STANDARD.encode(digest);
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
        assert!(policy.ends_with(&format!("; script-src 'sha256-{hash}'")), "sha256-{hash} is not what {policy} has");
        assert!(policy.starts_with("default-src 'none'; "));
    }

    #[test]
    fn an_empty_task_shows_dashes() {
        let page = empty().render().unwrap();
        assert!(page.contains("<title>Vulnerability scan</title>"));
        // A style adds the dash of an empty value.
        assert_eq!(page.matches("</dt><dd></dd>").count(), 5, "{page}");
        assert_eq!(page.matches("</dt><dd class=\"count\">0</dd><dd class=\"quiet\"></dd>").count(), 3);
        assert!(page.contains("aria-label=\"The task covered no server.\"></div>"));
        assert!(page.contains("<p class=\"gap quiet\">The task covered no server.</p>"));
        assert!(!page.contains("No server failed."));
        for absent in ["<table", "<script", "class=\"note\"", "NaN", "Causes of failure"] {
            assert!(!page.contains(absent), "{absent}");
        }
        assert!(filled("").render().unwrap().contains(
            &format!("<th scope=\"row\"></th>{}", "<td></td>".repeat(5)).replacen("<td>", "<td class=\"id\">", 1)
        ));
    }

    #[test]
    fn shows_counts_with_percentages() {
        let report = Report { scanning: 1, success: 1978, failed: 21, ..empty() };
        let page = report.render().unwrap();
        assert!(page.contains("Covered</dt><dd class=\"count\">2,000</dd>"));
        let label = "Of 2,000 servers: succeeded 1,978 (98.9%), failed 21 (1.1%), still scanning 1 (0.1%).";
        assert!(page.contains(label), "{page}");
        assert!(page.contains("<span class=\"failed\" style=\"flex-grow:21\"></span>"));
        let all = Report { success: u64::MAX, failed: u64::MAX, ..empty() };
        assert!(all.render().unwrap().contains("succeeded 18,446,744,073,709,551,615 (100.0%)"));
    }

    #[test]
    fn rounding_never_shows_none_or_all_wrongly() {
        let shares = [(0, 0), (0, 3), (1, 3), (2, 3), (3, 3), (1, 100_000), (99_999, 100_000)];
        assert_eq!(
            shares.map(|(part, whole)| share(part, whole)),
            ["", "0.0%", "33.3%", "66.7%", "100.0%", "under 0.1%", "over 99.9%"]
        );
    }

    #[test]
    fn causes_beyond_twelve_are_summed_up_without_a_bar() {
        let causes = |number: u64| (0..number).map(|index| cause(&format!("cause {index}"), 1000 - index)).collect();
        let with = |number| Report { causes: causes(number), ..empty() }.render().unwrap();
        let (twelve, thirteen, fifteen) = (with(12), with(13), with(15));
        assert!(twelve.contains("A server with several causes is counted under each of them."), "{twelve}");
        assert!(!twelve.contains("other cause"));
        assert!(thirteen.contains("<td>1 other cause</td><td>988</td>"), "{thirteen}");
        // 988 + 987 + 986, more than any cause with a bar has.
        assert!(fifteen.contains("<td>3 other causes</td><td>2,961</td>"), "{fifteen}");
        assert!(fifteen.contains("cause 11<") && !fifteen.contains("cause 12<"));
        for page in [twelve, thirteen, fifteen] {
            assert_eq!(page.matches("class=\"length\"").count(), 12);
            assert!(page.contains("cause 0<span class=\"length\" style=\"width:100.0%\"></span>"), "{page}");
            assert!(page.contains("cause 11<span class=\"length\" style=\"width:98.9%\"></span>"));
        }
    }

    #[test]
    fn a_cause_has_a_total_and_the_number_of_servers_of_each_type() {
        let types =
            |types: &[(&str, u64)]| types.iter().map(|(name, servers)| ((*name).to_owned(), *servers)).collect();
        let of = |named| Report::types(&Reason { text: String::new(), servers: 1500, types: types(named) });
        assert_eq!(of(&[("linux_vul", 1200), ("app_vul", 500), ("", 2)]), "linux_vul 1,200, app_vul 500, no type 2");
        assert_eq!(of(&[("linux_vul", 1500)]), "linux_vul");
        assert_eq!(of(&[("", 1500)]), "");
    }

    #[test]
    fn groups_digits() {
        let numbers = [0, 999, 1000, 12_345, 123_456, 1_234_567].map(Report::grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "12,345", "123,456", "1,234,567"]);
    }

    #[test]
    fn a_cause_without_servers_does_not_divide_by_zero() {
        let page = Report { causes: vec![cause("none", 0)], ..empty() }.render().unwrap();
        assert!(page.contains("style=\"width:0.0%\"></span>"));
    }

    #[test]
    fn a_running_task_shows_the_time_of_its_counts() {
        let made_at = "2024-11-25T08:00:00Z".to_owned();
        let running = Report { status: "running".to_owned(), made_at: made_at.clone(), ..empty() }.render().unwrap();
        assert!(running.contains("its figures are those of 2024-11-25 08:00:00 UTC.</p>"));
        let finished = Report { status: "finished".to_owned(), made_at, ..empty() }.render().unwrap();
        assert!(!finished.contains("still running"));
        assert!(finished.contains("<dt>Time of the report</dt><dd>2024-11-25 08:00:00 UTC</dd>"));
    }

    #[test]
    fn reports_a_difference_between_list_and_counts() {
        let reported = |failed, listed| {
            let rows: Vec<_> = (0..listed).map(|_| server("x")).collect();
            Report { failed, servers: servers(&rows), ..empty() }.gap()
        };
        assert_eq!(Report { success: 1, ..empty() }.gap().as_deref(), Some("No server failed."));
        assert_eq!(reported(0, 0).as_deref(), Some("The task covered no server."));
        assert_eq!(reported(2, 2), None);
        assert_eq!(reported(1, 0).as_deref(), Some("The task counts 1 failed server, the service listed 0."));
        assert_eq!(reported(2, 3).as_deref(), Some("The task counts 2 failed servers, the service listed 3."));
    }
}
