//! `PaymentService`.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::api::shop::v1::order::State as OrderState;
use super::api::shop::v1::payment::State as PaymentState;
use super::api::shop::v1::payment_service_server::PaymentService;
use super::api::shop::v1::{
    CreatePaymentRequest, GetPaymentRequest, Money, Payment, ReconcileResponse,
    RefundPaymentRequest,
};
use super::details::{invalid, not_found, not_now};
use super::orders;
use super::store::{Store, cents, euros, now};

/// The service.
pub struct Payments(pub Arc<Store>);

#[tonic::async_trait]
impl PaymentService for Payments {
    async fn create_payment(
        &self,
        request: Request<CreatePaymentRequest>,
    ) -> Result<Response<Payment>, Status> {
        let CreatePaymentRequest { order_id, method } = request.into_inner();
        if method.as_ref().is_none_or(|method| method.method.is_none()) {
            return Err(invalid("method", "must be set"));
        }
        let mut state = self.0.write();
        let mut order = orders::get(&state, &order_id)?.clone();
        if order.state() != OrderState::Placed {
            return Err(not_now(
                "ORDER_NOT_OPEN",
                &order_id,
                "the order does not wait for payment",
            ));
        }
        order.set_state(OrderState::Paid);
        let payment = Payment {
            payment_id: state.next_id("pay"),
            order_id: order_id.clone(),
            amount: order.total.clone(),
            method,
            state: PaymentState::Captured.into(),
            create_time: Some(now()),
        };
        orders::happened(&mut state, &order_id, OrderState::Paid);
        state.orders.insert(order_id, order);
        state.payments.insert(payment.payment_id.clone(), payment.clone());
        Ok(Response::new(payment))
    }

    async fn get_payment(
        &self,
        request: Request<GetPaymentRequest>,
    ) -> Result<Response<Payment>, Status> {
        let GetPaymentRequest { payment_id } = request.into_inner();
        let payment = self.0.read().payments.get(&payment_id).cloned();
        payment.map(Response::new).ok_or_else(|| not_found("payment", &payment_id))
    }

    async fn refund_payment(
        &self,
        request: Request<RefundPaymentRequest>,
    ) -> Result<Response<Payment>, Status> {
        let RefundPaymentRequest { payment_id, reason: _ } = request.into_inner();
        let mut state = self.0.write();
        let payment =
            state.payments.get_mut(&payment_id).ok_or_else(|| not_found("payment", &payment_id))?;
        if payment.state() != PaymentState::Captured {
            return Err(not_now("PAYMENT_REFUNDED", &payment_id, "the money went back before"));
        }
        payment.set_state(PaymentState::Refunded);
        Ok(Response::new(payment.clone()))
    }

    async fn reconcile(&self, _: Request<()>) -> Result<Response<ReconcileResponse>, Status> {
        let state = self.0.read();
        let captured = state
            .payments
            .values()
            .filter(|payment| payment.state() == PaymentState::Captured)
            .filter_map(|payment| payment.amount.as_ref().and_then(cents))
            .fold(0, i64::saturating_add);
        let sum: Money = euros(captured);
        Ok(Response::new(ReconcileResponse {
            captured: [(sum.currency_code.clone(), sum)].into(),
            payments: u32::try_from(state.payments.len()).unwrap_or(u32::MAX),
        }))
    }
}
