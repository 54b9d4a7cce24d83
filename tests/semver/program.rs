//! A program written against the client of `animals.yaml`. It uses all that there is.

use futures::TryStreamExt as _;

use crate::models::{Animal, Animals, Kind, KindFilter, NewAnimal};
use crate::{Client, Result, operations};

/// Never called: that it compiles is the point.
pub async fn calls(client: &Client) -> Result<Vec<Animal>> {
    let mut wanted = NewAnimal::new("Berta".to_owned());
    wanted.note = Some("calm".to_owned());
    let made: Animal = client.add_animal(wanted).send().await?.into_inner();
    let page: Animals = client.list_animals().limit(10).offset(0).kind(KindFilter::Cow).send().await?.into_inner();
    let _: Option<i64> = page.total;
    let mut pages = client.list_animals().pages();
    let first = pages.try_next().await?;
    let mut rows: Vec<Animal> = client.list_animals().project_id("p").stream().try_collect().await?;
    rows.extend(first.and_then(|page| page.into_inner().list).unwrap_or_default());
    rows.push(made);
    Ok(rows)
}

pub fn name(filter: KindFilter) -> &'static str {
    match filter {
        KindFilter::Cow => "cow",
        KindFilter::Hen => "hen",
        _ => "another",
    }
}

/// Reads what the service answered before, and takes every value out of it.
pub fn run() {
    let body = r#"{"total": 2, "list": [{"id": "a", "kind": "cow", "age": 3, "legs": ["l"]}, {"kind": "yak"}, {}]}"#;
    let animals: Animals = serde_json::from_str(body).expect("it decodes");
    assert_eq!(animals.total, Some(2_i64));
    let list: Vec<Animal> = animals.list.expect("there is a list");
    let [first, second, third] = &list[..] else { panic!("three rows") };
    let (id, age): (&Option<String>, &Option<i32>) = (&first.id, &first.age);
    assert_eq!((id.as_deref(), *age), (Some("a"), Some(3)));
    assert_eq!(first.legs.as_deref(), Some(&["l".to_owned()][..]));
    let known = |kind: &Option<Kind>| match kind {
        Some(Kind::Cow) => "cow",
        Some(Kind::Hen) => "hen",
        Some(other) => if other.is_known() { "new" } else { "unknown" },
        None => "none",
    };
    assert_eq!((known(&first.kind), known(&second.kind), known(&third.kind)), ("cow", "unknown", "none"));
    let body = serde_json::to_value(NewAnimal::new("Berta".to_owned())).expect("it encodes");
    assert_eq!(body, serde_json::json!({"name": "Berta"}));
    assert_eq!(operations::LIST_ANIMALS.id, "ListAnimals");
    assert_eq!(operations::ADD_ANIMAL.id, "AddAnimal");
    assert_eq!(name(KindFilter::Cow), "cow");
}
