//! Collects spans and events with their fields.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

pub(crate) type Fields = BTreeMap<&'static str, String>;

/// A span or an event with its fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Emitted {
    pub(crate) target: String,
    pub(crate) level: Level,
    /// A span's name, or an event's message.
    pub(crate) name: String,
    pub(crate) is_span: bool,
    pub(crate) fields: Fields,
    /// The names of the enclosing spans, from the outermost.
    pub(crate) within: Vec<&'static str>,
}

impl Emitted {
    pub(crate) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

/// Collects the spans and events of the SDK's targets.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<Emitted>>>);

struct FieldReader<'a>(&'a mut Fields);

impl Visit for FieldReader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

fn is_from_the_sdk(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("bird_connectors")
}

/// The index of a span in the collected list.
struct Index(usize);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_from_the_sdk(attributes.metadata()) {
            return;
        }
        let mut fields = Fields::new();
        attributes.record(&mut FieldReader(&mut fields));
        let span = context.span(id).unwrap();
        let within = span.scope().from_root().map(|span| span.name()).collect();
        let mut collected = self.0.lock().unwrap();
        span.extensions_mut().insert(Index(collected.len()));
        collected.push(Emitted {
            target: attributes.metadata().target().to_owned(),
            level: *attributes.metadata().level(),
            name: attributes.metadata().name().to_owned(),
            is_span: true,
            fields,
            within,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        if let Some(index) = span.extensions().get::<Index>() {
            values.record(&mut FieldReader(
                &mut self.0.lock().unwrap()[index.0].fields,
            ));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !is_from_the_sdk(event.metadata()) {
            return;
        }
        let mut fields = Fields::new();
        event.record(&mut FieldReader(&mut fields));
        let scope = context.event_scope(event);
        let within = scope.map(|scope| scope.from_root().map(|span| span.name()).collect());
        self.0.lock().unwrap().push(Emitted {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            name: fields.remove("message").unwrap_or_default(),
            is_span: false,
            fields,
            within: within.unwrap_or_default(),
        });
    }
}

impl Collector {
    /// Collects what this thread emits, which runs all tasks of a test, until the guard is dropped.
    pub(crate) fn start() -> (Self, DefaultGuard) {
        let collector = Self::default();
        let subscriber = tracing_subscriber::registry().with(collector.clone());
        (collector, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn take(&self) -> Vec<Emitted> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(crate) fn events(&self) -> Vec<Emitted> {
        let mut emitted = self.take();
        emitted.retain(|one| !one.is_span);
        emitted
    }
}
