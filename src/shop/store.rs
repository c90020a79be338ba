//! What the shop holds, in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use prost_types::Timestamp;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::api::shop::v1::{
    Category, Money, Notification, Order, OrderEvent, Payment, Product, Review, Stock, User, order,
};
use super::data;

/// Ids that the shop gives out run in this range and then start over, taking the place of the
/// oldest: however much is created, the memory is bounded and the opening state stays.
const GIVEN_OUT: std::ops::Range<u64> = 5001..10_000;

/// Products at most, whoever chose their ids.
const MOST_PRODUCTS: usize = 10_000;

/// Notices that are kept for those who come late.
const NOTICES_KEPT: usize = 100;

/// Channels of notices at most.
const MOST_CHANNELS: usize = 1000;

/// Messages that a watcher may be behind.
const WATCHER_BEHIND: usize = 256;

/// The shop's tables and the channels on which changes are told.
pub struct Store {
    state: RwLock<State>,
    categories: Category,
    /// Every change of stock.
    pub stock_changes: broadcast::Sender<Stock>,
    /// Every notice.
    pub notices: broadcast::Sender<Notification>,
    /// Ends the streams that follow.
    pub closing: CancellationToken,
}

/// The tables, by id.
#[derive(Default)]
pub struct State {
    pub products: BTreeMap<String, Product>,
    pub reviews: BTreeMap<String, Review>,
    pub stock: BTreeMap<String, Stock>,
    pub users: BTreeMap<String, User>,
    pub orders: BTreeMap<String, Order>,
    pub events: BTreeMap<String, Vec<OrderEvent>>,
    pub payments: BTreeMap<String, Payment>,
    pub notices: BTreeMap<String, VecDeque<Notification>>,
    given_out: BTreeMap<&'static str, u64>,
}

impl Store {
    /// The opening state.
    pub fn open(closing: CancellationToken) -> Self {
        Self {
            state: RwLock::new(data::opening()),
            categories: data::categories(),
            stock_changes: broadcast::Sender::new(WATCHER_BEHIND),
            notices: broadcast::Sender::new(WATCHER_BEHIND),
            closing,
        }
    }

    /// The tables, to read.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tables, to change.
    pub fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The root of the category tree, without counts.
    pub fn categories(&self) -> &Category {
        &self.categories
    }

    /// Changes the stock of a product and tells it.
    pub fn change_stock(
        &self,
        state: &mut State,
        product_id: &str,
        change: impl FnOnce(&mut Stock),
    ) -> Option<Stock> {
        let stock = state.stock.get_mut(product_id)?;
        change(stock);
        tally(stock);
        stock.version = stock.version.wrapping_add(1);
        stock.update_time = Some(now());
        // An error says that nobody watches.
        let _ = self.stock_changes.send(stock.clone());
        Some(stock.clone())
    }

    /// Keeps a notice and tells it; answers with its place and how many heard it.
    pub fn notify(&self, mut notice: Notification) -> Result<(u64, usize), Status> {
        let mut state = self.write();
        if !state.notices.contains_key(&notice.channel) && state.notices.len() >= MOST_CHANNELS {
            return Err(Status::resource_exhausted("there are too many channels"));
        }
        let kept = state.notices.entry(notice.channel.clone()).or_default();
        notice.sequence = kept.back().map_or(0, |last| last.sequence).wrapping_add(1);
        notice.time = Some(now());
        if kept.len() >= NOTICES_KEPT {
            kept.pop_front();
        }
        kept.push_back(notice.clone());
        let sequence = notice.sequence;
        // Sent under the lock, so that nobody sees a notice twice or misses one.
        Ok((sequence, self.notices.send(notice).unwrap_or(0)))
    }
}

impl State {
    /// The next id of that kind: `p` gives `p-5001`.
    pub fn next_id(&mut self, kind: &'static str) -> String {
        let next = self.given_out.entry(kind).or_insert(GIVEN_OUT.start);
        let id = format!("{kind}-{next}");
        *next = if *next + 1 < GIVEN_OUT.end { *next + 1 } else { GIVEN_OUT.start };
        id
    }

    /// Puts a product in, new or not.
    pub fn put_product(&mut self, product: Product) -> Result<(), Status> {
        let id = &product.product_id;
        if !self.products.contains_key(id) && self.products.len() >= MOST_PRODUCTS {
            return Err(Status::resource_exhausted("the shelves are full"));
        }
        self.stock.entry(id.clone()).or_insert_with(|| Stock {
            product_id: id.clone(),
            version: 1,
            update_time: product.create_time,
            ..Default::default()
        });
        self.products.insert(id.clone(), product);
        Ok(())
    }
}

/// Sets what can still be sold from what lies there and what is promised.
pub fn tally(stock: &mut Stock) {
    let there: i64 = stock.quantity_by_warehouse.values().map(|pieces| i64::from(*pieces)).sum();
    stock.available = there - i64::from(stock.reserved);
}

/// Euros from cents.
pub fn euros(cents: i64) -> Money {
    let nanos = i32::try_from(cents % 100 * 10_000_000).unwrap_or_default();
    Money { currency_code: "EUR".to_owned(), units: cents / 100, nanos }
}

/// Cents from money, whatever the currency; `None` beyond what 64 bits hold.
pub fn cents(money: &Money) -> Option<i64> {
    money.units.checked_mul(100)?.checked_add(i64::from(money.nanos / 10_000_000))
}

/// What all items cost; the largest amount there is where it would be more.
pub fn total(items: &[order::Item]) -> Money {
    let cents = items.iter().try_fold(0_i64, |sum, item| {
        let price = item.unit_price.as_ref().map_or(Some(0), cents)?;
        sum.checked_add(price.checked_mul(i64::from(item.quantity))?)
    });
    euros(cents.unwrap_or(i64::MAX))
}

/// The present.
pub fn now() -> Timestamp {
    SystemTime::now().into()
}
