//! IAM and the metadata service, in the format that third-party clients expect.

use std::time::Duration;

use hss_client::TestRuntime;
use hss_emulator::{Auth, DEMO_TOKEN, DEMO_USER, Emulator};
use serde_json::{Value, json};

use crate::support::{Response, ask, get, tasks};

/// Returns the body of a login with the password of the demo user, with this scope.
fn login(scope: &Value) -> String {
    let (account, name, password) = DEMO_USER;
    let user = json!({"name": name, "password": password, "domain": {"name": account}});
    json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}).to_string()
}

async fn tokens(emulator: &Emulator, body: &str) -> Response {
    ask(emulator, "POST", "/v3/auth/tokens", &[], body).await
}

#[tokio::test]
async fn times_have_six_fractional_digits() {
    let runtime = TestRuntime::default();
    let emulator = Emulator::builder().runtime(runtime.share()).start().await.unwrap();
    // Whole seconds and fractions have the same format.
    for passed in [0, 1_234] {
        runtime.pass(Duration::from_millis(passed));
        let token = tokens(&emulator, &login(&json!({}))).await.json()["token"].take();
        let key = ask(&emulator, "GET", "/openstack/latest/securitykey", &[], "").await.json()["credential"].take();
        for time in [&token["expires_at"], &token["issued_at"], &key["expires_at"]] {
            let time = time.as_str().unwrap();
            assert!(time.len() == 27 && time.ends_with(".000000Z"), "{time}");
        }
    }
}

/// Returns a string after checking that it consists of 32 hexadecimal digits.
fn id(value: &Value) -> &str {
    let id = value.as_str().unwrap_or_else(|| panic!("{value}"));
    assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    id
}

#[tokio::test]
async fn describes_a_token_in_the_format_of_keystone() {
    let builder = Emulator::builder().user("account", "user", "password").runtime(TestRuntime::default().share());
    let emulator = builder.start().await.unwrap();
    let user = json!({"name": "user", "password": "password", "domain": {"name": "account"}});
    let password = json!({"methods": ["password"], "password": {"user": user}});
    let token = async |scope: Value| {
        let body = json!({"auth": {"identity": password, "scope": scope}}).to_string();
        let response = tokens(&emulator, &body).await;
        assert_eq!(response.status, 201, "{}", response.text);
        response.json()["token"].take()
    };
    let whole = token(json!({})).await;
    let account = json!({"id": id(&whole["user"]["domain"]["id"]), "name": "account"});
    let user_id = id(&whole["user"]["id"]).to_owned();
    assert_ne!(user_id, account["id"]);

    let project = token(json!({"project": {"name": "cn-north-4"}})).await;
    let user = json!({"id": user_id, "name": "user", "password_expires_at": "", "domain": account});
    assert_eq!((&project["user"], &project["methods"]), (&user, &json!(["password"])));
    let project_id = id(&project["project"]["id"]).to_owned();
    assert_eq!(project["project"], json!({"id": project_id, "name": "cn-north-4", "domain": account}));
    assert!(!project["roles"].as_array().unwrap().is_empty() && project.get("domain").is_none());

    // With ids instead of names, the result is the same.
    let by_id = json!({"methods": ["password"], "password": {"user": {"id": user_id, "password": "password"}}});
    let body = json!({"auth": {"identity": by_id, "scope": {"project": {"id": project_id}}}}).to_string();
    assert_eq!(tokens(&emulator, &body).await.json()["token"], project);

    let by_name = token(json!({"domain": {"name": "account"}})).await;
    let by_id = token(json!({"domain": {"id": account["id"]}})).await;
    for token in [&whole, &by_name, &by_id] {
        assert_eq!((&token["domain"], token.get("project")), (&account, None));
    }
    // If both are given, the project takes precedence.
    let both = token(json!({"domain": {"name": "account"}, "project": {"name": "cn-north-4"}})).await;
    assert_eq!(both, project);

    for (scope, status) in [
        (json!({"domain": {"name": "another"}}), 401),
        (json!({"domain": {"id": account["id"], "name": "another"}}), 401),
        (json!({"domain": {}}), 401),
        (json!({"project": {"name": "nowhere-1"}}), 401),
        (json!({"project": {}}), 400),
        (json!({"project": {"id": "i".repeat(1000)}}), 400),
    ] {
        let body = json!({"auth": {"identity": password, "scope": scope}}).to_string();
        assert_eq!(tokens(&emulator, &body).await.status, status, "{scope}");
    }
}

