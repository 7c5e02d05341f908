"""The API is asked what nobody thought of, from its own contract: never a fault of ours, always what it promises."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.routing import Mount

from portal.api.app import contract
from portal.people.roles import SCOPES
from store.db import Database
from tests.integration.portal.site import Browsers, Practice, system

RESOURCES = [(path, method) for path, methods in contract()["paths"].items() for method in methods]
PROMISES = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ASKED = settings(
    max_examples=8, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)  # fmt: skip


def buckets(app: Starlette) -> dict[bytes, object]:
    """Where requests are counted: here as many are made as the machine takes."""
    (api,) = [route.app for route in app.routes if isinstance(route, Mount) and route.path == "/api/v1"]
    return api.state.buckets  # type: ignore[attr-defined]


@pytest.mark.parametrize(("path", "method"), RESOURCES)
def test_whatever_is_asked_is_answered_as_the_contract_says(
    browser: Browsers, database: Database, practice: Practice, path: str, method: str
) -> None:
    app = browser().client.app
    assert isinstance(app, Starlette)
    key = system(browser, database, practice, *SCOPES).key
    operation = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)[path][method]
    known = {"call_id": str(practice.call), "number": practice.invoice, "endpoint_id": practice.ids["hook"],
             "delivery_id": practice.ids["delivery"]}  # fmt: skip
    if path.endswith("/pdf"):
        known = {}  # a process draws each

    @ASKED
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        case.headers["Authorization"] = f"Bearer {key}"
        for paths in (
            case.path_parameters,
            {name: known.get(name, text) for name, text in case.path_parameters.items()},
        ):
            case.path_parameters = paths
            buckets(app).clear()
            case.validate_response(case.call(), checks=PROMISES)

    ask()
