//! Finds the route of a path: a tree of segments, compiled when the gateway is built. The cost of
//! a match depends on the path, not on how many routes there are.

use std::borrow::Cow;
use std::ops::Range;

use http::{HeaderValue, Method};
use percent_encoding::percent_decode_str;

use crate::config::checked::Unescape;
use crate::contract::http_rule::{Segment, Template};

/// More segments than this match nothing.
const MAX_SEGMENTS: usize = 64;

/// The compiled tree. A literal segment is preferred to `*`, and `*` to `**`; a path that ends in
/// `:verb` is preferred to one that merely contains a colon.
#[derive(Debug)]
pub struct Router {
    nodes: Vec<Node>,
    has_verbs: bool,
}

#[derive(Debug, Default)]
struct Node {
    literals: Literals,
    one: Option<usize>,
    leaves: Vec<Leaf>,
    rest: Vec<Leaf>,
}

/// The nodes that literal segments lead to, in the order of their lengths and texts: most of those
/// compared with differ in length, which costs less than to hash.
#[derive(Debug, Default)]
struct Literals(Vec<(Box<str>, usize)>);

#[derive(Debug)]
struct Leaf {
    verb: Option<Box<str>>,
    /// `None`: any method.
    method: Option<Method>,
    route: usize,
}

/// Two routes for the same method and paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The index of the route that was there first.
    pub with: usize,
}

/// A path taken apart.
#[derive(Debug)]
pub struct Path<'p>(Vec<Part<'p>>);

/// What stands between two slashes; the verb cut off the last one where it matched.
#[derive(Debug)]
struct Part<'p> {
    raw: &'p str,
    decoded: Cow<'p, str>,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Match {
    /// The index of the route.
    Route(usize),
    /// There are routes, but for these methods.
    OtherMethods(Vec<Method>),
    /// There is no route.
    Nothing,
}

impl Default for Router {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], has_verbs: false }
    }
}

impl Router {
    /// Adds a route under `method` (`*`: any) and `template`.
    pub fn add(&mut self, method: &str, template: &Template, route: usize) -> Result<(), Conflict> {
        let mut node = 0;
        let mut rest = false;
        for segment in &template.segments {
            node = match segment {
                Segment::Literal(text) => match self.nodes[node].literals.find(text) {
                    Ok(next) => next,
                    Err(place) => {
                        let next = self.push();
                        self.nodes[node].literals.0.insert(place, (text.as_str().into(), next));
                        next
                    }
                },
                Segment::One => match self.nodes[node].one {
                    Some(next) => next,
                    None => {
                        let next = self.push();
                        self.nodes[node].one = Some(next);
                        next
                    }
                },
                Segment::Rest => {
                    rest = true;
                    node
                }
            };
        }
        let verb: Option<Box<str>> = template.verb.as_deref().map(Into::into);
        let method = if method == "*" { None } else { Method::from_bytes(method.as_bytes()).ok() };
        self.has_verbs |= verb.is_some();
        let node = &mut self.nodes[node];
        let leaves = if rest { &mut node.rest } else { &mut node.leaves };
        let same = leaves.iter().find(|leaf| leaf.verb == verb && leaf.method == method);
        if let Some(leaf) = same {
            return Err(Conflict { with: leaf.route });
        }
        leaves.push(Leaf { verb, method, route });
        // A leaf for any method is the last to be asked.
        leaves.sort_by_key(|leaf| leaf.method.is_none());
        Ok(())
    }

    /// Finds the route of a path, cutting the verb off it where one matched. HEAD finds the
    /// routes of GET.
    pub fn find(&self, method: &Method, path: &mut Path<'_>) -> Match {
        let mut allowed = Vec::new();
        match self.search(Wanted::Method(method), path, &mut allowed) {
            Some(route) => Match::Route(route),
            None if allowed.is_empty() => Match::Nothing,
            None => Match::OtherMethods(allowed),
        }
    }

    /// Finds a route of a path that `fits`, whatever its method: GET's where there are several.
    pub fn find_any(&self, path: &mut Path<'_>, fits: &dyn Fn(usize) -> bool) -> Option<usize> {
        self.search(Wanted::Any(fits), path, &mut Vec::new())
    }

