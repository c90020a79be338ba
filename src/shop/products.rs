//! `ProductService`.

use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use super::api::google::api::HttpBody;
use super::api::shop::v1::list_products_request::{Filter, Order};
use super::api::shop::v1::product_service_server::ProductService;
use super::api::shop::v1::{
    BatchGetProductsRequest, BatchGetProductsResponse, Category, CreateProductRequest,
    DeleteProductRequest, GetCategoryRequest, GetCategoryTreeRequest, GetProductImageRequest,
    GetProductRequest, ImportProductsRequest, ImportProductsResponse, ListProductsRequest,
    ListProductsResponse, LookupProductRequest, Product, QuotePriceRequest, QuotePriceResponse,
    SearchProductsRequest, UpdateProductRequest,
};
use super::details::{Violations, already_exists, invalid, not_found};
use super::page::{Page, Sizes};
use super::store::{State, Store, cents, euros, now};
use super::{Messages, image, mask};

/// Ids that one batch may ask for.
pub const BATCH: usize = 500;

/// How often a search may be answered over again.
const MOST_AGAIN: usize = 1_000_000;

/// Refusals that an import tells one by one.
const REFUSALS: usize = 100;

const SIZES: Sizes = Sizes { default: 25, most: 500 };

/// The service.
pub struct Products(pub Arc<Store>);

#[tonic::async_trait]
impl ProductService for Products {
    async fn list_products(
        &self,
        request: Request<ListProductsRequest>,
    ) -> Result<Response<ListProductsResponse>, Status> {
        let request = request.into_inner();
        let query =
            ListProductsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let page = Page::parse(request.page_size, &request.page_token, &query, SIZES)?;
        if !request.parent.is_empty() {
            find_category(self.0.categories(), &request.parent)?;
        }

        let state = self.0.read();
        let filter = request.filter.clone().unwrap_or_default();
        let mut products: Vec<_> = state
            .products
            .values()
            .filter(|product| is_below(&product.category, &request.parent))
            .filter(|product| passes(product, &filter))
            .collect();
        let price = |product: &&Product| product.price.as_ref().and_then(cents);
        match request.order_by() {
            Order::Unspecified => {}
            Order::Price => products.sort_by_key(price),
            Order::PriceDescending => {
                products.sort_by_key(|product| std::cmp::Reverse(price(product)))
            }
            Order::Name => products.sort_by(|one, other| one.name.cmp(&other.name)),
        }
        let total_size = i32::try_from(products.len()).unwrap_or(i32::MAX);
        let (products, next_page_token) = page.cut(&products);
        drop(state);

        let products = project_all(products, request.read_mask.as_ref())?;
        Ok(Response::new(ListProductsResponse { products, next_page_token, total_size }))
    }

    async fn get_product(
        &self,
        request: Request<GetProductRequest>,
    ) -> Result<Response<Product>, Status> {
        let request = request.into_inner();
        let product = get(&self.0.read(), &request.product_id)?.clone();
        let mut response = Response::new(mask::project(product, request.read_mask.as_ref())?);
        response
            .metadata_mut()
            .insert("shop-region", tonic::metadata::MetadataValue::from_static("eu-central"));
        Ok(response)
    }

    async fn batch_get_products(
        &self,
        request: Request<BatchGetProductsRequest>,
    ) -> Result<Response<BatchGetProductsResponse>, Status> {
        let request = request.into_inner();
        check_batch("product_ids", &request.product_ids)?;
        let (mut products, mut missing_product_ids) = (Vec::new(), Vec::new());
        {
            let state = self.0.read();
            for id in request.product_ids {
                match state.products.get(&id) {
                    Some(product) => products.push(product.clone()),
                    None => missing_product_ids.push(id),
                }
            }
        }
        let products = project_all(products, request.read_mask.as_ref())?;
        Ok(Response::new(BatchGetProductsResponse { products, missing_product_ids }))
    }

    type SearchProductsStream = Messages<Product>;

