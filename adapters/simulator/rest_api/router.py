"""From method and path to the answer; what is wrong with a request becomes the venue's error."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.simulator.engine.wire import PREFIX, Json, Refused, Request, Response, encode, invalid
from adapters.simulator.rest_api.account import AccountResource
from adapters.simulator.rest_api.conversions import ConversionsResource
from adapters.simulator.rest_api.market import MarketResource
from adapters.simulator.rest_api.orders import OrdersResource
from adapters.simulator.rest_api.portfolios import PortfoliosResource
from adapters.simulator.rest_api.previews import PreviewsResource

Handler = Callable[[Request], Json]
ItemHandler = Callable[[Request, str], Json]


class Router:
    """The endpoints of the venue."""

    def __init__(
        self,
        market: MarketResource,
        account: AccountResource,
        portfolios: PortfoliosResource,
        orders: OrdersResource,
        previews: PreviewsResource,
        conversions: ConversionsResource,
    ) -> None:
        self._plain = {
            **_plain_paths(market, account, portfolios, orders, previews),
            ("POST", "/convert/quote"): conversions.quote,
        }
        self._items: Mapping[tuple[str, str, str], ItemHandler] = {
            ("GET", "/products/", ""): market.get_product,
            ("GET", "/products/", "/candles"): market.candles,
            ("GET", "/products/", "/ticker"): market.trades,
            ("GET", "/market/products/", ""): market.get_product,
            ("GET", "/market/products/", "/candles"): market.candles,
            ("GET", "/market/products/", "/ticker"): market.trades,
            ("GET", "/accounts/", ""): account.get_account,
            ("GET", "/portfolios/", ""): portfolios.breakdown,
            ("PUT", "/portfolios/", ""): portfolios.refuse,
            ("DELETE", "/portfolios/", ""): portfolios.refuse,
            ("GET", "/orders/historical/", ""): orders.get_order,
            ("GET", "/convert/trade/", ""): conversions.get,
            ("POST", "/convert/trade/", ""): conversions.commit,
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
        for (method, head, tail), item_handler in self._items.items():
            item = path.removeprefix(head).removesuffix(tail)
            matches = method == request.method and path == f"{head}{item}{tail}"
            if matches and item and "/" not in item:
                return item_handler(request, item)
        raise Refused(404, "NOT_FOUND", "no such path")


def _plain_paths(
    market: MarketResource,
    account: AccountResource,
    portfolios: PortfoliosResource,
    orders: OrdersResource,
    previews: PreviewsResource,
) -> Mapping[tuple[str, str], Handler]:
    """Return what answers the paths that name no single thing."""
    public: dict[str, Handler] = {
        "/products": market.list_products,
        "/product_book": market.product_book,
    }
    return {
        **{("GET", path): handler for path, handler in public.items()},
        **{("GET", f"/market{path}"): handler for path, handler in public.items()},
        ("GET", "/time"): market.time,
        ("GET", "/best_bid_ask"): market.best_bid_ask,
        ("GET", "/accounts"): account.list_accounts,
        ("GET", "/key_permissions"): account.key_permissions,
        ("GET", "/transaction_summary"): account.transaction_summary,
        ("POST", "/orders"): orders.create,
        ("GET", "/portfolios"): portfolios.list_portfolios,
        ("POST", "/portfolios"): portfolios.refuse,
        ("POST", "/portfolios/move_funds"): portfolios.refuse,
        ("POST", "/orders/preview"): previews.order,
        ("POST", "/orders/edit"): orders.edit,
        ("POST", "/orders/edit_preview"): previews.edit,
        ("POST", "/orders/batch_cancel"): orders.cancel,
        ("POST", "/orders/close_position"): orders.close_position,
        ("GET", "/orders/historical/batch"): orders.list_orders,
        ("GET", "/orders/historical/fills"): orders.list_fills,
    }
