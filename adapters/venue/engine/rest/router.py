"""From method and path to the answer; what is wrong with a request becomes the venue's error."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.venue.engine.rest.account import AccountDesk
from adapters.venue.engine.rest.market import MarketDesk
from adapters.venue.engine.rest.orders import OrderDesk
from adapters.venue.engine.wire import PREFIX, Json, Refused, Request, Response, encode, invalid

Handler = Callable[[Request], Json]
ItemHandler = Callable[[Request, str], Json]


class Router:
    """The endpoints of the venue."""

    def __init__(self, market: MarketDesk, account: AccountDesk, orders: OrderDesk) -> None:
        public: dict[str, Handler] = {
            "/products": market.list_products,
            "/product_book": market.product_book,
        }
        self._plain: Mapping[tuple[str, str], Handler] = {
            **{("GET", path): handler for path, handler in public.items()},
            **{("GET", f"/market{path}"): handler for path, handler in public.items()},
            ("GET", "/time"): market.time,
            ("GET", "/best_bid_ask"): market.best_bid_ask,
            ("GET", "/accounts"): account.list_accounts,
            ("GET", "/key_permissions"): account.key_permissions,
            ("GET", "/transaction_summary"): account.transaction_summary,
            ("POST", "/orders"): orders.create,
            ("POST", "/orders/preview"): orders.preview,
            ("POST", "/orders/batch_cancel"): orders.cancel,
            ("GET", "/orders/historical/batch"): orders.list_orders,
            ("GET", "/orders/historical/fills"): orders.list_fills,
        }
        self._items: Mapping[tuple[str, str], ItemHandler] = {
            ("/products/", ""): market.get_product,
            ("/products/", "/candles"): market.candles,
            ("/products/", "/ticker"): market.trades,
            ("/market/products/", ""): market.get_product,
            ("/market/products/", "/candles"): market.candles,
            ("/market/products/", "/ticker"): market.trades,
            ("/accounts/", ""): account.get_account,
            ("/orders/historical/", ""): orders.get_order,
        }

    def answer(self, request: Request) -> Response:
        """Return the answer to a request."""
        try:
            return Response(200, encode(self._dispatch(request)))
        except Refused as refused:
            return refused.response()
        except UnicodeEncodeError:
            # Half a surrogate pair in a path or query reaches the store as an unwritable text.
            return invalid("the request is not UTF-8").response()

    def _dispatch(self, request: Request) -> Json:
        path = request.path.removeprefix(PREFIX)
        if path == request.path:
            raise Refused(404, "NOT_FOUND", "no such path")
        handler = self._plain.get((request.method, path))
        if handler is not None:
            return handler(request)
        if request.method == "GET":
            for (head, tail), item_handler in self._items.items():
                item = path.removeprefix(head).removesuffix(tail)
                if path == f"{head}{item}{tail}" and item and "/" not in item:
                    return item_handler(request, item)
        raise Refused(404, "NOT_FOUND", "no such path")