    async fn search_products(
        &self,
        request: Request<SearchProductsRequest>,
    ) -> Result<Response<Self::SearchProductsStream>, Status> {
        let request = request.into_inner();
        let words: Vec<_> = request.query.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return Err(invalid("query", "must have a word"));
        }
        let limit = match usize::try_from(request.limit) {
            Err(_) => return Err(invalid("limit", "must not be negative")),
            Ok(0) => usize::MAX,
            Ok(limit) => limit,
        };
        let again = match usize::try_from(request.again) {
            Ok(again) if again <= MOST_AGAIN => again,
            _ => return Err(invalid("again", "must be from 0 to a million")),
        };
        let found: Vec<_> = self
            .0
            .read()
            .products
            .values()
            .filter(|product| {
                let text =
                    format!("{} {} {}", product.name, product.description, product.tags.join(" "))
                        .to_lowercase();
                words.iter().all(|word| text.contains(word))
            })
            .take(limit)
            .cloned()
            .collect();
        let sent = (0..=again).flat_map(move |_| found.clone());
        Ok(Response::new(Box::pin(tokio_stream::iter(sent.map(Ok)))))
    }

    async fn create_product(
        &self,
        request: Request<CreateProductRequest>,
    ) -> Result<Response<Product>, Status> {
        let CreateProductRequest { product, validate_only } = request.into_inner();
        let mut product = product.ok_or_else(|| invalid("product", "must be set"))?;
        self.validate(&product)?;
        let mut state = self.0.write();
        if state.products.contains_key(&product.product_id) {
            return Err(already_exists("product", &product.product_id));
        }
        product.create_time = Some(now());
        product.update_time = None;
        if !validate_only {
            if product.product_id.is_empty() {
                product.product_id = state.next_id("p");
            }
            state.put_product(product.clone())?;
        }
        Ok(Response::new(product))
    }

    async fn update_product(
        &self,
        request: Request<UpdateProductRequest>,
    ) -> Result<Response<Product>, Status> {
        let UpdateProductRequest { product, update_mask, allow_missing } = request.into_inner();
        let change = product.ok_or_else(|| invalid("product", "must be set"))?;
        if change.product_id.is_empty() {
            return Err(invalid("product.product_id", "must be set"));
        }
        let mut state = self.0.write();
        let mut merged = match state.products.get(&change.product_id) {
            Some(present) => mask::merge(present, &change, update_mask.as_ref())?,
            None if allow_missing => Product { create_time: Some(now()), ..change.clone() },
            None => return Err(not_found("product", &change.product_id)),
        };
        if merged.product_id != change.product_id {
            return Err(invalid("update_mask", "product_id cannot be changed"));
        }
        self.validate(&merged)?;
        merged.update_time = Some(now());
        state.put_product(merged.clone())?;
        Ok(Response::new(merged))
    }

    async fn delete_product(
        &self,
        request: Request<DeleteProductRequest>,
    ) -> Result<Response<()>, Status> {
        let DeleteProductRequest { product_id } = request.into_inner();
        let mut state = self.0.write();
        if state.products.remove(&product_id).is_none() {
            return Err(not_found("product", &product_id));
        }
        state.stock.remove(&product_id);
        Ok(Response::new(()))
    }

    async fn import_products(
        &self,
        request: Request<Streaming<ImportProductsRequest>>,
    ) -> Result<Response<ImportProductsResponse>, Status> {
        let mut products = request.into_inner();
        let mut answer = ImportProductsResponse::default();
        let mut place = 0;
        while let Some(ImportProductsRequest { product }) = products.message().await? {
            let mut product = product.unwrap_or_default();
            let imported = self.validate(&product).and_then(|()| {
                let mut state = self.0.write();
                if product.product_id.is_empty() {
                    product.product_id = state.next_id("p");
                }
                product.create_time = Some(now());
                let there = state.products.contains_key(&product.product_id);
                state.put_product(product).map(|()| there)
            });
            match imported {
                Ok(false) => answer.created += 1,
                Ok(true) => answer.replaced += 1,
                Err(status) if answer.refused.len() < REFUSALS => {
                    answer.refused.insert(place, status.message().to_owned());
                }
                Err(_) => return Err(Status::invalid_argument("too many products were refused")),
            }
            place += 1;
        }
        Ok(Response::new(answer))
    }

    async fn get_product_image(
        &self,
        request: Request<GetProductImageRequest>,
    ) -> Result<Response<HttpBody>, Status> {
        let GetProductImageRequest { product_id } = request.into_inner();
        get(&self.0.read(), &product_id)?;
        Ok(Response::new(HttpBody {
            content_type: "image/png".to_owned(),
            data: image::png(&product_id),
            extensions: Vec::new(),
        }))
    }

    async fn quote_price(
        &self,
        request: Request<QuotePriceRequest>,
    ) -> Result<Response<QuotePriceResponse>, Status> {
        let QuotePriceRequest { product_id, quantity } = request.into_inner();
        let quantity = i64::from(quantity.max(1));
        let price = get(&self.0.read(), &product_id)?.price.as_ref().and_then(cents);
        let full = price
            .and_then(|price| price.checked_mul(quantity))
            .ok_or_else(|| Status::out_of_range("that is more than can be reckoned"))?;
        let percent = if quantity >= 10 { 10 } else { 0 };
        Ok(Response::new(QuotePriceResponse {
            total: Some(euros(full - full / 100 * percent)),
            discount: if percent == 0 { 0.0 } else { 0.1 },
        }))
    }

    async fn get_category(
        &self,
        request: Request<GetCategoryRequest>,
    ) -> Result<Response<Category>, Status> {
        let mut category = find_category(self.0.categories(), &request.into_inner().name)?.clone();
        category.children.clear();
        count(&mut category, &self.0.read().products);
        Ok(Response::new(category))
    }

    async fn get_category_tree(
        &self,
        request: Request<GetCategoryTreeRequest>,
    ) -> Result<Response<Category>, Status> {
        let name = request.into_inner().name;
        let mut category = match name.as_str() {
            "" => self.0.categories().clone(),
            name => find_category(self.0.categories(), name)?.clone(),
        };
        count(&mut category, &self.0.read().products);
        Ok(Response::new(category))
    }

    async fn lookup_product(
        &self,
        request: Request<LookupProductRequest>,
    ) -> Result<Response<Product>, Status> {
        let LookupProductRequest { gtin } = request.into_inner();
        let state = self.0.read();
        let product = state.products.values().find(|product| gtin != 0 && product.gtin == gtin);
        product
            .map(|product| Response::new(product.clone()))
            .ok_or_else(|| not_found("product", &gtin.to_string()))
    }
}

