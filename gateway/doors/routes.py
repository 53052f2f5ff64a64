"""Every address of the HTTP interface, as openapi.json describes it. A table; a test holds the two together."""

from typing import Final

from gateway.doors import deliveries, events, files, operators, sanitize, service
from gateway.doors.http import Route

ROUTES: Final = (
    Route("POST", "/v1/files", "tenant", files.post_file),
    Route("GET", "/v1/files/{id}", "tenant", files.get_file),
    Route("GET", "/v1/files/{id}/content", "tenant", files.get_content),
    Route("GET", "/v1/files/{id}/certificate", "tenant", files.get_certificate),
    Route("GET", "/v1/files/{id}/events", "tenant", events.get_events),
    Route("POST", "/v1/sanitize", "tenant", sanitize.post_sanitize),
    Route("POST", "/v1/deliveries:lease", "consumer", deliveries.post_lease),
    Route("GET", "/v1/deliveries/{id}/content", "consumer", deliveries.get_content),
    Route("POST", "/v1/deliveries/{id}:ack", "consumer", deliveries.post_ack),
    Route("POST", "/v1/deliveries/{id}:nack", "consumer", deliveries.post_nack),
    Route("POST", "/v1/deliveries/{id}:extend", "consumer", deliveries.post_extend),
    Route("GET", "/v1/quarantine", "operator", operators.get_quarantine),
    Route("GET", "/v1/quarantine/{id}", "operator", operators.get_quarantined),
    Route("GET", "/v1/quarantine/{id}/shares", "operator", operators.get_shares),
    Route("POST", "/v1/quarantine/{id}:approve", "operator", operators.post_approve),
    Route("POST", "/v1/quarantine/{id}:open", "operator", operators.post_open),
    Route("GET", "/v1/dead-letters", "operator", operators.get_dead_letters),
    Route("POST", "/v1/dead-letters/{id}:requeue", "operator", operators.post_requeue),
    Route("GET", "/healthz", "anyone", service.get_healthz),
    Route("GET", "/readyz", "anyone", service.get_readyz),
    Route("GET", "/metrics", "anyone", service.get_metrics),
    Route("GET", "/openapi.json", "anyone", service.get_openapi),
)
