//! The documented example of each operation.

use hss_client::operation::Location;
use hss_client::operations;

use crate::support::{PROJECT, ask, start};

#[tokio::test]
async fn every_operation_answers_its_documented_example() {
    let emulator = start(30, 1).await;
    for operation in operations::ALL {
        let mut path = operation.path.replace("{project_id}", PROJECT);
        let mut query = Vec::new();
        let required = |name: &str| operation.parameter(name).is_some_and(|parameter| parameter.required);
        for parameter in operation.parameters.iter().filter(|parameter| required(parameter.name)) {
            let example = parameter.example.unwrap_or_default();
            match parameter.location {
                Location::Path => path = path.replace(&format!("{{{}}}", parameter.name), example),
                Location::Query => query.push(format!("{}={example}", parameter.name)),
                Location::Header => panic!("{} requires a header", operation.id),
            }
        }
        let body = operation.body.map(|body| body.sample).unwrap_or_default();
        let response = ask(&emulator, operation.method, &format!("{path}?{}", query.join("&")), &[], body).await;
        assert_eq!(response.status, operation.success.status, "{}: {}", operation.id, response.text);
        assert_eq!(response.text.is_empty(), operation.success.schema.is_none(), "{}", operation.id);
    }
}
