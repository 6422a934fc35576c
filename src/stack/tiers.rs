//! The tiers, started in an order in which each finds those that it calls, and
//! stopped from the outside in.

use std::sync::Arc;

use super::control::Control;
use super::dataverse::Dataverse;
use super::gateway::{Gateway, GatewayError};
use super::issuer::{Issuer, Tenant};
use super::model::Model;
use super::service::{Service, ServiceError, ServiceOptions};
use super::trigger::Trigger;
use super::wiring::{Counted, Ours, Seat, Start};
use super::{Addresses, Front, Guest, LogSource, Restart, StackError};
use crate::door::Origin;

/// What runs already.
#[derive(Debug, Default)]
pub(super) struct Tiers {
    pub(super) issuer: Option<Issuer>,
    pub(super) dataverse: Option<Dataverse>,
    pub(super) model: Option<Model>,
    pub(super) trigger: Option<Trigger>,
    pub(super) service: Option<Service>,
    pub(super) gateway: Option<Gateway>,
    pub(super) control: Option<Control>,
}

fn counted(gateway: &Gateway) -> Counted {
    (Arc::clone(gateway.counters()), gateway.metric_sums().clone(), gateway.patience().clone())
}

impl Tiers {
    pub(super) async fn start(&mut self, start: &Start<'_>) -> Result<(Addresses, Tenant), StackError> {
        let issuer = self.issuer.insert(Issuer::start(start.issuer()).await?);
        let (tenant, issuer) = (issuer.tenant().clone(), issuer.origin().clone());
        if let Some(front) = &start.options.front {
            return self.before(start, front, (tenant, issuer)).await;
        }
        let dataverse = self.dataverse.insert(Dataverse::start(start.dataverse(&tenant)).await?);
        let (handle, called) = (dataverse.handle().clone(), dataverse.origin().clone());
        let dataverse = dataverse.plain().clone();
        let board = handle.board();
        let model = self.model.insert(Model::start(start.model(board.clone())).await?).origin().clone();
        let trigger = &*self.trigger.insert(Trigger::start(start.trigger(&tenant, board)).await?);
        let (behind, received) = (start.behind(&model, trigger), trigger.handle().clone());
        let trigger = trigger.origin().clone();
        let (seat, service) = self.seat(start, start.service(&tenant, &dataverse, behind)).await?;
        let backends = [("service", &service), ("dataverse", &dataverse)];
        let gateway = Gateway::start(start.gateway(&tenant, &issuer, &backends)).await;
        let gateway = gateway.map_err(not_governed)?;
        let gateway = self.gateway.insert(gateway);
        let (counted, gateway) = (counted(gateway), gateway.origin().clone());
        start.gateway.set(gateway.clone()).expect("nobody else fills the cell");
        let ours = Ours { dataverse: handle, seat, trigger: received };
        let control = Control::start(start.control(&tenant, counted, Some(ours))).await?;
        let control = self.control.insert(control).origin().clone();
        let (dataverse, model, trigger) = (Some(called), Some(model), Some(trigger));
        Ok((Addresses { issuer, gateway, service, dataverse, model, trigger, control }, tenant))
    }

    /// Who sits in the service's place, and where: ours is started, a guest's is
    /// not.
    async fn seat(&mut self, start: &Start<'_>, ours: ServiceOptions) -> Result<(Seat, Origin), StackError> {
        if let Some(Guest { origin, restart, log }) = start.options.guest.clone() {
            return Ok((Seat { restart, log }, origin));
        }
        let service = Service::start(ours).await.map_err(|fault| match fault {
            ServiceError::Listen(fault) => fault,
            ServiceError::Log(fault) => StackError::Rows(fault),
        })?;
        let service = self.service.insert(service);
        let (handle, reader) = (service.handle().clone(), service.handle().clone());
        let restart = Restart::new(move || {
            let handle = handle.clone();
            async move {
                handle.restart().await;
                Ok(())
            }
        });
        let log = LogSource::new(move |at, buffer: &mut [u8]| reader.read_log(at, buffer));
        Ok((Seat { restart: Some(restart), log: Some(log) }, service.origin().clone()))
    }

    /// Issuer, gateway and control surface before somebody else's service.
    async fn before(
        &mut self,
        start: &Start<'_>,
        front: &Front,
        (tenant, issuer): (Tenant, Origin),
    ) -> Result<(Addresses, Tenant), StackError> {
        let gateway = Gateway::start(start.front(&tenant, &issuer, front)).await.map_err(not_governed)?;
        let gateway = self.gateway.insert(gateway);
        let (counted, gateway) = (counted(gateway), gateway.origin().clone());
        let control = Control::start(start.control(&tenant, counted, None)).await?;
        let control = self.control.insert(control).origin().clone();
        let service = Origin::parse(&front.service).unwrap_or_else(|| gateway.clone());
        Ok((Addresses { issuer, gateway, service, dataverse: None, model: None, trigger: None, control }, tenant))
    }

    /// From the outside in, so that nobody calls a tier that is gone.
    pub(super) async fn stop(self) {
        if let Some(control) = self.control {
            control.stop().await;
        }
        if let Some(gateway) = self.gateway {
            gateway.stop().await;
        }
        if let Some(service) = self.service {
            service.stop().await;
        }
        if let Some(trigger) = self.trigger {
            trigger.stop().await;
        }
        if let Some(model) = self.model {
            model.stop().await;
        }
        if let Some(dataverse) = self.dataverse {
            dataverse.stop().await;
        }
        if let Some(issuer) = self.issuer {
            issuer.stop().await;
        }
    }
}

fn not_governed(fault: GatewayError) -> StackError {
    match fault {
        GatewayError::Documents(found) => StackError::Mocks(found),
        GatewayError::Bind { address, source } => StackError::Bind { tier: "gateway", address, source },
    }
}
