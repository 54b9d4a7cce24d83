//! IAM and the metadata service, as the clients of others read them.

use std::time::Duration;

use hss_client::VirtualWorld;
use hss_emulator::{DEMO_USER, Emulator};
use serde_json::{Value, json};

use crate::support::{Answer, ask};

/// The body of a login with the password of the demo user, for this scope.
fn login(scope: &Value) -> String {
    let (account, name, password) = DEMO_USER;
    let user = json!({"name": name, "password": password, "domain": {"name": account}});
    json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}).to_string()
}

async fn tokens(emulator: &Emulator, body: &str) -> Answer {
    ask(emulator, "POST", "/v3/auth/tokens", &[], body).await
}

#[tokio::test]
async fn times_have_six_fractional_digits() {
    let world = VirtualWorld::default();
    let emulator = Emulator::builder().world(world.share()).start().await.unwrap();
    // Neither whole seconds nor fractions change the form.
    for passed in [0, 1_234] {
        world.pass(Duration::from_millis(passed));
        let token = tokens(&emulator, &login(&json!({}))).await.json()["token"].take();
        let key = ask(&emulator, "GET", "/openstack/latest/securitykey", &[], "").await.json()["credential"].take();
        for time in [&token["expires_at"], &token["issued_at"], &key["expires_at"]] {
            let time = time.as_str().unwrap();
            assert!(time.len() == 27 && time.ends_with(".000000Z"), "{time}");
        }
    }
}
