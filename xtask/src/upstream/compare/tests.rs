use super::super::fixture::{DOCUMENT, document, go, python, vendor};
use super::*;

/// Returns the differences after an edit of the document that agrees with the SDKs, with `more` schemas.
fn differences(from: &str, to: &str, more: &str) -> Vec<String> {
    assert!(DOCUMENT.contains(from), "{from}");
    let text = format!("{}{more}", DOCUMENT.replace(from, to));
    let comparison = compare(&document(&text), &vendor()).unwrap();
    let text = |found: Difference| {
        let Difference { place, at, kind, ours, theirs, source } = found;
        let source = if source.is_empty() { source } else { format!(" ({source})") };
        format!("{}:{} {} {at}: {ours} / {theirs}{source}", place.line, place.column, kind.name())
    };
    comparison.differences.into_iter().map(text).collect()
}

#[test]
fn reports_each_kind_of_difference_with_its_position() {
    assert_eq!(differences("x-1", "x-1", ""), [] as [&str; 0]);
    for (from, to, expected) in [
        (
            "operationId: ListCats",
            "operationId: ListDogs",
            "11:7 operation ListDogs: GET /v5/{project_id}/homes/{home}/cats / nothing",
        ),
        (
            "/cats:",
            "/dogs:",
            "11:7 path ListCats: GET /v5/{project_id}/homes/{home}/dogs / GET /v5/{project_id}/homes/{home}/cats",
        ),
        (
            "        - $ref: '#/components/parameters/Limit'\n",
            "",
            "15:7 parameter-missing ListCats query limit: nothing / integer",
        ),
        (
            "home, in: path, required: true, ",
            "home, in: path, ",
            "29:11 required ListCats path home: optional / mandatory",
        ),
        ("maxLength: 8", "maxLength: 9", "29:11 length ListCats path home: 1..9 / 1..8"),
        ("maxLength: 54", "maxLength: 50", "34:12 length ListCats query names: 1..50 / 1..54"),
        ("default: 10", "default: 20", "31:7 default ListCats query limit: 20 / 10"),
        ("minimum: 1, maximum: 50", "maximum: 50", "31:7 range ListCats query limit: ..50 / 1..50"),
        ("        name: {type: string, maxLength: 10}\n", "", "41:7 field-missing Cat.name: nothing / string"),
        ("age: {type", "size: {type: boolean}\n        age: {type", "43:9 field-extra Cat.size: boolean / nothing"),
        ("int32, minimum: 0", "int64, minimum: 0", "43:9 format Cat.age: int64 / int32"),
        (", deprecated: true", "", "43:9 deprecated Cat.age: not deprecated / deprecated"),
        ("[red, black]", "[red, white]", "44:9 values Cat.colour: red, white / black, red"),
        (
            "Colour: {type: string, x-extensible-enum: [red, black]}",
            "Colour: {type: boolean}",
            "44:9 type Cat.colour: boolean / string",
        ),
        (
            "      type: object\n      properties:",
            "      type: object\n      required: [name]\n      properties:",
            "43:9 required Cat.name: mandatory / optional",
        ),
        (
            "{type: array, items: {$ref: '#/components/schemas/Cat'}}",
            "{type: array, maxItems: 7, items: {$ref: '#/components/schemas/Cat'}}",
            "",
        ),
        ("enum: [xx-1]", "enum: [xx-1, xx-2]", "6:54 region xx-2: https://hss.xx-2.example.com / nothing"),
        (
            "servers:\n  - url: https://hss.{region}.example.com\n    description: d\n    variables: {region: {default: xx-1, enum: [xx-1]}}\n",
            "",
            "1:1 region xx-1: nothing / https://hss.xx-1.example.com",
        ),
        (
            "Colour: {type: string, x-extensible-enum: [red, black]}",
            "Colour: {oneOf: [{type: string}]}",
            "45:14 not-understood Cat.colour: `oneOf` / string",
        ),
        (
            "    get:\n",
            "    head:\n",
            "11:7 path ListCats: HEAD /v5/{project_id}/homes/{home}/cats / GET /v5/{project_id}/homes/{home}/cats",
        ),
        (
            "{region}.example.com",
            "{region}.example.org",
            "6:48 region xx-1: https://hss.xx-1.example.org / https://hss.xx-1.example.com",
        ),
    ] {
        let expected: Vec<&str> = Some(expected).filter(|text| !text.is_empty()).into_iter().collect();
        assert_eq!(differences(from, to, ""), expected, "{to}");
    }
}

