//! `UserService`.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::api::shop::v1::user_service_server::UserService;
use super::api::shop::v1::{
    BatchGetUsersRequest, BatchGetUsersResponse, CreateUserRequest, GetUserRequest,
    ListUsersRequest, ListUsersResponse, UpdateUserRequest, User,
};
use super::details::{Violations, already_exists, invalid, not_found};
use super::mask;
use super::page::{Page, Sizes};
use super::products::check_batch;
use super::store::{State, Store, now};

const SIZES: Sizes = Sizes { default: 10, most: 100 };

/// The service.
pub struct Users(pub Arc<Store>);

#[tonic::async_trait]
impl UserService for Users {
    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<User>, Status> {
        get(&self.0.read(), &request.into_inner().user_id).cloned().map(Response::new)
    }

    async fn list_users(
        &self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<ListUsersResponse>, Status> {
        let ListUsersRequest { page_size, page_token } = request.into_inner();
        let page = Page::parse(page_size, &page_token, &ListUsersRequest::default(), SIZES)?;
        let state = self.0.read();
        let users: Vec<_> = state.users.values().collect();
        let (users, next_page_token) = page.cut(&users);
        Ok(Response::new(ListUsersResponse { users, next_page_token }))
    }

    async fn batch_get_users(
        &self,
        request: Request<BatchGetUsersRequest>,
    ) -> Result<Response<BatchGetUsersResponse>, Status> {
        let BatchGetUsersRequest { user_ids } = request.into_inner();
        check_batch("user_ids", &user_ids)?;
        let state = self.0.read();
        let users = user_ids.iter().filter_map(|id| state.users.get(id)).cloned().collect();
        Ok(Response::new(BatchGetUsersResponse { users }))
    }

    async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<User>, Status> {
        let user = request.into_inner().user;
        let mut user = user.ok_or_else(|| invalid("user", "must be set"))?;
        let mut state = self.0.write();
        check(&state, &user, "")?;
        user.user_id = state.next_id("u");
        user.create_time = Some(now());
        state.users.insert(user.user_id.clone(), user.clone());
        Ok(Response::new(user))
    }

    async fn update_user(
        &self,
        request: Request<UpdateUserRequest>,
    ) -> Result<Response<User>, Status> {
        let UpdateUserRequest { user, update_mask } = request.into_inner();
        let change = user.ok_or_else(|| invalid("user", "must be set"))?;
        let mut state = self.0.write();
        let present = get(&state, &change.user_id)?;
        let mut merged = mask::merge(present, &change, update_mask.as_ref())?;
        merged.user_id = change.user_id;
        check(&state, &merged, &merged.user_id)?;
        state.users.insert(merged.user_id.clone(), merged.clone());
        Ok(Response::new(merged))
    }
}

fn get<'a>(state: &'a State, user_id: &str) -> Result<&'a User, Status> {
    state.users.get(user_id).ok_or_else(|| not_found("user", user_id))
}

/// Whether `user`, who has the id `own`, may be like this.
fn check(state: &State, user: &User, own: &str) -> Result<(), Status> {
    let mut violations = Violations::default();
    violations.check(!user.email.contains('@'), "user.email", "must be an e-mail address");
    violations.check(user.display_name.trim().is_empty(), "user.display_name", "must be set");
    violations.check(user.addresses.len() > 20, "user.addresses", "must be at most 20");
    violations.done()?;
    if state.users.values().any(|other| other.email == user.email && other.user_id != own) {
        return Err(already_exists("user", &user.email));
    }
    Ok(())
}
