//! Compares bodies of requests.

use super::{Diff, Effect, Side};
use crate::Node;
use crate::outline::Endpoint;

impl<'d> Diff<'d> {
    pub(super) fn request_body(&mut self, before: &Endpoint<'d>, now: &Endpoint<'d>) {
        // A body without a media type is no body.
        let stated = |body: &&Node| body.get("content").is_some_and(|content| !content.is_empty());
        match (before.body(self.old).filter(stated), now.body(self.new).filter(stated)) {
            (None, None) => {}
            (None, Some(body)) if body.flag("required") => {
                self.add("body-added-required", Effect::Breaking, &body.place, "it has a new body");
            }
            (None, Some(body)) => self.add("body-added", Effect::Additive, &body.place, "it may have a body"),
            (Some(body), None) => self.add("body-removed", Effect::Breaking, &body.place, "it no longer has a body"),
            (Some(old), Some(new)) => {
                match (old.flag("required"), new.flag("required")) {
                    (false, true) => self.add("body-required", Effect::Breaking, &new.place, "its body is required"),
                    (true, false) => self.add("body-optional", Effect::Additive, &new.place, "its body is optional"),
                    _ => {}
                }
                self.keys(old, new, &[("description", "words-changed", Effect::Docs)], "the body");
                self.content(old, new, Side::Request, "the body");
            }
        }
    }
}
