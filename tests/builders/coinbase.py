"""The trader's client in tests: virtual time, a venue of scripted answers, one that misbehaves."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from actors.kernel.ports import Leaving
from domain.messages.orders import PlaceRequest, Receipt
from domain.model.instants import Nanos
from domain.model.orders import OrderIntent


def a_request(intent: OrderIntent) -> PlaceRequest:
    receipt = Receipt(intent.client_order_id, 1, "0" * 64, Nanos(7))
    return PlaceRequest(intent, receipt, epoch=1)


def never_refuses(request: Leaving) -> str | None:
    del request
    return None


def a_private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(private: Any) -> str:
    return str(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
    )