    fn search(
        &self,
        wanted: Wanted<'_>,
        path: &mut Path<'_>,
        allowed: &mut Vec<Method>,
    ) -> Option<usize> {
        let mut search = Search { router: self, wanted, verb: None, path, allowed };
        if self.has_verbs
            && let Some((whole, verb)) = search.path.cut_verb()
        {
            search.verb = Some(verb);
            if let Some(route) = search.visit(0, 0) {
                return Some(route);
            }
            search.verb = None;
            search.path.restore(whole);
        }
        search.visit(0, 0)
    }

    /// Every method that some route has.
    pub fn methods(&self) -> Vec<Method> {
        let leaves = self.nodes.iter().flat_map(|node| node.leaves.iter().chain(&node.rest));
        let mut methods: Vec<_> = leaves.filter_map(|leaf| leaf.method.clone()).collect();
        methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        methods.dedup();
        methods
    }

    fn push(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }
}

impl Literals {
    /// The node behind a literal, or the place where it would have to be put in.
    fn find(&self, text: &str) -> Result<usize, usize> {
        let place = self.0.binary_search_by(|(literal, _)| {
            literal.len().cmp(&text.len()).then_with(|| (**literal).cmp(text))
        })?;
        Ok(self.0[place].1)
    }
}

#[derive(Clone, Copy)]
enum Wanted<'w> {
    Method(&'w Method),
    Any(&'w dyn Fn(usize) -> bool),
}

struct Search<'s, 'p> {
    router: &'s Router,
    wanted: Wanted<'s>,
    verb: Option<&'s str>,
    path: &'s mut Path<'p>,
    allowed: &'s mut Vec<Method>,
}

impl Search<'_, '_> {
    // Visits each node at most once, since a node has one depth: bounded by the tree's size.
    fn visit(&mut self, node: usize, depth: usize) -> Option<usize> {
        let node = &self.router.nodes[node];
        let found = match self.path.0.get(depth) {
            None => self.leaf(&node.leaves),
            Some(part) => {
                let literal = node.literals.find(&part.decoded).ok();
                let one = node.one.filter(|_| !part.raw.is_empty());
                let nexts = [literal, one].into_iter().flatten();
                nexts.filter_map(|next| self.visit(next, depth + 1)).next()
            }
        };
        found.or_else(|| self.leaf(&node.rest))
    }

    fn leaf(&mut self, leaves: &[Leaf]) -> Option<usize> {
        let verb = self.verb;
        let mut leaves = leaves.iter().filter(|leaf| leaf.verb.as_deref() == verb);
        let asked = match self.wanted {
            Wanted::Method(asked) => asked,
            Wanted::Any(fits) => {
                let of_get = |leaf: &&Leaf| leaf.method == Some(Method::GET);
                let mut fitting = leaves.filter(|leaf| fits(leaf.route));
                let first = fitting.next()?;
                let found =
                    if of_get(&first) { first } else { fitting.find(of_get).unwrap_or(first) };
                return Some(found.route);
            }
        };
        let mut head = None;
        for leaf in &mut leaves {
            match &leaf.method {
                None => return Some(leaf.route),
                Some(method) if method == asked => return Some(leaf.route),
                Some(method) => {
                    if method == Method::GET && asked == Method::HEAD {
                        head = Some(leaf.route);
                    }
                    if !self.allowed.contains(method) {
                        self.allowed.push(method.clone());
                    }
                }
            }
        }
        head
    }
}

impl<'p> Path<'p> {
    /// Takes a path apart. `None` where it has no leading slash, too many segments, or escapes
    /// that are not `%XX` or not UTF-8.
    pub fn parse(path: &'p str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let count = path.bytes().filter(|byte| *byte == b'/').count() + 1;
        if count > MAX_SEGMENTS {
            return None;
        }
        let mut parts = Vec::with_capacity(count);
        if path.is_empty() {
            return Some(Self(parts));
        }
        // Paths are short, so that a look at each byte costs less than to set up a search.
        let is_plain = !path.bytes().any(|byte| byte == b'%');
        let mut rest = path;
        loop {
            let end = rest.bytes().position(|byte| byte == b'/');
            let raw = &rest[..end.unwrap_or(rest.len())];
            let decoded = if is_plain { Cow::Borrowed(raw) } else { decode(raw)? };
            parts.push(Part { raw, decoded });
            match end {
                Some(end) => rest = &rest[end + 1..],
                None => return Some(Self(parts)),
            }
        }
    }

    /// What a variable over these segments captured. One segment is decoded whole; of several,
    /// those escapes are decoded that `unescape` says; by default `%2F` is never taken for a slash
    /// (`google/api/http.proto`, "Path template syntax").
    pub fn capture(
        &self,
        segments: Range<usize>,
        many: bool,
        unescape: Unescape,
    ) -> Option<Cow<'_, str>> {
        let end = if many { self.0.len() } else { segments.end };
        if !many && segments.len() == 1 {
            return self.0.get(segments.start).map(|part| Cow::Borrowed(&*part.decoded));
        }
        let mut value = String::new();
        for (i, part) in self.0.get(segments.start..end)?.iter().enumerate() {
            if i > 0 {
                value.push('/');
            }
            decode_some(part.raw, kept(unescape), &mut value)?;
        }
        Some(Cow::Owned(value))
    }

    /// Cuts `:verb` off the last part. What stood there comes back with it.
    fn cut_verb(&mut self) -> Option<(&'p str, &'p str)> {
        let last = self.0.last_mut()?;
        let whole = last.raw;
        let colon = memchr::memrchr(b':', whole.as_bytes())?;
        let (before, verb) = (&whole[..colon], &whole[colon + 1..]);
        *last = Part { raw: before, decoded: decode(before)? };
        Some((whole, verb))
    }

    /// Undoes [`cut_verb`](Self::cut_verb).
    fn restore(&mut self, whole: &'p str) {
        // It has been decoded once already, so this cannot fail.
        if let (Some(last), Some(decoded)) = (self.0.last_mut(), decode(whole)) {
            *last = Part { raw: whole, decoded };
        }
    }
}

