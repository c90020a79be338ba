//! `InventoryService`.

use std::sync::Arc;

use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use super::api::shop::v1::inventory_service_server::InventoryService;
use super::api::shop::v1::{
    AdjustStockRequest, BatchGetStockRequest, BatchGetStockResponse, CountStockResponse,
    GetStockRequest, Stock, StockCount, WatchStockRequest,
};
use super::details::{invalid, not_found, not_now};
use super::products::check_batch;
use super::store::{State, Store};
use super::{Messages, follow};

/// Warehouses that one product may lie in.
const WAREHOUSES: usize = 100;

/// The service.
pub struct Inventory(pub Arc<Store>);

#[tonic::async_trait]
impl InventoryService for Inventory {
    async fn get_stock(
        &self,
        request: Request<GetStockRequest>,
    ) -> Result<Response<Stock>, Status> {
        get(&self.0.read(), &request.into_inner().product_id).cloned().map(Response::new)
    }

    async fn batch_get_stock(
        &self,
        request: Request<BatchGetStockRequest>,
    ) -> Result<Response<BatchGetStockResponse>, Status> {
        let BatchGetStockRequest { product_ids } = request.into_inner();
        check_batch("product_ids", &product_ids)?;
        let state = self.0.read();
        let stock = product_ids.iter().filter_map(|id| state.stock.get(id)).cloned().collect();
        Ok(Response::new(BatchGetStockResponse { stock }))
    }

    async fn adjust_stock(
        &self,
        request: Request<AdjustStockRequest>,
    ) -> Result<Response<Stock>, Status> {
        let request = request.into_inner();
        let mut state = self.0.write();
        let stock = get(&state, &request.product_id)?;
        check_warehouse(stock, &request.warehouse)?;
        let there = stock.quantity_by_warehouse.get(&request.warehouse).copied().unwrap_or(0);
        let quantity = there.checked_add_signed(request.change).ok_or_else(|| {
            not_now("STOCK_TOO_LOW", &request.product_id, "fewer pieces lie there than that")
        })?;
        let count =
            StockCount { product_id: request.product_id, warehouse: request.warehouse, quantity };
        self.count(&mut state, count).map(|(stock, _)| Response::new(stock))
    }

    type WatchStockStream = Messages<Stock>;

    async fn watch_stock(
        &self,
        request: Request<WatchStockRequest>,
    ) -> Result<Response<Self::WatchStockStream>, Status> {
        let WatchStockRequest { product_ids, follow: go_on } = request.into_inner();
        check_batch("product_ids", &product_ids)?;
        let state = self.0.read();
        // Subscribed under the lock: no change falls between the present state and what follows.
        let changes = self.0.stock_changes.subscribe();
        let present: Vec<Stock> = if product_ids.is_empty() {
            state.stock.values().cloned().collect()
        } else {
            product_ids.iter().map(|id| get(&state, id).cloned()).collect::<Result<_, _>>()?
        };
        drop(state);
        if !go_on {
            return Ok(Response::new(super::finite(present)));
        }
        let wanted =
            move |stock: &Stock| product_ids.is_empty() || product_ids.contains(&stock.product_id);
        Ok(Response::new(follow(present, changes, wanted, &self.0.closing)))
    }

    async fn count_stock(
        &self,
        request: Request<Streaming<StockCount>>,
    ) -> Result<Response<CountStockResponse>, Status> {
        let mut counts = request.into_inner();
        let mut answer = CountStockResponse::default();
        while let Some(count) = counts.message().await? {
            let product_id = count.product_id.clone();
            let (_, difference) = self.count(&mut self.0.write(), count)?;
            answer.counted += 1;
            let sum = answer.difference_by_product.entry(product_id).or_default();
            *sum = sum.saturating_add(difference);
        }
        Ok(Response::new(answer))
    }

    type SyncStockStream = Messages<Stock>;

    async fn sync_stock(
        &self,
        request: Request<Streaming<StockCount>>,
    ) -> Result<Response<Self::SyncStockStream>, Status> {
        let inventory = Self(self.0.clone());
        let answers = request.into_inner().map(move |count| {
            let (stock, _) = inventory.count(&mut inventory.0.write(), count?)?;
            Ok(stock)
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

impl Inventory {
    /// Takes a count as the truth; answers with how many pieces more that is.
    fn count(&self, state: &mut State, count: StockCount) -> Result<(Stock, i64), Status> {
        let stock = get(state, &count.product_id)?;
        check_warehouse(stock, &count.warehouse)?;
        let believed = stock.quantity_by_warehouse.get(&count.warehouse).copied().unwrap_or(0);
        let counted = self.0.change_stock(state, &count.product_id, |stock| {
            stock.quantity_by_warehouse.insert(count.warehouse, count.quantity);
        });
        let counted = counted.ok_or_else(|| not_found("stock", &count.product_id))?;
        Ok((counted, i64::from(count.quantity) - i64::from(believed)))
    }
}

fn get<'a>(state: &'a State, product_id: &str) -> Result<&'a Stock, Status> {
    state.stock.get(product_id).ok_or_else(|| not_found("product", product_id))
}

fn check_warehouse(stock: &Stock, warehouse: &str) -> Result<(), Status> {
    let known = &stock.quantity_by_warehouse;
    if warehouse.is_empty() || warehouse.len() > 64 {
        return Err(invalid("warehouse", "must have between 1 and 64 bytes"));
    }
    if known.len() >= WAREHOUSES && !known.contains_key(warehouse) {
        return Err(invalid("warehouse", format!("must be one of at most {WAREHOUSES}")));
    }
    Ok(())
}
