//! Reads the facts in the vendor's descriptions: bounds, values, defaults and deprecations.
//!
//! The descriptions are Chinese. Most have headings: explanation, restrictions, range, default. Texts of earlier
//! releases have none. A range that is not understood is kept as such and never ignored. In other texts, a bound is
//! recognized by words such as "length" before a number. The length of listed values is ignored: it says nothing more.

use regex::Regex;

use super::kind::Kind;

/// The facts in a description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Number of characters of a text, or of each text of a list.
    pub(super) length: Bounds,
    /// Value of a number.
    pub(super) range: Bounds,
    /// Number of items of a list.
    pub(super) items: Bounds,
    /// Allowed or known values. Empty if the description lists none.
    pub(super) values: Vec<String>,
    pub(super) default: Option<String>,
    /// Whether the part will be removed.
    pub(super) is_deprecated: bool,
    /// A range that was not understood.
    pub(super) unread: Option<String>,
}

/// Inclusive bounds. `None` if the description does not state one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
}

impl Bounds {
    fn new(min: Option<i64>, max: Option<i64>) -> Self {
        Self { min, max }
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// Returns whether a text says that something is or will be removed.
pub(super) fn is_deprecated(text: &str) -> bool {
    ["已", "即将"]
        .iter()
        .any(|when| ["废弃", "弃用", "下线"].iter().any(|removed| text.contains(&format!("{when}{removed}"))))
}

/// The patterns, compiled once.
pub(super) struct Reader {
    heading: Regex,
    item: Regex,
    also: Regex,
    only: Regex,
    joined: Regex,
    addresses: Regex,
    both: Regex,
    count: Regex,
    at_least: Regex,
    at_most: Regex,
    span: Regex,
    bounded: Regex,
    length: Regex,
    default: Regex,
    default_in_text: Regex,
}

impl Reader {
    pub(super) fn new() -> Result<Self, String> {
        let regex = |pattern: &str| Regex::new(pattern).map_err(|error| error.to_string());
        Ok(Self {
            heading: regex(r"\*\*[ \t]*([^* ]+)[ \t]*\*\*[ \t]*[:：]?")?,
            // `- value：meaning`. The meaning may be missing.
            item: regex(
                r"(?:^|[ \t：:。；])-[ \t]*([A-Za-z0-9_][A-Za-z0-9_./+-]*(?: [A-Z][a-z]+)*)[ \t]*([:：]|$| -|  )",
            )?,
            also: regex(r"可设置([A-Za-z_]+)")?,
            only: regex(r"^只支持([A-Za-z0-9_.]+)$")?,
            joined: regex(
                r"^单个[^0-9]*长度([0-9]+)-([0-9]+)位[ ，,；]*批量[^0-9]*个数([0-9]+)-([0-9]+)个[ ，,；]*采用逗号分割",
            )?,
            addresses: regex(r"^IPv4格式（长度([0-9]+)-([0-9]+)位）、IPv6格式（长度([0-9]+)-([0-9]+)位）$")?,
            both: regex(r"最小值[ \t]*(-?[0-9]+)[ \t]*[，,][ \t]*最大值[ \t]*(-?[0-9]+)(?:\^([0-9]+)(?:-([0-9]+))?)?")?,
            count: regex(r"最少([0-9]+)条[，,]最多([0-9]+)条")?,
            at_least: regex(r"(?:^|[，,；])最小值(-?[0-9]+)")?,
            at_most: regex(r"^(?:最大长度|不超过)([0-9]+)")?,
            span: regex(r"^[^0-9A-Za-z-]{0,16}(-?[0-9]+)[ \t]*(?:-|到|~|至)[ \t]*(-?[0-9]+)([^0-9]|$)")?,
            bounded: regex(r"(?:(?:^|[^认])取值|长度|范围|最大|最小|最多|最少|个数|数量)[^0-9，。；,;]{0,8}[0-9]")?,
            length: regex(r"字符长度([0-9]+)-([0-9]+)")?,
            default: regex(r"^(?:默认[值为]*)?[“ ]*([A-Za-z0-9_.-]+)(?:[”，,。；（( ]|$)")?,
            default_in_text: regex(r"默认(?:取?值)?为?[“ ]?([A-Za-z0-9_.-]+)")?,
        })
    }

    /// Returns the facts in a description. `values` are known from code and replace those of the description.
    pub(super) fn read(&self, text: &str, kind: &Kind, values: &[String]) -> Facts {
        // Some are escaped for HTML.
        let text = text.replace("\\&quot;", "").replace("&quot;", "").replace("&#x2D;", "-").replace("&amp;", "&");
        let text = text.as_str();
        let sections = self.sections(text);
        let section = |name: &str| sections.iter().find(|(heading, _)| *heading == name).map(|(_, text)| *text);
        let range = if sections.is_empty() { Some(text) } else { section("取值范围") };
        // A value in a list may be deprecated alone.
        let explained = section("参数解释").unwrap_or_else(|| {
            let before = text.split("**取值范围").next().unwrap_or_default();
            self.item.find(before).and_then(|first| before.get(..first.start())).unwrap_or(before)
        });
        let mut facts = Facts { is_deprecated: is_deprecated(explained), ..Facts::default() };
        facts.default = match section("默认取值") {
            Some(text) => capture(&self.default, text.trim()),
            None if sections.is_empty() => capture(&self.default_in_text, text),
            None => None,
        };
        if *kind == Kind::Boolean {
            facts.default = facts.default.map(|default| default.to_ascii_lowercase());
        }
        if let Some(range) = range {
            self.range(range.trim(), !sections.is_empty(), kind, &mut facts);
        }
        if !values.is_empty() {
            facts.values = values.to_vec();
        }
        let has_bounds = match kind {
            Kind::List(_) => !facts.items.is_empty(),
            Kind::Integer(_) | Kind::Number(_) => !facts.range.is_empty(),
            Kind::Text => !facts.length.is_empty() || !facts.values.is_empty(),
            _ => true,
        };
        if let Some(limits) = section("约束限制").filter(|text| !has_bounds && self.bounded.is_match(text)) {
            facts.unread.get_or_insert_with(|| limits.trim().to_owned());
        }
        facts
    }

    fn sections<'t>(&self, text: &'t str) -> Vec<(&'t str, &'t str)> {
        let mut sections: Vec<(&str, &str)> = Vec::new();
        let headings: Vec<_> =
            self.heading.captures_iter(text).filter_map(|found| found.get(0).zip(found.get(1))).collect();
        for (position, (whole, name)) in headings.iter().enumerate() {
            let end = headings.get(position + 1).map_or(text.len(), |(next, _)| next.start());
            sections.push((name.as_str(), text.get(whole.end()..end).unwrap_or_default()));
        }
        sections
    }

    /// Reads a range. `is_range` is `false` for a description without headings, which may be about anything else.
    fn range(&self, text: &str, is_range: bool, kind: &Kind, facts: &mut Facts) {
        let inner = kind.innermost();
        if matches!(inner, Kind::Boolean | Kind::Any | Kind::Map(_) | Kind::File) {
            return;
        }
        let head = self.values(text, inner, facts);
        let (bounds, is_length) = match self.bounds(head, is_range) {
            Some(found) => found,
            // After the values.
            None => match self.length.captures(text).and_then(|found| numbers(&found, [1, 2])) {
                Some([min, max]) => (Bounds::new(Some(min), Some(max)), true),
                None => {
                    let has_facts = if is_range && !matches!(inner, Kind::Model(_)) {
                        head.bytes().any(|byte| byte.is_ascii_digit()) || head.contains("- ")
                    } else {
                        self.bounded.is_match(head) && !matches!(kind, Kind::Model(_))
                    };
                    if has_facts && facts.values.is_empty() {
                        facts.unread = Some(text.to_owned());
                    }
                    return;
                }
            },
        };
        match kind {
            Kind::List(_) if !is_length => facts.items = bounds,
            Kind::Model(_) => {}
            // The length of listed values says nothing more.
            _ if matches!(inner, Kind::Text) && facts.values.is_empty() => facts.length = bounds,
            Kind::Integer(_) | Kind::Number(_) => facts.range = bounds,
            _ => {}
        }
    }

    /// Reads a list of values and returns the text before it.
    fn values<'t>(&self, text: &'t str, kind: &Kind, facts: &mut Facts) -> &'t str {
        if *kind != Kind::Text {
            // A list explains numbers; their bounds are before it.
            let first = self.item.find(text).filter(|_| matches!(kind, Kind::Integer(_) | Kind::Number(_)));
            return first.and_then(|first| text.get(..first.start())).unwrap_or(text);
        }
        if let Some(value) = capture(&self.only, text) {
            facts.values.push(value);
            return "";
        }
        let mut start = None;
        let mut from = 0;
        // The separator after one item is the one before the next.
        while let Some(found) = self.item.captures_at(text, from) {
            let (Some(whole), Some(value)) = (found.get(0), found.get(1)) else { break };
            start.get_or_insert(whole.start());
            facts.values.push(value.as_str().to_owned());
            from = value.end();
        }
        if let (Some(value), Some(_)) = (capture(&self.also, text), start) {
            facts.values.push(value);
        }
        let mut seen = std::collections::HashSet::new();
        facts.values.retain(|value| seen.insert(value.clone()));
        start.and_then(|start| text.get(..start)).unwrap_or(text)
    }

    /// Returns the bounds in the text, and whether they are about the length of a text.
    fn bounds(&self, text: &str, is_range: bool) -> Option<(Bounds, bool)> {
        let text = text.trim();
        let is_length = text.contains("字符长度");
        if let Some([min, max, fewest, most]) =
            self.joined.captures(text).and_then(|found| numbers(&found, [1, 2, 3, 4]))
        {
            // Values and the commas between them.
            let joined = |count: i64, length: i64| count.checked_mul(length)?.checked_add(count.checked_sub(1)?);
            return Some((Bounds::new(joined(fewest, min), joined(most, max)), true));
        }
        if let Some([min, _, _, max]) = self.addresses.captures(text).and_then(|found| numbers(&found, [1, 2, 3, 4])) {
            return Some((Bounds::new(Some(min), Some(max)), true));
        }
        if let Some(found) = self.both.captures(text) {
            let number = |group: usize| found.get(group)?.as_str().parse::<i128>().ok();
            let max = match (number(2), number(3)) {
                // 2^63-1
                (Some(base), Some(power)) => u32::try_from(power)
                    .ok()
                    .and_then(|power| base.checked_pow(power)?.checked_sub(number(4).unwrap_or_default())),
                (max, _) => max,
            };
            let narrow = |value: Option<i128>| value.and_then(|value| i64::try_from(value).ok());
            return Some((Bounds::new(narrow(number(1)), narrow(max)), is_length));
        }
        if let Some([min, max]) = self.count.captures(text).and_then(|found| numbers(&found, [1, 2])) {
            return Some((Bounds::new(Some(min), Some(max)), false));
        }
        if let Some([max]) = self.at_most.captures(text).and_then(|found| numbers(&found, [1])) {
            return Some((Bounds::new(None, Some(max)), text.contains("长度")));
        }
        if is_range {
            if let Some([min, max]) = self.span.captures(text).and_then(|found| numbers(&found, [1, 2])) {
                return Some((Bounds::new(Some(min), Some(max)), is_length));
            }
            if let Some([min]) = self.at_least.captures(text).and_then(|found| numbers(&found, [1])) {
                return Some((Bounds::new(Some(min), None), is_length));
            }
        }
        None
    }
}

