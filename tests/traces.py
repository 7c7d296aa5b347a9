"""Spans as a collector gets them, by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/)."""

from collections.abc import Iterable

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan

from tests.receiver import Delivered


class Span(msgspec.Struct, frozen=True):
    """`kind` is SERVER, CLIENT, PRODUCER or CONSUMER; `parent_id` is empty at the beginning of a trace."""

    service: str
    name: str
    kind: str
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    attributes: dict[str, str | int]
    failed: bool


def spans_of(came: Iterable[Delivered]) -> list[Span]:
    """What the requests hold, in the order in which it ended within a process."""
    found = []
    for one in came:
        assert one.path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(one.body).resource_spans:
            said = {value.key: value.value.string_value for value in resource.resource.attributes}
            found += [_span(said["service.name"], span) for scope in resource.scope_spans for span in scope.spans]
    return found


def _span(service: str, span: ProtoSpan) -> Span:
    kind = ProtoSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_")
    attributes = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
    failed = span.status.code == span.status.STATUS_CODE_ERROR
    return Span(service, span.name, kind, span.trace_id, span.span_id, span.parent_span_id, attributes, failed)
