"""OpenTelemetry, as far as shared/tracing.py needs it. Imported only where traces are wanted."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags

EXPORT_SECONDS = 5.0

KINDS = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}

Value = str | int

# W3C, "Trace Context", version 00; only what was sampled is written down.
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")

_current: ContextVar[tuple[Span, ...]] = ContextVar("spans", default=())


class Tracer:
    """Makes spans, and exports them in the background. Work that is done for several traces at once is a span in each
    of them, so that every one of them is whole.
    """

    def __init__(self, endpoint: str, role: str) -> None:
        """`endpoint` takes OTLP over HTTP. Of OpenTelemetry's own variables the SDK reads those for headers, sampling
        and batches, and OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
        """
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": f"porthole-{role}"}
        resource = Resource.create({"service.namespace": "porthole", "service.version": version("porthole"), **named})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("porthole")

    def close(self) -> None:
        """Export what is left; it blocks for some seconds where nobody takes it."""
        self._provider.shutdown()

    def traceparent(self) -> str | None:
        """Of the current span, for whoever goes on with its work; None where nothing is recorded."""
        for span in _current.get():
            context = span.get_span_context()
            if span.is_recording():
                return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"
        return None

    def trace_id(self) -> str | None:
        """Of the current span; of the first where work is done for several traces. None where nothing is recorded."""
        now = self.traceparent()
        return None if now is None else now.split("-")[1]

    def is_current(self) -> bool:
        return bool(_current.get())

    @contextlib.contextmanager
    def root(self, name: str, attributes: Mapping[str, Value]) -> Iterator[None]:
        """A server's span, with which a trace begins."""
        with self._within([self._tracer.start_span(name, Context(), SpanKind.SERVER, attributes)]):
            yield

    @contextlib.contextmanager
    def part(self, name: str, kind: str, attributes: Mapping[str, Value]) -> Iterator[None]:
        """A part of what is current."""
        parents = [trace.set_span_in_context(span, Context()) for span in _current.get()]
        with self._within([self._tracer.start_span(name, one, KINDS[kind], attributes) for one in parents]):
            yield

    @contextlib.contextmanager
    def following(
        self, name: str, traceparents: Sequence[str], attributes: Mapping[str, Value], started: int | None
    ) -> Iterator[None]:
        """What another process has begun goes on here; `started` is in nanoseconds since 1970."""
        parents = [context for one in traceparents if (context := _context_of(one)) is not None]
        with self._within(
            [self._tracer.start_span(name, one, SpanKind.CONSUMER, attributes, start_time=started) for one in parents]
        ):
            yield

    def note(self, attributes: Mapping[str, Value], *, name: str | None = None) -> None:
        """Add to the current span what turned out meanwhile."""
        for span in _current.get():
            span.set_attributes(attributes)
            if name is not None:
                span.update_name(name)

    def fail(self, kind: str) -> None:
        """The current span has failed, with `kind` as its error.type. An exception's words stay out: they may quote."""
        for span in _current.get():
            span.set_attribute("error.type", kind)
            span.set_status(StatusCode.ERROR)

    @contextlib.contextmanager
    def _within(self, spans: Sequence[Span]) -> Iterator[None]:
        token = _current.set(tuple(spans))
        try:
            yield
        except BaseException as error:
            self.fail(type(error).__name__)
            raise
        finally:
            _current.reset(token)
            for span in spans:
                span.end()


def _context_of(traceparent: str) -> Context | None:
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    trace_id, span_id = (int(part, 16) for part in found.groups())
    remote = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return trace.set_span_in_context(NonRecordingSpan(remote), Context()) if remote.is_valid else None
