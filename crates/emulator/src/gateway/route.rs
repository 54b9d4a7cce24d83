//! Finds the operation of a request.

use hss_client::Operation;

/// The paths of all operations, prepared for matching.
#[derive(Debug)]
pub(crate) struct Router {
    /// If several routes match, the first one applies.
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    operation: &'static Operation,
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Static(&'static str),
    Parameter(&'static str),
}

/// An operation and the values of its path parameters, in the order of the path.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) operation: &'static Operation,
    pub(crate) values: Vec<(&'static str, String)>,
}

impl Router {
    pub(crate) fn new(operations: &[&'static Operation]) -> Self {
        let mut routes: Vec<_> = operations.iter().map(|operation| Route::new(operation)).collect();
        // `/host/hosts` before `/host/{host_id}`: from left to right, a literal segment takes precedence over a
        // parameter.
        routes.sort_by_cached_key(|route| {
            route.segments.iter().map(|segment| matches!(segment, Segment::Parameter(_))).collect::<Vec<_>>()
        });
        Self { routes }
    }

    /// Returns the operation with this method whose path matches these decoded segments.
    pub(crate) fn find(&self, method: &str, segments: &[String]) -> Option<Matched> {
        self.routes.iter().filter(|route| route.operation.method == method).find_map(|route| route.matched(segments))
    }
}

impl Route {
    fn new(operation: &'static Operation) -> Self {
        let segment = |text: &'static str| match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Segment::Parameter(name),
            None => Segment::Static(text),
        };
        Self { operation, segments: operation.path.split('/').skip(1).map(segment).collect() }
    }

    fn matched(&self, given: &[String]) -> Option<Matched> {
        if given.len() != self.segments.len() {
            return None;
        }
        let mut values = Vec::new();
        for (segment, value) in self.segments.iter().zip(given) {
            match segment {
                Segment::Static(text) if text == value => {}
                Segment::Static(_) => return None,
                // An empty value matches, too: the validation of the parameter gives a better error than a 404.
                Segment::Parameter(name) => values.push((*name, value.clone())),
            }
        }
        Some(Matched { operation: self.operation, values })
    }
}

#[cfg(test)]
mod tests {
    use hss_client::operation::Success;

    use super::*;

    const fn operation(id: &'static str, method: &'static str, path: &'static str) -> Operation {
        Operation::new(&hss_client::SERVICE, id, "", method, path, Success::new(200))
    }

    // Routes with parameters come first, so that the tests do not pass because of the order of the table.
    static OPERATIONS: [Operation; 7] = [
        operation("ListHostVuls", "GET", "/v5/{project_id}/vulnerability/host/{host_id}"),
        operation("ListVulHostApps", "GET", "/v5/{project_id}/vulnerability/{host_id}/apps"),
        operation("ListResourceTags", "GET", "/v5/{project_id}/{resource_type}/{resource_id}/tags"),
        operation("ListVulHostHosts", "GET", "/v5/{project_id}/vulnerability/host/hosts"),
        operation("ListVulContainerApps", "GET", "/v5/{project_id}/vulnerability/container/apps"),
        operation("ChangeVulWhiteList", "PUT", "/v5/{project_id}/vulnerability/white-list/{id}"),
        operation("ShowVulWhiteListDetail", "GET", "/v5/{project_id}/vulnerability/white-list/{id}"),
    ];

    fn find(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
        let router = Router::new(&OPERATIONS.each_ref());
        let segments: Vec<_> = path.split('/').skip(1).map(str::to_owned).collect();
        let matched = router.find(method, &segments)?;
        Some((
            matched.operation.id,
            matched.values.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
        ))
    }

    #[test]
    fn literal_segments_take_precedence_from_left_to_right() {
        for (path, id, values) in [
            ("/v5/p/vulnerability/host/hosts", "ListVulHostHosts", &["project_id=p"][..]),
            ("/v5/p/vulnerability/host/h1", "ListHostVuls", &["project_id=p", "host_id=h1"]),
            ("/v5/p/vulnerability/container/apps", "ListVulContainerApps", &["project_id=p"]),
            ("/v5/p/vulnerability/h1/apps", "ListVulHostApps", &["project_id=p", "host_id=h1"]),
            // Three templates match. The one with the leftmost literal segments takes precedence.
            ("/v5/p/vulnerability/host/apps", "ListHostVuls", &["project_id=p", "host_id=apps"]),
            ("/v5/p/vulnerability/host/tags", "ListHostVuls", &["project_id=p", "host_id=tags"]),
            ("/v5/p/hss/h1/tags", "ListResourceTags", &["project_id=p", "resource_type=hss", "resource_id=h1"]),
        ] {
            let found = find("GET", path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(
                (found.0, found.1.iter().map(String::as_str).collect::<Vec<_>>()),
                (id, values.to_vec()),
                "{path}"
            );
        }
    }

    #[test]
    fn the_method_distinguishes_equal_paths() {
        let path = "/v5/p/vulnerability/white-list/w1";
        assert_eq!(find("PUT", path).unwrap().0, "ChangeVulWhiteList");
        assert_eq!(find("GET", path).unwrap().0, "ShowVulWhiteListDetail");
        assert_eq!(find("DELETE", path), None);
    }

    #[test]
    fn the_number_of_segments_must_match() {
        for path in
            ["", "/", "/v5/p/vulnerability/host", "/v5/p/vulnerability/host/hosts/", "//v5/p/vulnerability/host/h"]
        {
            assert_eq!(find("GET", path), None, "{path}");
        }
        assert_eq!(find("GET", "/v5//vulnerability/host/").unwrap().1, ["project_id=", "host_id="]);
    }
}
