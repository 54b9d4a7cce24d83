//! The documented example of each operation.

use hss_client::operations;

use crate::support::{ask, example_of, start};

#[tokio::test]
async fn every_operation_answers_its_documented_example() {
    let emulator = start(30, 1).await;
    for operation in operations::ALL {
        let body = operation.body.map(|body| body.sample).unwrap_or_default();
        let (target, headers) = example_of(operation);
        let response = ask(&emulator, operation.method, &target, &headers, body).await;
        assert_eq!(response.status, operation.success.status, "{}: {}", operation.id, response.text);
        let has_body = operation.success.schema.is_some() || operation.success.binary;
        assert_eq!(!response.text.is_empty(), has_body, "{}", operation.id);
    }
}
