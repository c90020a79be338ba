//! `OrderService`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use tonic::{Request, Response, Status};

use super::api::shop::v1::order::{Item, State as OrderState};
use super::api::shop::v1::order_event::Event;
use super::api::shop::v1::order_service_server::OrderService;
use super::api::shop::v1::{
    BatchListOrdersRequest, BatchListOrdersResponse, CancelOrderRequest, CreateOrderRequest,
    GetOrderRequest, ListOrdersRequest, ListOrdersResponse, Order, OrderEvent, TrackOrderRequest,
    UserOrders,
};
use super::details::{Violations, not_found, not_now};
use super::page::{Page, Sizes};
use super::products::{check_batch, each_once};
use super::store::{State, Store, now, total};
use super::trailers::Trailers;
use super::{Messages, finite};

const SIZES: Sizes = Sizes { default: 10, most: 100 };

/// The service.
pub struct Orders(pub Arc<Store>);

#[tonic::async_trait]
impl OrderService for Orders {
    async fn create_order(
        &self,
        request: Request<CreateOrderRequest>,
    ) -> Result<Response<Order>, Status> {
        let request = request.into_inner();
        let mut violations = Violations::default();
        violations.check(request.user_id.is_empty(), "user_id", "must be set");
        violations.check(request.items.is_empty(), "items", "must have at least one");
        violations.check(request.items.len() > 50, "items", "must have at most 50");
        for (place, item) in request.items.iter().enumerate() {
            if item.quantity == 0 {
                violations.add(format!("items[{place}].quantity"), "must be at least 1");
            }
        }
        let method = request.payment_method.as_ref().and_then(|method| method.method.as_ref());
        violations.check(method.is_none(), "payment_method", "must be set");
        violations.done()?;

        let mut state = self.0.write();
        let user =
            state.users.get(&request.user_id).ok_or_else(|| not_found("user", &request.user_id))?;
        let home = user.addresses.get("home").cloned();
        let items = request
            .items
            .into_iter()
            .map(|item| price(&state, item))
            .collect::<Result<Vec<_>, _>>()?;
        for item in &items {
            let promised = |stock: &mut super::api::shop::v1::Stock| {
                stock.reserved = stock.reserved.saturating_add(item.quantity);
            };
            self.0.change_stock(&mut state, &item.product_id, promised);
        }
        let order = Order {
            order_id: state.next_id("o"),
            user_id: request.user_id,
            total: Some(total(&items)),
            items,
            state: OrderState::Placed.into(),
            shipping_address: request.shipping_address.or(home),
            payment_method: request.payment_method,
            note: request.note,
            create_time: Some(now()),
            cancel_reason: String::new(),
        };
        state.events.insert(order.order_id.clone(), Vec::new());
        happened(&mut state, &order.order_id, OrderState::Placed);
        state.orders.insert(order.order_id.clone(), order.clone());
        Ok(Response::new(order))
    }

    async fn get_order(
        &self,
        request: Request<GetOrderRequest>,
    ) -> Result<Response<Order>, Status> {
        get(&self.0.read(), &request.into_inner().order_id).cloned().map(Response::new)
    }

    async fn list_orders(
        &self,
        request: Request<ListOrdersRequest>,
    ) -> Result<Response<ListOrdersResponse>, Status> {
        let request = request.into_inner();
        let query =
            ListOrdersRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let page = Page::parse(request.page_size, &request.page_token, &query, SIZES)?;
        let state = self.0.read();
        let mut orders: Vec<_> = state
            .orders
            .values()
            .filter(|order| request.user_id.is_empty() || order.user_id == request.user_id)
            .filter(|order| request.states.is_empty() || request.states.contains(&order.state))
            .collect();
        newest_first(&mut orders);
        let total_size = i32::try_from(orders.len()).unwrap_or(i32::MAX);
        let (orders, next_page_token) = page.cut(&orders);
        Ok(Response::new(ListOrdersResponse { orders, next_page_token, total_size }))
    }

