//! A service with two operations, in the form of the SDKs and as a document, for tests.

use std::path::Path;

use hss_spec::Document;

use super::packages::{Package, Text};
use super::vendor::Vendor;

/// Name, type, whether it is mandatory, and description.
type Attribute = (&'static str, &'static str, bool, &'static str);

/// Returns the text of a class of the Python SDK.
fn class(name: &str, attributes: &[Attribute]) -> String {
    let lines = |line: &dyn Fn(&Attribute) -> String| attributes.iter().map(line).collect::<String>();
    format!(
        "# coding: utf-8\n\nclass {name}:\n\n    sensitive_list = []\n\n    openapi_types = {{\n{}    }}\n\n\
         \x20   attribute_map = {{\n{}    }}\n\n    def __init__(self):\n        r\"\"\"{name}\n\n{}        \"\"\"\n\n\
         \x20       self.discriminator = None\n{}\n    def to_dict(self):\n        result = {{}}\n",
        lines(&|(attribute, kind, _, _)| format!("        '{attribute}': '{kind}',\n")),
        lines(&|(attribute, ..)| format!("        '{attribute}': '{attribute}',\n")),
        lines(&|(attribute, kind, _, text)| format!(
            "        :param {attribute}: {text}\n        :type {attribute}: {kind}\n"
        )),
        lines(&|(attribute, _, is_mandatory, _)| if *is_mandatory {
            format!("        self.{attribute} = {attribute}\n")
        } else {
            format!("        if {attribute} is not None:\n            self.{attribute} = {attribute}\n")
        }),
    )
}

/// Returns the method of the Python client for an operation.
fn call(name: &str, id: &str, method: &str, path: &str, parts: &str) -> String {
    format!(
        "    def {name}(self, request):\n        r\"\"\"{id}\n\n        \"\"\"\n\
         \x20       http_info = self._{name}_http_info(request)\n        return self._call_api(**http_info)\n\n\
         \x20   @classmethod\n    def _{name}_http_info(cls, request):\n        http_info = {{\n\
         \x20           \"method\": \"{method}\",\n            \"resource_path\": \"{path}\",\n\
         \x20           \"request_type\": request.__class__.__name__,\n            \"response_type\": \"{id}Response\"\n            }}\n\n\
         {parts}\n        header_params['Content-Type'] = http_utils.select_header_content_type(\n\
         \x20           ['application/json'])\n\n        http_info[\"body\"] = body\n\n        return http_info\n\n"
    )
}

fn file(name: &str, text: String) -> Text {
    Text { name: format!("p 1: v5/{name}"), text }
}

/// Returns the Python package.
pub(super) fn python() -> Package {
    let list = "        path_params = {}\n        if 'home' in local_var_params:\n\
                \x20           path_params['home'] = local_var_params['home']\n\n        query_params = []\n\
                \x20       if 'limit' in local_var_params:\n\
                \x20           query_params.append(('limit', local_var_params['limit']))\n\
                \x20       if 'names' in local_var_params:\n\
                \x20           query_params.append(('names', local_var_params['names']))\n";
    let add = "        body = None\n        if 'body' in local_var_params:\n\
               \x20           body = local_var_params['body']\n";
    let client = format!(
        "class HssClient(Client):\n\n{}{}",
        call("list_cats", "ListCats", "GET", "/v5/{project_id}/homes/{home}/cats", list),
        call("add_cat", "AddCat", "POST", "/v5/{project_id}/cats", add),
    );
    let request = [
        ("home", "str", true, "**参数解释**: 家 **取值范围**: 字符长度1-8位 **默认取值**: 不涉及 "),
        ("limit", "int", false, "**参数解释**: 个数 **取值范围**: 取值1-50 **默认取值**: 10 "),
        (
            "names",
            "str",
            false,
            "**参数解释**: 名字 **取值范围**: 单个名字字符长度1-10位 批量查询名字个数1-5个 采用逗号分割 ",
        ),
    ];
    let cat = [
        ("name", "str", false, "**参数解释**: 名字 **取值范围**: 字符长度0-10位 "),
        ("age", "int", false, "**参数解释**: 年龄（已废弃） **取值范围**: 0-30 "),
        ("colour", "str", false, "**参数解释**: 颜色 **取值范围**: - red：红 - black ：黑 "),
    ];
    let body = [
        ("name", "str", true, "**参数解释**: 名字 **取值范围**: 字符长度1-10位 "),
        ("toys", "list[str]", false, "**参数解释**: 玩具 **取值范围**: 最小值0，最大值3 "),
    ];
    let files = vec![
        file("hss_client.py", client),
        file("model/cat.py", class("Cat", &cat)),
        file("model/new_cat.py", class("NewCat", &body)),
        file("model/list_cats_request.py", class("ListCatsRequest", &request)),
        file("model/list_cats_response.py", class("ListCatsResponse", &[("cats", "list[Cat]", false, "")])),
        file("model/add_cat_request.py", class("AddCatRequest", &[("body", "NewCat", false, "")])),
        file("model/add_cat_response.py", class("AddCatResponse", &[])),
        file(
            "region/hss_region.py",
            "class HssRegion:\n    XX_1 = Region(\"xx-1\",\n                  \"https://hss.xx-1.example.com\")\n"
                .to_owned(),
        ),
    ];
    Package { version: "3.1.9".to_owned(), files }
}

/// Returns the Go module.
pub(super) fn go() -> Package {
    let cat = "package model\n\ntype Cat struct {\n\n\tName *string `json:\"name,omitempty\"`\n\n\
               \tAge *int32 `json:\"age,omitempty\"`\n\n\tColour *string `json:\"colour,omitempty\"`\n}\n";
    let request = "type ListCatsRequest struct {\n\n\tHome string `json:\"home\"`\n\n\tLimit *int32 `json:\"limit,omitempty\"`\n}\n";
    let meta = "func GenReqDefForListCats() *def.HttpRequestDef {\n\treqDefBuilder := def.NewHttpRequestDefBuilder().\n\
                \t\tWithMethod(http.MethodGet).\n\t\tWithPath(\"/v5/{project_id}/homes/{home}/cats\").\n}\n";
    let files = vec![
        file("hss_meta.go", meta.to_owned()),
        file("model/model_cat.go", cat.to_owned()),
        file("model/model_list_cats_request.go", request.to_owned()),
    ];
    Package { version: "v0.1.9".to_owned(), files }
}

pub(super) fn vendor() -> Vendor {
    Vendor::new(&python(), &go()).unwrap()
}

/// The document. It agrees with the SDKs.
pub(super) const DOCUMENT: &str = "\
openapi: 3.0.3
info: {title: t, version: v, description: d}
servers:
  - url: https://hss.{region}.example.com
    description: d
    variables: {region: {default: xx-1, enum: [xx-1]}}
security: [{token: []}]
paths:
  /v5/{project_id}/homes/{home}/cats:
    get:
      operationId: ListCats
      summary: List cats
      description: d
      x-idempotent: true
      parameters:
        - $ref: '#/components/parameters/ProjectId'
        - $ref: '#/components/parameters/Home'
        - $ref: '#/components/parameters/Limit'
        - $ref: '#/components/parameters/Names'
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Cats'}}}}
components:
  securitySchemes: {token: {type: apiKey, in: header, name: X-Auth-Token}}
  responses:
    Error: {description: d}
  parameters:
    ProjectId:
      {name: project_id, in: path, required: true, x-client-setting: project_id, schema: {type: string}}
    Home: {name: home, in: path, required: true, schema: {$ref: '#/components/schemas/Home'}}
    Limit:
      name: limit
      in: query
      schema: {type: integer, format: int32, minimum: 1, maximum: 50, default: 10}
    Names: {name: names, in: query, schema: {$ref: '#/components/schemas/Names'}}
  schemas:
    Home: {type: string, minLength: 1, maxLength: 8}
    Names: {type: string, minLength: 1, maxLength: 54}
    Cats: {type: object, properties: {cats: {type: array, items: {$ref: '#/components/schemas/Cat'}}}}
    Cat:
      type: object
      properties:
        name: {type: string, maxLength: 10}
        age: {type: integer, format: int32, minimum: 0, maximum: 30, deprecated: true}
        colour: {$ref: '#/components/schemas/Colour'}
    Colour: {type: string, x-extensible-enum: [red, black]}
";

/// Returns a document with this text.
pub(super) fn document(text: &str) -> Document {
    hss_spec::parse(Path::new("openapi/d.yaml"), text).unwrap()
}
