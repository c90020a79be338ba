//! `ReviewService`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::api::shop::v1::review_service_server::ReviewService;
use super::api::shop::v1::{
    BatchListReviewsRequest, BatchListReviewsResponse, CreateReviewRequest, GetReviewRequest,
    ListReviewsRequest, ListReviewsResponse, ProductReviews, Review, ReviewSummary,
    SummarizeReviewsRequest,
};
use super::details::{Violations, invalid, not_found};
use super::page::{Page, Sizes};
use super::products;
use super::store::{Store, now};

const SIZES: Sizes = Sizes { default: 10, most: 100 };

/// The service.
pub struct Reviews(pub Arc<Store>);

#[tonic::async_trait]
impl ReviewService for Reviews {
    async fn list_reviews(
        &self,
        request: Request<ListReviewsRequest>,
    ) -> Result<Response<ListReviewsResponse>, Status> {
        let request = request.into_inner();
        let query =
            ListReviewsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let page = Page::parse(request.page_size, &request.page_token, &query, SIZES)?;
        let state = self.0.read();
        products::get(&state, &request.product_id)?;
        let mut reviews: Vec<_> = state
            .reviews
            .values()
            .filter(|review| review.product_id == request.product_id)
            .filter(|review| request.min_rating.is_none_or(|least| review.rating >= least))
            .collect();
        newest_first(&mut reviews);
        let total_size = i32::try_from(reviews.len()).unwrap_or(i32::MAX);
        let (reviews, next_page_token) = page.cut(&reviews);
        Ok(Response::new(ListReviewsResponse { reviews, next_page_token, total_size }))
    }

    async fn batch_list_reviews(
        &self,
        request: Request<BatchListReviewsRequest>,
    ) -> Result<Response<BatchListReviewsResponse>, Status> {
        let BatchListReviewsRequest { product_ids, page_size, min_rating } = request.into_inner();
        products::check_batch("product_ids", &product_ids)?;
        let page = Page::parse(page_size, "", &BatchListReviewsRequest::default(), SIZES)?;
        let state = self.0.read();
        let mut reviews: BTreeMap<&str, Vec<&Review>> = BTreeMap::new();
        for review in state.reviews.values() {
            if min_rating.is_none_or(|least| review.rating >= least) {
                reviews.entry(&review.product_id).or_default().push(review);
            }
        }
        let wanted = products::each_once(product_ids).into_iter();
        let product_reviews =
            wanted.filter(|id| state.products.contains_key(id)).map(|product_id| {
                let mut reviews = reviews.remove(product_id.as_str()).unwrap_or_default();
                newest_first(&mut reviews);
                let total_size = i32::try_from(reviews.len()).unwrap_or(i32::MAX);
                let (reviews, _) = page.cut(&reviews);
                ProductReviews { product_id, reviews, total_size }
            });
        Ok(Response::new(BatchListReviewsResponse { product_reviews: product_reviews.collect() }))
    }

    async fn get_review(
        &self,
        request: Request<GetReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let GetReviewRequest { review_id } = request.into_inner();
        let review = self.0.read().reviews.get(&review_id).cloned();
        review.map(Response::new).ok_or_else(|| not_found("review", &review_id))
    }

    async fn create_review(
        &self,
        request: Request<CreateReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let review = request.into_inner().review;
        let mut review = review.ok_or_else(|| invalid("review", "must be set"))?;
        let mut violations = Violations::default();
        violations.check(
            !(1..=5).contains(&review.rating),
            "review.rating",
            "must be between 1 and 5",
        );
        violations.check(review.title.trim().is_empty(), "review.title", "must be set");
        violations.check(!review.review_id.is_empty(), "review.review_id", "is the shop's to give");
        violations.done()?;

        let mut state = self.0.write();
        products::get(&state, &review.product_id)?;
        if !state.users.contains_key(&review.user_id) {
            return Err(not_found("user", &review.user_id));
        }
        review.review_id = state.next_id("r");
        review.create_time = Some(now());
        review.replies.clear();
        review.verified = state.orders.values().any(|order| {
            order.user_id == review.user_id
                && order.items.iter().any(|item| item.product_id == review.product_id)
        });
        state.reviews.insert(review.review_id.clone(), review.clone());
        Ok(Response::new(review))
    }

    async fn summarize_reviews(
        &self,
        request: Request<SummarizeReviewsRequest>,
    ) -> Result<Response<ReviewSummary>, Status> {
        let SummarizeReviewsRequest { product_id } = request.into_inner();
        let state = self.0.read();
        products::get(&state, &product_id)?;
        let mut summary = ReviewSummary { product_id, ..Default::default() };
        let mut stars = 0.0;
        for review in state.reviews.values() {
            if review.product_id == summary.product_id {
                summary.count += 1;
                stars += f64::from(review.rating);
                *summary.by_rating.entry(review.rating).or_default() += 1;
            }
        }
        if let Ok(count @ 1..) = u32::try_from(summary.count) {
            summary.average = stars / f64::from(count);
        }
        Ok(Response::new(summary))
    }
}

fn newest_first(reviews: &mut [&Review]) {
    reviews.sort_by_key(|review| Reverse(review.create_time.map(|time| time.seconds)));
}
