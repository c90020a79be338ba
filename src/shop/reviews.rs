//! `ReviewService`.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::api::shop::v1::review_service_server::ReviewService;
use super::api::shop::v1::{
    CreateReviewRequest, GetReviewRequest, ListReviewsRequest, ListReviewsResponse, Review,
    ReviewSummary, SummarizeReviewsRequest,
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
        reviews
            .sort_by_key(|review| std::cmp::Reverse(review.create_time.map(|time| time.seconds)));
        let total_size = i32::try_from(reviews.len()).unwrap_or(i32::MAX);
        let (reviews, next_page_token) = page.cut(&reviews);
        Ok(Response::new(ListReviewsResponse { reviews, next_page_token, total_size }))
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