#[test]
fn both_a_missing_and_an_extra_parameter_are_reported() {
    assert_eq!(
        differences("name: limit", "name: size", ""),
        [
            "15:7 parameter-missing ListCats query limit: nothing / integer",
            "31:7 parameter-extra ListCats query size: integer / nothing",
        ]
    );
}

#[test]
fn facts_of_the_document_alone_are_counted() {
    let text = DOCUMENT.replace(
        "required: true, x-client-setting: project_id, schema: {type: string}",
        "required: true, schema: {$ref: '#/components/schemas/Home'}",
    );
    let comparison = compare(&document(&text), &vendor()).unwrap();
    assert_eq!(comparison.differences, []);
    let unstated: Vec<_> = comparison.unstated.into_iter().collect();
    assert_eq!(unstated, [("ListCats path project_id".to_owned(), Aspect::Length)]);
}

#[test]
fn a_request_body_is_mandatory_if_fields_in_it_are_and_has_one_media_type() {
    let body = |required: &str, media: &str| {
        let operation = format!(
            "  /v5/{{project_id}}/cats:\n    post:\n      operationId: AddCat\n      parameters:\n\
             \x20       - $ref: '#/components/parameters/ProjectId'\n      requestBody:\n        {required}\n\
             \x20       content: {{{media}}}\n      responses: {{'200': {{description: d}}}}\n"
        );
        let toys = "toys: {type: array, maxItems: 3, items: {type: string}}";
        let name = "name: {type: string, minLength: 1, maxLength: 10}";
        let schema = format!("    NewCat: {{type: object, required: [name], properties: {{{name}, {toys}}}}}\n");
        let found = differences("components:\n", &format!("{operation}components:\n"), &schema);
        found.into_iter().map(|text| text.split_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let json = "application/json: {schema: {$ref: '#/components/schemas/NewCat'}}";
    assert_eq!(body("required: true", json), [] as [&str; 0]);
    assert_eq!(body("description: d", json), ["required AddCat body: optional / mandatory"]);
    let xml = json.replace("json", "xml");
    assert_eq!(body("required: true", &xml), ["media-type AddCat body: application/xml / application/json"]);
    assert_eq!(
        body("required: true", &format!("{json}, {xml}")),
        ["media-type AddCat body: application/json, application/xml / application/json"]
    );
}

#[test]
fn a_text_that_is_not_understood_is_shown_with_its_position() {
    let mut python = python();
    python.files.iter_mut().for_each(|file| file.text = file.text.replace("取值1-50", "取值为-1或1-50"));
    let vendor = Vendor::new(&python, &go()).unwrap();
    let found = compare(&document(DOCUMENT), &vendor).unwrap().differences;
    let [found] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((found.ours.as_str(), found.theirs.as_str()), ("1..50", "取值为-1或1-50"));
    assert!(found.source.starts_with("p 1: v5/model/list_cats_request.py:"), "{}", found.source);
}

#[test]
fn the_order_of_values_means_nothing() {
    let theirs = |range: &str| {
        let mut python = python();
        python.files.iter_mut().for_each(|file| file.text = file.text.replace("- red：红 - black ：黑", range));
        let vendor = Vendor::new(&python, &go()).unwrap();
        let text = DOCUMENT.replace("[red, black]", "[red]");
        compare(&document(&text), &vendor).unwrap().differences.remove(0).theirs
    };
    assert_eq!(theirs("- red：红 - black ：黑"), theirs("- black ：黑 - red：红"));
}

#[test]
fn a_minimum_that_a_response_cannot_have_is_counted_separately() {
    let mut python = python();
    python.files.iter_mut().for_each(|file| file.text = file.text.replace("**取值范围**: 0-30", "**取值范围**: 1-30"));
    let comparison = compare(&document(DOCUMENT), &Vendor::new(&python, &go()).unwrap()).unwrap();
    assert_eq!((comparison.differences.len(), comparison.unstated.len()), (0, 0));
    assert_eq!(comparison.inexpressible, BTreeSet::from([("Cat.age".to_owned(), Aspect::Range)]));
}
