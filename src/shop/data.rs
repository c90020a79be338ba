//! What the shop starts with; the same on each start.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{Duration, Struct, Timestamp, Value};

use super::api::shop::v1::order::State as OrderState;
use super::api::shop::v1::payment_method::{BankTransfer, Card, CashOnDelivery, Method};
use super::api::shop::v1::product::{
    Availability, Delivery, Dimensions, Download, Parcel, PriceChange, Variant,
};
use super::api::shop::v1::{
    Address, Category, Notification, Order, OrderEvent, Payment, PaymentMethod, Product, Review,
    Stock, User, notification, order, order_event, payment, payment_method, review, user,
};
use super::catalog::{CATALOG, Shelf};
use super::image;
use super::store::{State, euros};

/// 2026-01-05, eight in the morning, UTC.
const OPENING: i64 = 1_767_600_000;
const HOUR: i64 = 3600;

const COLOURS: [&str; 5] = ["green", "black", "natural", "blue", "red"];
const MATERIALS: [&str; 4] = ["steel", "cotton", "wood", "nylon"];
const WAREHOUSES: [&str; 3] = ["leipzig", "porto", "gdansk"];
const FIRST_NAMES: [&str; 10] =
    ["Amira", "Bruno", "Chiara", "Dawit", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas"];
const LAST_NAMES: [&str; 2] = ["Novak", "Okafor"];

/// The whole opening state.
pub fn opening() -> State {
    let mut state = State::default();
    for product in products() {
        let stock = stock(&product.product_id, state.products.len());
        state.stock.insert(product.product_id.clone(), stock);
        state.products.insert(product.product_id.clone(), product);
    }
    for index in 0..20 {
        let user = user(index);
        state.users.insert(user.user_id.clone(), user);
    }
    for review in reviews() {
        state.reviews.insert(review.review_id.clone(), review);
    }
    for index in 0..30 {
        let order = order(index, &state.products);
        state.events.insert(order.order_id.clone(), events(&order));
        if order.state() != OrderState::Placed {
            let payment = payment(index, &order);
            state.payments.insert(payment.payment_id.clone(), payment);
        }
        state.orders.insert(order.order_id.clone(), order);
    }
    state.notices.insert("orders".to_owned(), notices().into());
    state
}

/// A category with everything below it; the root has an empty name.
pub fn categories() -> Category {
    let mut root = category("categories", "Everything");
    for (id, title, shelves) in CATALOG {
        let mut top = category(&format!("categories/{id}"), title);
        for shelf in *shelves {
            top.children.push(category(&format!("categories/{id}/{}", shelf.id), shelf.title));
        }
        root.children.push(top);
    }
    root
}

fn category(name: &str, title: &str) -> Category {
    Category { name: name.to_owned(), title: title.to_owned(), ..Default::default() }
}

fn products() -> Vec<Product> {
    let mut products = Vec::new();
    for (top, _, shelves) in CATALOG {
        for shelf in *shelves {
            let category = format!("categories/{top}/{}", shelf.id);
            for &(name, cents) in &shelf.products {
                products.push(product(products.len(), &category, shelf, name, cents));
            }
        }
    }
    products
}

fn product(index: usize, category: &str, shelf: &Shelf, name: &str, cents: i64) -> Product {
    let mut product = Product {
        product_id: format!("p-{}", 1001 + index),
        name: name.to_owned(),
        description: format!("{name}, for {}.", shelf.purpose),
        category: category.to_owned(),
        price: Some(euros(cents)),
        tags: shelf.tags.map(str::to_owned).to_vec(),
        attributes: strings([
            ("colour", pick(&COLOURS, index)),
            ("material", pick(&MATERIALS, index / 3)),
        ]),
        availability: match index % 12 {
            7 => Availability::Backorder,
            11 => Availability::Discontinued,
            _ => Availability::InStock,
        }
        .into(),
        create_time: Some(moment(index)),
        gtin: 4_006_381_000_000 + i64::try_from(index).unwrap_or_default() * 37,
        rating: Some(rating(index)),
        ..Default::default()
    };
    if shelf.id == "ebooks" {
        product.delivery = Some(Delivery::Download(Download {
            bytes: 3_000_000_000 + index as u64 * 1_048_576,
            crc32c: 0x9ae0_daaf,
            link_lifetime: Some(seconds(7 * 24 * HOUR)),
        }));
    }
    // One in twenty says everything that can be said.
    if index.is_multiple_of(20) {
        tell_all(&mut product, index, cents);
    }
    product
}

fn tell_all(product: &mut Product, index: usize, cents: i64) {
    product.update_time = Some(moment(index + 500));
    product.weight_grams = Some(1850);
    product.dimensions = Some(Dimensions { length_cm: 48.5, width_cm: 16.0, height_cm: 15.25 });
    product.warranty = Some(seconds(2 * 365 * 24 * HOUR));
    product.variants = ["S", "M"]
        .into_iter()
        .zip([0, 1_500])
        .map(|(size, surcharge)| Variant {
            sku: format!("{}-{size}", product.product_id),
            attributes: strings([("size", size)]),
            surcharge: (surcharge != 0).then(|| euros(surcharge)),
            gtin: None,
        })
        .collect();
    product.delivery = Some(Delivery::Parcel(Parcel {
        handling_time: Some(Duration { seconds: HOUR * 36, nanos: 500_000_000 }),
        bulky: false,
        excluded_countries: vec!["CH".to_owned()],
    }));
    product.specification = Some(Struct {
        fields: BTreeMap::from([
            ("persons".to_owned(), Value { kind: Some(Kind::NumberValue(2.0)) }),
            ("waterproof".to_owned(), Value { kind: Some(Kind::BoolValue(true)) }),
            ("seams".to_owned(), Value { kind: Some(Kind::StringValue("taped".to_owned())) }),
        ]),
    });
    let mut crc = flate2::Crc::new();
    crc.update(&image::png(&product.product_id));
    product.image_digest = crc.sum().to_be_bytes().to_vec().into();
    product.price_history = vec![PriceChange {
        price: Some(euros(cents.saturating_add(2_000))),
        until: Some(moment(index + 400)),
    }];
}

fn stock(product_id: &str, index: usize) -> Stock {
    let quantity =
        |warehouse: usize| u32::try_from((index * 7 + warehouse * 13) % 40).unwrap_or_default();
    let quantity_by_warehouse: BTreeMap<_, _> = WAREHOUSES
        .iter()
        .enumerate()
        .map(|(number, name)| ((*name).to_owned(), quantity(number)))
        .collect();
    let mut stock = Stock {
        product_id: product_id.to_owned(),
        quantity_by_warehouse,
        reserved: u32::try_from(index % 4).unwrap_or_default(),
        available: 0,
        version: 1,
        update_time: Some(moment(index)),
    };
    super::store::tally(&mut stock);
    stock
}

fn user(index: usize) -> User {
    let first = pick(&FIRST_NAMES, index);
    let last = pick(&LAST_NAMES, index / FIRST_NAMES.len());
    let (city, postal_code, country) =
        [("Leipzig", "04109", "DE"), ("Porto", "4000-322", "PT"), ("Gdańsk", "80-831", "PL")]
            [index % 3];
    let home = Address {
        recipient: format!("{first} {last}"),
        lines: vec![format!("{} Market Street", index + 1)],
        city: city.to_owned(),
        postal_code: postal_code.to_owned(),
        country: country.to_owned(),
    };
    User {
        user_id: format!("u-{}", 1001 + index),
        email: format!("{}.{}@example.com", first.to_lowercase(), last.to_lowercase()),
        display_name: format!("{first} {last}"),
        tier: if index.is_multiple_of(4) { user::Tier::Gold } else { user::Tier::Basic }.into(),
        addresses: BTreeMap::from([("home".to_owned(), home)]),
        phone: index.is_multiple_of(2).then(|| format!("+49 341 55501{index:02}")),
        newsletter: match index % 3 {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        },
        create_time: Some(moment(index)),
    }
}

fn reviews() -> Vec<Review> {
    const LINES: [(&str, &str); 4] = [
        ("Does what it should", "Used it for a month now, nothing to complain about."),
        ("Better than the last one", "Sturdier than what I had before, and lighter too."),
        ("Good, with one but", "The instructions could be longer than one drawing."),
        ("Would buy again", "Came quickly and well packed. My brother has ordered one as well."),
    ];
    let mut reviews = Vec::new();
    for product in 0..120 {
        for place in 0..(product + 3) % 5 {
            let index = reviews.len();
            let (title, text) = LINES[index % LINES.len()];
            reviews.push(Review {
                review_id: format!("r-{}", 1001 + index),
                product_id: format!("p-{}", 1001 + product),
                user_id: format!("u-{}", 1001 + (index * 3) % 20),
                rating: 5 - i32::try_from(index % 3).unwrap_or_default(),
                title: title.to_owned(),
                text: text.to_owned(),
                create_time: Some(moment(200 + index)),
                replies: if place == 0 { vec![talk(index)] } else { Vec::new() },
                verified: !index.is_multiple_of(5),
                helpful: i32::try_from(index % 9).unwrap_or_default() - 2,
            });
        }
    }
    reviews
}

/// An answer that was answered.
fn talk(index: usize) -> review::Reply {
    let reply = |user: usize, text: &str, replies| review::Reply {
        user_id: format!("u-{}", 1001 + user % 20),
        text: text.to_owned(),
        replies,
    };
    let thanks = reply(index, "Thank you, that helped.", Vec::new());
    reply(index + 7, "It holds up after a year as well.", vec![thanks])
}

fn order(index: usize, products: &BTreeMap<String, Product>) -> Order {
    let items: Vec<_> = (0..=index % 3)
        .map(|place| {
            let product_id = format!("p-{}", 1001 + (index * 11 + place * 17) % 120);
            let unit_price = products.get(&product_id).and_then(|product| product.price.clone());
            let quantity = u32::try_from(1 + place).unwrap_or(1);
            order::Item { product_id, quantity, unit_price }
        })
        .collect();
    let buyer = user(index % 20);
    Order {
        order_id: format!("o-{}", 1001 + index),
        user_id: buyer.user_id.clone(),
        total: Some(super::store::total(&items)),
        items,
        state: [
            OrderState::Placed,
            OrderState::Paid,
            OrderState::Shipped,
            OrderState::Delivered,
            OrderState::Cancelled,
        ][index % 5]
            .into(),
        shipping_address: buyer.addresses.get("home").cloned(),
        payment_method: Some(method(index)),
        note: index.is_multiple_of(6).then(|| "please ring twice".to_owned()),
        create_time: Some(moment(600 + index)),
        cancel_reason: if index % 5 == 4 { "changed my mind".to_owned() } else { String::new() },
    }
}

fn method(index: usize) -> PaymentMethod {
    let method = match index % 4 {
        0 => Method::Card(Card {
            last_four: format!("{:04}", 4242 + index),
            network: payment_method::card::Network::Visa.into(),
            expiry_month: 11,
            expiry_year: 2029,
        }),
        1 => Method::BankTransfer(BankTransfer {
            iban: "DE02120300000000202051".to_owned(),
            mandate: bytes::Bytes::from_static(b"\x00signed\xff"),
        }),
        2 => Method::GiftCardCode(format!("GIFT-{:04}", 7000 + index)),
        _ => Method::CashOnDelivery(CashOnDelivery {}),
    };
    PaymentMethod { method: Some(method) }
}

fn events(order: &Order) -> Vec<OrderEvent> {
    use order_event::{Event, Scan};
    let start = order.create_time.as_ref().map_or(OPENING, |time| time.seconds);
    let scan = |place: &str, latitude, longitude| {
        Event::Scan(Scan {
            place: place.to_owned(),
            latitude,
            longitude,
            carrier: "Swift Parcel".to_owned(),
        })
    };
    let state = |state: OrderState| Event::State(state.into());
    let mut events = vec![state(OrderState::Placed)];
    match order.state() {
        OrderState::Unspecified | OrderState::Placed => {}
        OrderState::Paid => events.push(state(OrderState::Paid)),
        OrderState::Shipped => events.extend([
            state(OrderState::Paid),
            state(OrderState::Shipped),
            scan("Leipzig hub", 51.4239, 12.2364),
        ]),
        OrderState::Delivered => events.extend([
            state(OrderState::Paid),
            state(OrderState::Shipped),
            scan("Leipzig hub", 51.4239, 12.2364),
            scan("Porto depot", 41.1579, -8.6291),
            Event::Remark("left with the neighbour".to_owned()),
            state(OrderState::Delivered),
        ]),
        OrderState::Cancelled => events.push(state(OrderState::Cancelled)),
    }
    (0..)
        .zip(events)
        .map(|(hour, event)| OrderEvent {
            order_id: order.order_id.clone(),
            time: Some(Timestamp { seconds: start + hour * 6 * HOUR, nanos: 0 }),
            event: Some(event),
        })
        .collect()
}

fn payment(index: usize, order: &Order) -> Payment {
    Payment {
        payment_id: format!("pay-{}", 1001 + index),
        order_id: order.order_id.clone(),
        amount: order.total.clone(),
        method: order.payment_method.clone(),
        state: match order.state() {
            OrderState::Cancelled => payment::State::Refunded,
            _ => payment::State::Captured,
        }
        .into(),
        create_time: order.create_time,
    }
}

fn notices() -> Vec<Notification> {
    [("o-1003", "is on its way"), ("o-1004", "is at the door"), ("o-1005", "was called off")]
        .into_iter()
        .zip(1..)
        .map(|((order, what), sequence)| Notification {
            sequence,
            channel: "orders".to_owned(),
            subject: format!("{order} {what}"),
            severity: notification::Severity::Info.into(),
            time: Some(Timestamp {
                seconds: OPENING + 900 * HOUR + i64::try_from(sequence).unwrap_or_default(),
                nanos: 250_000_000,
            }),
            labels: strings([("order_id", order)]),
            ..Default::default()
        })
        .collect()
}

fn rating(index: usize) -> f64 {
    // Tenths, so that the number is short in every notation.
    f64::from(u8::try_from(30 + (index * 7) % 21).unwrap_or_default()) / 10.0
}

fn moment(hours: usize) -> Timestamp {
    Timestamp { seconds: OPENING + i64::try_from(hours).unwrap_or_default() * HOUR, nanos: 0 }
}

fn seconds(seconds: i64) -> Duration {
    Duration { seconds, nanos: 0 }
}

fn strings<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn pick<'a>(words: &[&'a str], index: usize) -> &'a str {
    words.get(index % words.len()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_state_is_the_same_each_time() {
        let (one, other) = (opening(), opening());
        assert_eq!(one.products, other.products);
        assert_eq!(one.orders, other.orders);
        assert_eq!(one.products.len(), 120);
        assert!(one.reviews.len() > 100);
    }

    #[test]
    fn each_order_is_of_known_products_and_users() {
        let state = opening();
        for order in state.orders.values() {
            assert!(state.users.contains_key(&order.user_id));
            assert!(order.items.iter().all(|item| state.products.contains_key(&item.product_id)));
            assert_ne!(order.total, Some(crate::shop::store::euros(0)));
        }
    }
}