impl Products {
    fn validate(&self, product: &Product) -> Result<(), Status> {
        let mut violations = Violations::default();
        let id = &product.product_id;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        violations.check(
            id.len() > 64 || !id.bytes().all(plain),
            "product.product_id",
            "must be at most 64 letters, digits and hyphens",
        );
        violations.check(product.name.trim().is_empty(), "product.name", "must be set");
        violations.check(product.name.len() > 200, "product.name", "must have at most 200 bytes");
        match &product.price {
            None => violations.add("product.price", "must be set"),
            Some(price) => {
                let code = price.currency_code.as_bytes();
                violations.check(
                    code.len() != 3 || !code.iter().all(u8::is_ascii_uppercase),
                    "product.price.currency_code",
                    "must be three capital letters",
                );
                violations.check(
                    price.units < 0 || !(0..1_000_000_000).contains(&price.nanos),
                    "product.price",
                    "must not be negative, and nanos must be below 1000000000",
                );
            }
        }
        violations.check(
            !product.category.is_empty()
                && find_category(self.0.categories(), &product.category).is_err(),
            "product.category",
            "is none of the shop's categories",
        );
        violations.check(product.tags.len() > 20, "product.tags", "must be at most 20");
        violations.done()
    }
}

/// The product of that id.
pub fn get<'a>(state: &'a State, product_id: &str) -> Result<&'a Product, Status> {
    state.products.get(product_id).ok_or_else(|| not_found("product", product_id))
}

/// Refuses a batch that is too large.
pub fn check_batch(field: &str, ids: &[String]) -> Result<(), Status> {
    if ids.len() > BATCH {
        return Err(invalid(field, format!("must be at most {BATCH}")));
    }
    Ok(())
}

/// Ids without those that were there before.
pub fn each_once(mut ids: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

fn project_all(
    products: Vec<Product>,
    read_mask: Option<&prost_types::FieldMask>,
) -> Result<Vec<Product>, Status> {
    if read_mask.is_none() {
        return Ok(products);
    }
    products.into_iter().map(|product| mask::project(product, read_mask)).collect()
}

fn passes(product: &Product, filter: &Filter) -> bool {
    let units = product.price.as_ref().map_or(0, |price| price.units);
    let created = product.create_time.map(|time| (time.seconds, time.nanos));
    filter.tags.iter().all(|tag| product.tags.contains(tag))
        && (filter.availability.is_empty() || filter.availability.contains(&product.availability))
        && filter.min_price.is_none_or(|least| units >= least)
        && filter.max_price.is_none_or(|most| units <= most)
        && filter.created_after.is_none_or(|after| created >= Some((after.seconds, after.nanos)))
        && (filter.gtin == 0 || product.gtin == filter.gtin)
        && (filter.min_rating == 0.0
            || product.rating.is_some_and(|rating| rating >= filter.min_rating))
}

fn find_category<'a>(root: &'a Category, name: &str) -> Result<&'a Category, Status> {
    let below =
        |parent: &'a Category| parent.children.iter().find(|child| is_below(name, &child.name));
    let mut category = root;
    while category.name != name {
        category = below(category).ok_or_else(|| not_found("category", name))?;
    }
    Ok(category)
}

fn count(category: &mut Category, products: &BTreeMap<String, Product>) {
    let there = products.values().filter(|product| is_below(&product.category, &category.name));
    category.product_count = i32::try_from(there.count()).unwrap_or(i32::MAX);
    for child in &mut category.children {
        count(child, products);
    }
}

/// Whether `name` is `parent` or stands below it; everything is below an empty name.
fn is_below(name: &str, parent: &str) -> bool {
    parent.is_empty()
        || name.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