fn capture(regex: &Regex, text: &str) -> Option<String> {
    Some(regex.captures(text)?.get(1)?.as_str().to_owned())
}

/// Returns the numbers of these groups.
fn numbers<const N: usize>(found: &regex::Captures<'_>, groups: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    for (number, group) in numbers.iter_mut().zip(groups) {
        *number = found.get(group)?.as_str().parse().ok()?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &Kind, text: &str) -> Facts {
        Reader::new().unwrap().read(text, kind, &[])
    }

    fn range(kind: &Kind, range: &str) -> Facts {
        read(kind, &format!("**参数解释**: 猫 **约束限制**: 不涉及 **取值范围**: {range} **默认取值**: 不涉及 "))
    }

    fn bounds(min: impl Into<Option<i64>>, max: impl Into<Option<i64>>) -> Bounds {
        Bounds::new(min.into(), max.into())
    }

    #[test]
    fn reads_lengths_ranges_and_counts() {
        let list = Kind::List(Box::new(Kind::Text));
        for (text, expected) in [
            ("字符长度1-64位", bounds(1, 64)),
            ("字符长度0-64", bounds(0, 64)),
            ("长度范围1-64位", bounds(1, 64)),
            ("单个名字字符长度1-64位 批量查询名字个数1-60个 采用逗号分割", bounds(1, 3899)),
            ("IPv4格式（长度7-15位）、IPv6格式（长度15-39位）", bounds(7, 39)),
            ("最大长度32个unicode字符。", bounds(None, 32)),
        ] {
            assert_eq!(range(&Kind::Text, text), Facts { length: expected, ..Facts::default() }, "{text}");
        }
        for (text, expected) in [
            ("取值10-200", bounds(10, 200)),
            ("0-100", bounds(0, 100)),
            ("-1到4824695185000（-1表示没有）", bounds(-1, 4_824_695_185_000)),
            ("最小值0，最大值2000000", bounds(0, 2_000_000)),
            ("最小值-840，最大值720", bounds(-840, 720)),
            ("最小值0，最大值2^63-1", bounds(0, i64::MAX)),
            ("字符长度1-9223372036854775807", bounds(1, i64::MAX)),
            ("非负整数，最小值0；单位：台", bounds(0, None)),
        ] {
            assert_eq!(range(&Kind::Integer(None), text), Facts { range: expected, ..Facts::default() }, "{text}");
        }
        for (text, expected) in [
            ("最少1条，最多1000条", bounds(1, 1000)),
            ("最小值1，最大值200", bounds(1, 200)),
            ("数组范围0-20", bounds(0, 20)),
        ] {
            assert_eq!(range(&list, text), Facts { items: expected, ..Facts::default() }, "{text}");
        }
        assert_eq!(range(&list, "字符长度0-256位").length, bounds(0, 256));
    }

    #[test]
    fn reads_lists_of_values() {
        for (text, expected) in [
            ("- cat：猫 - dog：狗", vec!["cat", "dog"]),
            ("包含如下2种。   - Cat ：猫，评分大于等于9。   - Dog ：狗。", vec!["Cat", "Dog"]),
            ("- cat - dog", vec!["cat", "dog"]),
            ("- asc: 正序 - desc: 倒序", vec!["asc", "desc"]),
            ("- cat：猫 - dog：狗 字符长度0-256位", vec!["cat", "dog"]),
            (
                "分为两类： - x.y：是。包含：   - a_b：甲   - c_d：乙 如果要筛选，可设置not_cat（仅作为查询条件）",
                vec!["x.y", "a_b", "c_d", "not_cat"],
            ),
            ("只支持risk_num", vec!["risk_num"]),
            ("- \\&quot;all\\&quot; : 全部 - \\&quot;file\\&quot; : 文件", vec!["all", "file"]),
        ] {
            let facts = range(&Kind::Text, text);
            assert_eq!(
                (facts.values, facts.length, facts.unread),
                (expected.iter().map(ToString::to_string).collect(), Bounds::default(), None),
                "{text}"
            );
        }
        let facts = read(&Kind::Text, "类型，包含如下：   -manual : 手动   -schedule : 定时");
        assert_eq!(facts.values, ["manual", "schedule"], "a text without headings");
        assert_eq!(Reader::new().unwrap().read("", &Kind::Text, &["a".to_owned()]).values, ["a"], "known from code");
    }

    #[test]
    fn reads_defaults_and_deprecations() {
        let default = |text: &str| read(&Kind::Text, &format!("**参数解释**: 猫 **默认取值**: {text} ")).default;
        assert_eq!(default("10").as_deref(), Some("10"));
        assert_eq!(default("默认为0").as_deref(), Some("0"));
        assert_eq!(default("0，表示默认企业项目（default）。").as_deref(), Some("0"));
        assert_eq!(default("linux_vul，默认查询linux漏洞").as_deref(), Some("linux_vul"));
        assert_eq!(read(&Kind::Boolean, "**默认取值**: False ").default.as_deref(), Some("false"));
        assert_eq!((default("不涉及"), default("无"), default("")), (None, None, None));
        assert_eq!(read(&Kind::Integer(None), "每页显示个数，默认10").default.as_deref(), Some("10"));
        for (text, expected) in [
            ("原因（即将废弃，建议使用别的）", true),
            ("已废弃", true),
            ("该字段即将弃用", true),
            ("- 0：停用", false),
            ("启用、停用策略", false),
            // A deprecated value.
            (
                "**参数解释**： 检查结果 **约束限制**： 不涉及 **取值范围** - pass : 检查通过 - failed : 检查未通过(已废弃) - unhandled: 未通过",
                false,
            ),
            ("状态，包含如下：   -online : 在线   -offline : 已下线", false),
        ] {
            assert_eq!(read(&Kind::Text, text).is_deprecated, expected, "{text}");
        }
    }

    #[test]
    fn a_range_that_is_not_understood_is_kept() {
        assert_eq!(range(&Kind::Integer(None), "取值为-1或1-100").unread.as_deref(), Some("取值为-1或1-100"));
        for (kind, text, expected) in [
            (Kind::Text, "名称，长度不能大于64", Some("名称，长度不能大于64")),
            (Kind::Integer(None), "端口，取值范围为1或大于80", Some("端口，取值范围为1或大于80")),
            (Kind::Text, "名称，支持IPv4", None),
            (Kind::Text, "企业项目ID，默认取值为“0”", None),
            (Kind::Text, "**参数解释**: 猫 **约束限制**: 长度不能大于64 **取值范围**: 不涉及", Some("长度不能大于64")),
            (Kind::Text, "**参数解释**: 猫 **约束限制**: 长度不能大于64 **取值范围**: 字符长度1-64位", None),
            (
                Kind::List(Box::new(Kind::Model("Cat".to_owned()))),
                "**参数解释**: 猫 **约束限制**: 列表范围0-200条 **取值范围**: 不涉及",
                Some("列表范围0-200条"),
            ),
        ] {
            assert_eq!(read(&kind, text).unread.as_deref(), expected, "{text}");
        }
        assert_eq!(range(&Kind::Text, "不涉及"), Facts::default());
        assert_eq!(range(&Kind::Boolean, "- true：是 - false：否"), Facts::default());
        assert_eq!(range(&Kind::Text, "支持中文"), Facts::default());
    }
}
