use super::*;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn context_becomes_two_headers() {
    let source = TraceContextSource::new(|| TraceContext::new(PARENT, "vendor=1"));
    let mut headers = HeaderMap::new();
    source.insert(&mut headers);
    assert_eq!(headers["traceparent"], PARENT);
    assert_eq!(headers["tracestate"], "vendor=1");
}

#[test]
fn missing_context_and_empty_tracestate_add_no_header() {
    let mut headers = HeaderMap::new();
    TraceContextSource::new(|| None).insert(&mut headers);
    assert!(headers.is_empty());
    TraceContextSource::new(|| TraceContext::new(PARENT, "")).insert(&mut headers);
    assert_eq!(headers.len(), 1);
}

#[test]
fn malformed_context_is_refused() {
    for traceparent in [
        "",
        "00",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b71692033310-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
    ] {
        assert_eq!(TraceContext::new(traceparent, ""), None, "{traceparent}");
    }
    assert_eq!(TraceContext::new(PARENT, "a\nb"), None);
}