/// The methods of an `Allow` header; GET brings HEAD along, and every path has OPTIONS.
pub fn allow(mut methods: Vec<Method>) -> HeaderValue {
    if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
        methods.push(Method::HEAD);
    }
    if !methods.contains(&Method::OPTIONS) {
        methods.push(Method::OPTIONS);
    }
    methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static(""))
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'%', text.as_bytes()).is_none() {
        return Some(Cow::Borrowed(text));
    }
    if !escapes_are_whole(text) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok()
}

/// The characters whose escapes stay. A `%` stays beside others, so that `%252F` does not become
/// what `%2F` is.
fn kept(unescape: Unescape) -> &'static [u8] {
    match unescape {
        Unescape::ExceptReserved => b":/?#[]@!$&'()*+,;=%",
        Unescape::ExceptSlash => b"/",
        Unescape::All => b"",
    }
}

/// Decodes all escapes but those of the characters `kept`.
fn decode_some(text: &str, kept: &[u8], out: &mut String) -> Option<()> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = if byte == b'%' { tail.get(..2).and_then(hex) } else { None };
        match escaped {
            Some(value) if !kept.contains(&value) => {
                bytes.push(value);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    out.push_str(std::str::from_utf8(&bytes).ok()?);
    Some(())
}

fn escapes_are_whole(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'%', bytes).all(|at| bytes.get(at + 1..at + 3).and_then(hex).is_some())
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let value = digit(digits.first()?)? * 16 + digits.get(1).and_then(digit)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        crate::contract::http_rule::Template::parse(text).expect("a legal template")
    }

    fn router(routes: &[(&str, &str)]) -> Router {
        let mut router = Router::default();
        for (index, (method, text)) in routes.iter().enumerate() {
            router.add(method, &template(text), index).expect("no conflict");
        }
        router
    }

    fn find(router: &Router, method: &str, path: &str) -> Match {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        router.find(&method, &mut Path::parse(path).expect("a legal path"))
    }

    #[test]
    fn the_most_literal_route_wins() {
        let router = router(&[
            ("GET", "/v1/{name=shelves/*/books/**}"),
            ("GET", "/v1/shelves/{id}"),
            ("GET", "/v1/shelves/top"),
            ("GET", "/v1/{rest=**}"),
        ]);
        for (path, route) in [
            ("/v1/shelves/1/books/a/b", 0),
            ("/v1/shelves/1/books", 0),
            ("/v1/shelves/1", 1),
            ("/v1/shelves/top", 2),
            ("/v1/shelves/%74op", 2),
            ("/v1/shelves/1/2/3", 3),
            ("/v1", 3),
        ] {
            assert_eq!(find(&router, "GET", path), Match::Route(route), "{path}");
        }
        assert_eq!(find(&router, "GET", "/v2/shelves"), Match::Nothing);
        assert_eq!(find(&router, "GET", "/"), Match::Nothing);
    }

    #[test]
    fn literals_are_found_whatever_their_order_and_length() {
        let paths = ["/orders/x", "/b/x", "/users/x", "/a/x", "/products/x", "/carts/x"];
        let router = router(&paths.map(|path| ("GET", path)));
        for (index, path) in paths.iter().enumerate() {
            assert_eq!(find(&router, "GET", path), Match::Route(index), "{path}");
        }
        for absent in ["/order/x", "/ordert/x", "//x", "/c/x", "/zzzzzzzzz/x"] {
            assert_eq!(find(&router, "GET", absent), Match::Nothing, "{absent}");
        }
    }

    #[test]
    fn verbs_come_before_colons_in_values() {
        let router = router(&[
            ("POST", "/v1/orders/{id}:cancel"),
            ("GET", "/v1/orders/{id}"),
            ("POST", "/v1/{name=files/**}:sign"),
        ]);
        assert_eq!(find(&router, "POST", "/v1/orders/7:cancel"), Match::Route(0));
        assert_eq!(find(&router, "GET", "/v1/orders/urn:7"), Match::Route(1));
        assert_eq!(find(&router, "GET", "/v1/orders/7:cancel"), Match::Route(1));
        assert_eq!(find(&router, "POST", "/v1/files/a/b:sign"), Match::Route(2));
        let mut path = Path::parse("/v1/orders/7:cancel").expect("legal");
        router.find(&Method::POST, &mut path);
        assert_eq!(path.capture(2..3, false, Unescape::All).as_deref(), Some("7"));
    }

    #[test]
    fn another_method_is_told_apart_from_nothing() {
        let router = router(&[("GET", "/v1/a"), ("PUT", "/v1/a"), ("*", "/v1/any")]);
        let Match::OtherMethods(methods) = find(&router, "POST", "/v1/a") else {
            panic!("there are other methods")
        };
        assert_eq!(allow(methods), "GET, HEAD, OPTIONS, PUT");
        assert_eq!(find(&router, "HEAD", "/v1/a"), Match::Route(0));
        assert_eq!(find(&router, "PURGE", "/v1/any"), Match::Route(2));
    }

    #[test]
    fn a_fitting_route_is_found_whatever_its_method() {
        let router = router(&[
            ("POST", "/v1/a"),
            ("GET", "/v1/a"),
            ("PUT", "/v1/b:talk"),
            ("GET", "/v1/{x}"),
        ]);
        let find = |path, fits: &dyn Fn(usize) -> bool| {
            router.find_any(&mut Path::parse(path).expect("a legal path"), fits)
        };
        assert_eq!(find("/v1/a", &|_| true), Some(1));
        assert_eq!(find("/v1/a", &|route| route != 1), Some(0));
        assert_eq!(find("/v1/a", &|route| route > 1), Some(3));
        assert_eq!(find("/v1/b:talk", &|_| true), Some(2));
        assert_eq!(find("/v1/b:talk", &|route| route != 2), Some(3));
        assert_eq!(find("/v2/a", &|_| true), None);
    }

    #[test]
    fn a_dead_end_is_backed_out_of() {
        let router = router(&[("GET", "/a/b/c"), ("GET", "/a/{x}/d"), ("POST", "/a/b")]);
        assert_eq!(find(&router, "GET", "/a/b/d"), Match::Route(1));
    }

    #[test]
    fn the_same_binding_twice_is_a_conflict() {
        let mut router = router(&[("GET", "/v1/{id}")]);
        assert_eq!(router.add("GET", &template("/v1/{name}"), 1), Err(Conflict { with: 0 }));
        assert_eq!(router.add("PUT", &template("/v1/{name}"), 1), Ok(()));
    }

    #[test]
    fn captures_are_decoded_by_the_rules_of_their_kind() {
        use Unescape::{All, ExceptReserved, ExceptSlash};
        let path = Path::parse("/a%2Fb/c%20d/e%2Ff%40%C3%A9").expect("legal");
        for (unescape, many) in
            [(ExceptReserved, "c d/e%2Ff%40é"), (ExceptSlash, "c d/e%2Ff@é"), (All, "c d/e/f@é")]
        {
            assert_eq!(path.capture(0..1, false, unescape).as_deref(), Some("a/b"));
            assert_eq!(path.capture(1..2, true, unescape).as_deref(), Some(many));
        }
        for bad in ["no-slash", "/%", "/%2", "/%zz", "/%ff", &"/a".repeat(65)] {
            assert!(Path::parse(bad).is_none(), "{bad}");
        }
    }
}
