//! The spans of calls, as a subscriber of a program receives them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use futures::TryStreamExt as _;
use hss_client::{Client, Credentials, Secret, TestRuntime};
use hss_emulator::{Emulator, Fault};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// A call, and a listing of three pages, the second of which is retried.
const TREE: &str = r#"call operation="ListVulScanTask" attempts=1 request_id duration_ms
  attempt http.request.method="GET" url.template="/v5/{project_id}/vulnerability/scan-tasks" server.address="127.0.0.1" server.port=PORT http.response.status_code=200 request_id duration_ms
listing operation="ListVulScanTaskHost"
  call operation="ListVulScanTaskHost" attempts=1 request_id duration_ms
    attempt http.request.method="GET" url.template="/v5/{project_id}/vulnerability/scan-task/{task_id}/hosts" server.address="127.0.0.1" server.port=PORT http.response.status_code=200 request_id duration_ms
  call operation="ListVulScanTaskHost" attempts=2 request_id duration_ms
    attempt http.request.method="GET" url.template="/v5/{project_id}/vulnerability/scan-task/{task_id}/hosts" server.address="127.0.0.1" server.port=PORT http.response.status_code=503 request_id duration_ms error.type="503"
    attempt http.request.method="GET" url.template="/v5/{project_id}/vulnerability/scan-task/{task_id}/hosts" server.address="127.0.0.1" server.port=PORT http.request.resend_count=1 http.response.status_code=200 request_id duration_ms
  call operation="ListVulScanTaskHost" attempts=1 request_id duration_ms
    attempt http.request.method="GET" url.template="/v5/{project_id}/vulnerability/scan-task/{task_id}/hosts" server.address="127.0.0.1" server.port=PORT http.response.status_code=200 request_id duration_ms
"#;

/// Records all spans of the client.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    spans: Vec<Span>,
    /// The indexes of open spans.
    open: HashMap<Id, usize>,
}

struct Span {
    name: &'static str,
    parent: Option<usize>,
    fields: String,
}

/// Writes fields as text. Times and request ids vary, so only their names are written. The name and kind of a span for
/// OpenTelemetry repeat the other fields.
struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "otel.name" | "otel.kind" => {}
            "duration_ms" | "request_id" => write!(self.0, " {}", field.name()).unwrap(),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}

impl Recorder {
    /// Returns the spans below `parent`, indented.
    fn tree(&self, parent: Option<usize>, depth: usize) -> String {
        let recorded = self.0.lock().unwrap();
        let children = recorded.spans.iter().enumerate().filter(|(_, span)| span.parent == parent);
        let indent = "  ".repeat(depth);
        let lines: Vec<_> =
            children.map(|(index, span)| (index, format!("{indent}{}{}\n", span.name, span.fields))).collect();
        drop(recorded);
        lines.into_iter().map(|(index, line)| line + &self.tree(Some(index), depth + 1)).collect()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if !metadata.target().starts_with("huaweicloud_core") {
            return;
        }
        let mut fields = String::new();
        attributes.record(&mut Fields(&mut fields));
        let mut recorded = self.0.lock().unwrap();
        let parent = context.span(id).unwrap().parent();
        let parent = parent.and_then(|parent| recorded.open.get(&parent.id()).copied());
        let index = recorded.spans.len();
        recorded.open.insert(id.clone(), index);
        recorded.spans.push(Span { name: metadata.name(), parent, fields });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut recorded = self.0.lock().unwrap();
        if let Some(index) = recorded.open.get(id).copied() {
            values.record(&mut Fields(&mut recorded.spans.get_mut(index).unwrap().fields));
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.0.lock().unwrap().open.remove(&id);
    }
}

#[test]
fn a_listing_is_a_tree_of_spans() {
    let recorder = Recorder::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = tracing::subscriber::with_default(Registry::default().with(recorder.clone()), || {
        runtime.block_on(async {
            let clock = TestRuntime::default();
            let fault = Fault { page: Some(2), status: Some(503), times: Some(1), ..Fault::default() };
            let emulator = Emulator::builder().hosts(500).runtime(clock.share()).faults(vec![fault]).start().await;
            let emulator = emulator.unwrap();
            let token = Credentials::Token(Secret::new("token", "SENTINEL").unwrap());
            let client = Client::builder()
                .no_environment()
                .endpoint(emulator.url())
                .credentials(token)
                .project_id("p")
                .concurrency(1)
                .runtime(clock.share())
                .build()
                .await
                .unwrap();
            let tasks = client.list_vul_scan_task().limit(10).send().await.unwrap().into_inner();
            let task = tasks.data_list.unwrap().remove(0).id.unwrap();
            let rows: Vec<_> = client.list_vul_scan_task_host(task).stream().try_collect().await.unwrap();
            assert_eq!(rows.len(), 500);
            emulator.url()
        })
    });
    let port = url.rsplit(':').next().unwrap();
    assert_eq!(recorder.tree(None, 0).replace(port, "PORT"), TREE);
}
