//! Listings under a quota that is enforced, in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod gateway;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt as _;
use gateway::{Gateway, Reply};
use hss_client::{Client, Credentials, Endpoint, Quota, Rate, Retries, Secret};
use huaweicloud_core::World as _;
use serde_json::json;

const HOSTS: i64 = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

/// Reads all hosts through a gateway that lets 5 requests through in any minute. Returns rows, requests let through,
/// requests refused, and seconds.
async fn read(rate: Rate, concurrency: usize) -> (usize, usize, usize, f64) {
    let world = gateway::world();
    let (clock, accepted) = (world.clone(), Mutex::new(VecDeque::new()));
    let refused = Arc::new(Mutex::new(0));
    let count = Arc::clone(&refused);
    let gateway = Gateway::start(move |asked, _| {
        let (now, mut accepted) = (clock.elapsed(), accepted.lock().unwrap());
        while accepted.front().is_some_and(|made: &Duration| *made + MINUTE <= now) {
            accepted.pop_front();
        }
        if accepted.len() >= 5 {
            *count.lock().unwrap() += 1;
            let message = "The throttling threshold has been reached: policy user over ratelimit,limit:5,time:1 minute";
            return Reply::json(429, &json!({"error_code": "APIGW.0308", "error_msg": message}).to_string());
        }
        accepted.push_back(now);
        let (offset, limit) = (asked.number("offset"), asked.number("limit"));
        let rows: Vec<_> = (offset..(offset + limit).min(HOSTS)).map(|id| json!({"host_id": id.to_string()})).collect();
        Reply::json(200, &json!({"total_num": HOSTS, "data_list": rows}).to_string())
    })
    .await;
    let token = Credentials::Token(Secret::new("token", "t").unwrap());
    let shared = world.share();
    let client = Client::builder(Endpoint::parse(&gateway.url()).unwrap(), token)
        .project_id("p")
        .concurrency(concurrency)
        .transport(|transport| transport.world(shared).rate(rate).retries(Retries::default()))
        .build()
        .unwrap();
    let rows: Vec<_> = client.list_vul_scan_task_host("t").stream().try_collect().await.unwrap();
    let ids: Vec<_> = rows.iter().filter_map(|row| row.host_id.clone()).collect();
    assert_eq!(ids, (0..HOSTS).map(|id| id.to_string()).collect::<Vec<_>>());
    let refused = *refused.lock().unwrap();
    (rows.len(), gateway.asked().len() - refused, refused, world.elapsed().as_secs_f64())
}

#[tokio::test]
async fn strict_is_never_refused_and_takes_the_least_time_there_is() {
    let rate = Rate::Strict(Quota { requests: 5, window: MINUTE });
    for concurrency in [1, 4, 8] {
        // 50 requests are ten windows of 5: nine waits of a minute, since the first five need none.
        assert_eq!(read(rate, concurrency).await, (10_000, 50, 0, 540.0), "concurrency {concurrency}");
    }
}

#[tokio::test]
async fn adaptive_is_refused_at_most_once_in_a_window() {
    for concurrency in [1, 4, 8] {
        let (rows, accepted, refused, seconds) = read(Rate::Adaptive, concurrency).await;
        assert_eq!((rows, accepted), (10_000, 50), "concurrency {concurrency}");
        assert!(refused <= 1, "{refused} refused with concurrency {concurrency}");
        assert!(seconds <= 541.0, "{seconds} s with concurrency {concurrency}");
    }
}