#[tokio::test]
async fn clients_find_services_by_the_catalog() {
    let emulator = Emulator::builder().start().await.unwrap();
    let url = emulator.url();
    let scope = json!({"project": {"name": "cn-north-4"}});
    let token = tokens(&emulator, &login(&scope)).await.json()["token"].take();
    let project = token["project"]["id"].as_str().unwrap();
    let endpoints: Vec<_> = token["catalog"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| {
            let endpoint = &service["endpoints"][0];
            assert_eq!((&endpoint["interface"], &endpoint["region"]), (&json!("public"), &json!("cn-north-4")));
            (service["type"].as_str().unwrap(), endpoint["url"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(endpoints, [("identity", format!("{url}/v3")), ("hss", format!("{url}/v5/{project}"))]);

    // HSS is listed only for the scope of a project.
    let whole = tokens(&emulator, &login(&json!({}))).await.json()["token"].take();
    let endpoint = &whole["catalog"][0]["endpoints"][0];
    assert_eq!((whole["catalog"].as_array().unwrap().len(), &endpoint["region"]), (1, &json!("*")));

    // Like Keystone, it checks whether the parameter is present and ignores its value.
    for query in ["nocatalog=true", "nocatalog", "nocatalog=", "x=y&nocatalog", "nocatalog=false"] {
        let target = format!("/v3/auth/tokens?{query}");
        let made = ask(&emulator, "POST", &target, &[], &login(&scope)).await;
        assert_eq!((made.status, &made.json()["token"]["catalog"]), (201, &json!([])), "{query}: {}", made.text);
        let text = made.header("x-subject-token").unwrap();
        let headers = [("x-auth-token", text.as_str()), ("x-subject-token", &text)];
        let found = ask(&emulator, "GET", &target, &headers, "").await;
        assert_eq!((found.status, &found.json()["token"]["catalog"]), (200, &json!([])), "{query}: {}", found.text);
        assert_eq!(ask(&emulator, "HEAD", &target, &headers, "").await.status, 200, "{query}");
    }
    let empty = ask(&emulator, "GET", "/v3/projects?name", &[("x-auth-token", DEMO_TOKEN)], "").await;
    assert_eq!(empty.status, 400, "of others, the value counts");
}

#[tokio::test]
async fn a_token_issued_for_another_expires_with_it() {
    let runtime = TestRuntime::default();
    let emulator = Emulator::builder().auth(Auth::Token).runtime(runtime.share()).start().await.unwrap();
    let with = async |text: &str, scope: Value| {
        let identity = json!({"methods": ["token"], "token": {"id": text}});
        tokens(&emulator, &json!({"auth": {"identity": identity, "scope": scope}}).to_string()).await
    };
    let first = tokens(&emulator, &login(&json!({}))).await;
    let first_text = first.header("x-subject-token").unwrap();
    runtime.pass(Duration::from_secs(23 * 60 * 60));
    let second = with(&first_text, json!({"project": {"name": "cn-north-4"}})).await;
    let (old, new) = (first.json()["token"].take(), second.json()["token"].take());
    assert_eq!((second.status, &new["expires_at"], &new["user"]), (201, &old["expires_at"], &old["user"]));
    assert_eq!((&new["methods"], &new["project"]["name"]), (&json!(["token"]), &json!("cn-north-4")));
    let second_text = second.header("x-subject-token").unwrap();
    let target = format!("/v5/{}/vulnerability/scan-tasks", new["project"]["id"].as_str().unwrap());
    let list = async || ask(&emulator, "GET", &target, &[("x-auth-token", &second_text)], "").await.status;
    assert_eq!(list().await, 200);
    runtime.pass(Duration::from_secs(60 * 60));
    assert_eq!(list().await, 401);
    for text in [first_text.as_str(), &second_text, "another", ""] {
        assert_eq!(with(text, json!({})).await.status, 401);
    }

    // A configured token does not expire, so that a token issued for it expires after a day.
    let made = with(DEMO_TOKEN, json!({})).await.json()["token"].take();
    assert_eq!(made["expires_at"], "2024-11-27T08:00:00.000000Z");
    for identity in [
        json!({"methods": ["token"]}),
        json!({"methods": ["password", "token"], "token": {"id": DEMO_TOKEN}}),
        json!({"methods": ["totp"]}),
        json!({"methods": []}),
    ] {
        let response = tokens(&emulator, &json!({"auth": {"identity": identity}}).to_string()).await;
        assert_eq!((response.status, &response.json()["error"]["title"]), (400, &json!("Bad Request")), "{identity}");
    }
}

#[tokio::test]
async fn validates_tokens() {
    let runtime = TestRuntime::default();
    let emulator = Emulator::builder().auth(Auth::Token).runtime(runtime.share()).start().await.unwrap();
    let made = tokens(&emulator, &login(&json!({"project": {"name": "cn-north-4"}}))).await;
    let text = made.header("x-subject-token").unwrap();
    let validate = async |method: &str, own: &str, subject: &str| {
        ask(&emulator, method, "/v3/auth/tokens", &[("x-auth-token", own), ("x-subject-token", subject)], "").await
    };
    let response = validate("GET", DEMO_TOKEN, &text).await;
    assert_eq!((response.status, response.json()), (200, made.json()));
    assert_eq!(response.header("x-subject-token").as_deref(), Some(text.as_str()));
    assert_eq!(
        (validate("HEAD", &text, &text).await.status, validate("HEAD", &text, "another").await.status),
        (200, 404)
    );
    assert_eq!(validate("GET", "another", &text).await.status, 401);
    assert_eq!(
        validate("GET", DEMO_TOKEN, DEMO_TOKEN).await.json()["token"]["expires_at"],
        "2024-11-26T08:00:00.000000Z"
    );
    let missing = ask(&emulator, "GET", "/v3/auth/tokens", &[("x-auth-token", DEMO_TOKEN)], "").await;
    assert_eq!(missing.status, 400);
    runtime.pass(Duration::from_secs(24 * 60 * 60));
    assert_eq!(validate("GET", DEMO_TOKEN, &text).await.status, 404);
}

#[tokio::test]
async fn lists_accounts_and_projects() {
    let emulator = Emulator::builder().auth(Auth::Token).user("account", "user", "p").start().await.unwrap();
    let list = async |path: &str| {
        let response = ask(&emulator, "GET", path, &[("x-auth-token", DEMO_TOKEN)], "").await;
        assert_eq!(response.status, 200, "{}", response.text);
        response.json()
    };
    let domains = list("/v3/auth/domains").await;
    let [domain] = domains["domains"].as_array().unwrap().as_slice() else { panic!("{domains}") };
    assert_eq!((&domain["name"], &domain["enabled"]), (&json!("account"), &json!(true)));
    let account = id(&domain["id"]);
    assert_eq!(domains["links"]["self"], format!("{}/v3/auth/domains", emulator.url()));

    let (own, all) = (list("/v3/auth/projects").await, list("/v3/projects").await);
    assert_eq!(own["projects"], all["projects"]);
    let found = list("/v3/projects?name=cn-north-4").await;
    let [project] = found["projects"].as_array().unwrap().as_slice() else { panic!("{found}") };
    id(&project["id"]);
    assert_eq!((&project["domain_id"], &project["parent_id"]), (&json!(account), &json!(account)));

    for path in ["/v3/auth/domains", "/v3/auth/projects", "/v3/projects", "/v3/auth/tokens"] {
        assert_eq!(get(&emulator, path).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn lists_and_shows_versions() {
    let emulator = Emulator::builder().auth(Auth::Token).start().await.unwrap();
    let url = emulator.url();
    let accepting = async |path: &str, accept: &str| ask(&emulator, "GET", path, &[("accept", accept)], "").await;
    for path in ["/v3", "/v3/"] {
        let version = accepting(path, "application/json").await.json()["version"].take();
        assert_eq!((&version["id"], &version["status"]), (&json!("v3.6"), &json!("stable")));
        assert_eq!(version["links"], json!([{"rel": "self", "href": format!("{url}/v3/")}]));
    }
    let versions = accepting("/", "application/json").await;
    assert_eq!((versions.status, versions.content_type.as_str()), (300, "application/json"));
    assert_eq!(versions.json()["versions"]["values"][0]["id"], "v3.6");
    for accept in ["text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8", "*/*"] {
        let page = accepting("/", accept).await;
        assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"), "{accept}");
    }
}

#[tokio::test]
async fn responses_of_iam_have_its_request_id() {
    let emulator = Emulator::builder().auth(Auth::Token).start().await.unwrap();
    let known = [("x-auth-token", DEMO_TOKEN)];
    for (method, path, headers, body, status) in [
        ("POST", "/v3/auth/tokens", &[][..], login(&json!({})).as_str(), 201),
        ("POST", "/v3/auth/tokens", &[], "{}", 400),
        ("GET", "/v3/projects?name=", &known, "", 400),
        ("GET", "/v3/projects", &known, "", 200),
        ("GET", "/v3/projects", &[], "", 401),
        ("GET", "/v3/auth/domains", &known, "", 200),
        ("GET", "/v3/nothing", &known, "", 404),
        ("GET", "/v3", &[], "", 200),
    ] {
        let response = ask(&emulator, method, path, headers, body).await;
        assert_eq!(response.status, status, "{method} {path}: {}", response.text);
        assert_eq!(response.header("x-iam-trace-id").unwrap(), response.request_id, "{method} {path}");
    }
    let hss = ask(&emulator, "GET", &tasks(""), &known, "").await;
    assert_eq!((hss.status, hss.header("x-iam-trace-id")), (200, None));
}

#[tokio::test]
async fn a_token_for_one_project_is_refused_in_another() {
    let emulator = Emulator::builder().auth(Auth::Any).start().await.unwrap();
    let token = async |scope: Value| tokens(&emulator, &login(&scope)).await;
    let scoped = token(json!({"project": {"name": "cn-north-4"}})).await;
    let project = scoped.json()["token"]["project"]["id"].as_str().unwrap().to_owned();
    let list = async |project: &str, token: &str| {
        let target = format!("/v5/{project}/vulnerability/scan-tasks");
        ask(&emulator, "GET", &target, &[("x-auth-token", token)], "").await
    };
    let text = scoped.header("x-subject-token").unwrap();
    assert_eq!(list(&project, &text).await.status, 200);
    let refused = list("0123456789abcdef0123456789abcdef", &text).await;
    assert_eq!((refused.status, &refused.json()["error_code"]), (403, &json!("00000010")));

    let whole = token(json!({})).await.header("x-subject-token").unwrap();
    for text in [whole.as_str(), DEMO_TOKEN] {
        assert_eq!(list("0123456789abcdef0123456789abcdef", text).await.status, 200);
    }
}