    async fn batch_list_orders(
        &self,
        request: Request<BatchListOrdersRequest>,
    ) -> Result<Response<BatchListOrdersResponse>, Status> {
        let BatchListOrdersRequest { user_ids, states, page_size } = request.into_inner();
        check_batch("user_ids", &user_ids)?;
        let page = Page::parse(page_size, "", &BatchListOrdersRequest::default(), SIZES)?;
        let state = self.0.read();
        let mut orders: BTreeMap<&str, Vec<&Order>> = BTreeMap::new();
        for order in state.orders.values() {
            if states.is_empty() || states.contains(&order.state) {
                orders.entry(&order.user_id).or_default().push(order);
            }
        }
        let wanted = each_once(user_ids).into_iter();
        let user_orders = wanted.filter(|id| state.users.contains_key(id)).map(|user_id| {
            let mut orders = orders.remove(user_id.as_str()).unwrap_or_default();
            newest_first(&mut orders);
            let total_size = i32::try_from(orders.len()).unwrap_or(i32::MAX);
            let (orders, _) = page.cut(&orders);
            UserOrders { user_id, orders, total_size }
        });
        Ok(Response::new(BatchListOrdersResponse { user_orders: user_orders.collect() }))
    }

    async fn cancel_order(
        &self,
        request: Request<CancelOrderRequest>,
    ) -> Result<Response<Order>, Status> {
        let CancelOrderRequest { order_id, reason } = request.into_inner();
        let mut state = self.0.write();
        let mut order = get(&state, &order_id)?.clone();
        match order.state() {
            OrderState::Cancelled => return Ok(Response::new(order)),
            OrderState::Unspecified | OrderState::Placed | OrderState::Paid => {}
            OrderState::Shipped | OrderState::Delivered => {
                return Err(not_now("ORDER_SHIPPED", &order_id, "the order has left the house"));
            }
        }
        order.set_state(OrderState::Cancelled);
        order.cancel_reason = reason;
        for item in &order.items {
            self.0.change_stock(&mut state, &item.product_id, |stock| {
                stock.reserved = stock.reserved.saturating_sub(item.quantity);
            });
        }
        happened(&mut state, &order_id, OrderState::Cancelled);
        state.orders.insert(order_id, order.clone());
        Ok(Response::new(order))
    }

    type TrackOrderStream = Messages<OrderEvent>;

    async fn track_order(
        &self,
        request: Request<TrackOrderRequest>,
    ) -> Result<Response<Self::TrackOrderStream>, Status> {
        let TrackOrderRequest { order_id } = request.into_inner();
        let events = self.0.read().events.get(&order_id).cloned();
        let events = events.ok_or_else(|| not_found("order", &order_id))?;
        let mut trailers = HeaderMap::new();
        trailers.insert("shop-events", HeaderValue::from(events.len()));
        let mut response = Response::new(finite(events));
        response.extensions_mut().insert(Trailers(trailers));
        Ok(response)
    }
}

/// The order of that id.
pub fn get<'a>(state: &'a State, order_id: &str) -> Result<&'a Order, Status> {
    state.orders.get(order_id).ok_or_else(|| not_found("order", order_id))
}

/// Adds a state to what happened to an order.
pub fn happened(state: &mut State, order_id: &str, what: OrderState) {
    let event = OrderEvent {
        order_id: order_id.to_owned(),
        time: Some(now()),
        event: Some(Event::State(what.into())),
    };
    state.events.entry(order_id.to_owned()).or_default().push(event);
}

fn price(state: &State, item: Item) -> Result<Item, Status> {
    let product = super::products::get(state, &item.product_id)?;
    Ok(Item { unit_price: product.price.clone(), ..item })
}

fn newest_first(orders: &mut [&Order]) {
    orders.sort_by_key(|order| Reverse(order.create_time.map(|time| time.seconds)));
}
