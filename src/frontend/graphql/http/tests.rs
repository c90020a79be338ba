use super::*;
use crate::call::Code;
use crate::frontend::graphql::Verdict;

fn content_type(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(value).unwrap())])
}

#[test]
fn only_bodies_that_a_page_cannot_send_unasked_are_read() {
    for json in [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=\"UTF-8\"; x=y",
    ] {
        let headers = content_type(json);
        assert!(matches!(body_type(&headers, true), Ok(BodyType::Json)), "{json}");
    }
    for other in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/graphql",
        "application/graphql-response+json",
        "application/json; charset=utf-16",
        "application/jsonx",
        "",
    ] {
        let headers = content_type(other);
        let Err(refusal) = body_type(&headers, true) else { panic!("{other}") };
        assert_eq!(refusal.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{other}");
    }
    assert!(body_type(&HeaderMap::new(), true).is_err());
    let form = content_type("multipart/form-data; boundary=b");
    assert!(matches!(body_type(&form, true), Ok(BodyType::Form(_))));
    assert!(body_type(&form, false).is_err());
}

#[tokio::test]
async fn batch_is_answered_with_an_array() {
    let answer = |body: &'static str, verdict| Answer { body: Bytes::from(body), verdict };
    let all = vec![
        answer("{\"data\":1}", Verdict::Complete),
        answer("{\"errors\":[]}", Verdict::Invalid),
    ];
    let response = write(Told::Many(all), Media::Response, false);
    assert_eq!(response.status(), StatusCode::OK);
    let body = body::collect(response.into_body(), 100).await.unwrap();
    assert_eq!(body, "[{\"data\":1},{\"errors\":[]}]");
}

#[test]
fn caches_do_not_keep_what_failed() {
    let of = |verdict, reads| {
        let answer = Answer { body: Bytes::from("{}"), verdict };
        let response = write(Told::One(answer), Media::Json, reads);
        response.headers().contains_key(CACHE_CONTROL)
    };
    assert!(of(Verdict::Refused(Code::NotFound), true));
    assert!(!of(Verdict::Complete, true) && !of(Verdict::Invalid, false));
}

#[test]
fn who_is_not_known_is_told_how_to_be() {
    let answer =
        Answer { body: Bytes::from("{}"), verdict: Verdict::Refused(Code::Unauthenticated) };
    let response = write(Told::One(answer), Media::Json, false);
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key(WWW_AUTHENTICATE));
}
