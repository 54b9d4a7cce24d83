//! Parses and compares the servers and tasks that different clients print.

use serde_json::{Map, Value};

/// The printed fields of a server. Official SDKs of different versions support different fields; all support these.
pub(crate) const HOST: &[&str] =
    &["host_id", "host_name", "public_ip", "private_ip", "asset_value", "scan_status", "failed_reasons"];
/// The printed fields of a task.
pub(crate) const TASK: &[&str] = &["id", "start_time", "failed_host_num"];

/// Parses the rows of `hss scan … --output json`.
pub(crate) fn of_document(text: &[u8], fields: &[&str]) -> Result<Vec<Value>, String> {
    let mut page: Value = serde_json::from_slice(text).map_err(|error| format!("the output of hss: {error}"))?;
    let rows = page.get_mut("data_list").map(Value::take);
    match rows {
        Some(Value::Array(rows)) => Ok(rows.into_iter().map(|row| known(row, fields)).collect()),
        _ => Err("the output of hss has no data_list".to_owned()),
    }
}

/// Parses the rows of a program that prints one per line.
pub(crate) fn of_lines(text: &[u8], fields: &[&str]) -> Result<Vec<Value>, String> {
    let text = String::from_utf8_lossy(text);
    let row = |line: &str| serde_json::from_str(line).map_err(|error| format!("{line}: {error}"));
    let read = |line: &str| row(line).map(|row| known(row, fields));
    text.lines().map(read).collect()
}

/// Reports the first row that differs.
pub(crate) fn compare(ours: &[Value], theirs: &[Value]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("{} rows, not {}", theirs.len(), ours.len()));
    }
    match ours.iter().zip(theirs).enumerate().find(|(_, (our, their))| our != their) {
        None => Ok(()),
        Some((row, (our, their))) => Err(format!("row {row}:\n  theirs {their}\n  ours   {our}")),
    }
}

/// Reduces a row to the fields that all clients support. Absent fields become null.
fn known(mut row: Value, fields: &[&str]) -> Value {
    let mut take = |name: &str| row.get_mut(name).map(Value::take).unwrap_or_default();
    Value::Object(fields.iter().map(|name| ((*name).to_owned(), take(name))).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_the_fields_that_all_clients_support() {
        let document = br#"{"total_num":1,"data_list":[{"host_id":"h","vul_scan_details":[]}]}"#;
        let ours = of_document(document, HOST).unwrap();
        let theirs = of_lines(b"{\"host_name\":null,\"host_id\":\"h\"}\n", HOST).unwrap();
        assert_eq!(compare(&ours, &theirs), Ok(()));
        let other = of_lines(b"{\"host_id\":\"i\"}\n", HOST).unwrap();
        assert!(compare(&ours, &other).unwrap_err().starts_with("row 0:"));
        assert_eq!(compare(&ours, &[]), Err("0 rows, not 1".to_owned()));
    }
}
