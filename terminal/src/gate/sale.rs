//! Selling at the door: a WALKIN entry first, the ticket after it. Never waits for the network.

use sync_protocol::id::{ClassId, Seq};
use sync_protocol::journal::entry::{Amount, NOTE_BYTES_MAX, OPERATOR_BYTES_MAX};
use sync_protocol::journal::walk_in::{NO_CURRENCY, Payment, Right};
use sync_protocol::journal::{EntryKind, Flags};
use sync_protocol::policy::{Policy, Price};
use sync_protocol::text::tidy;
use sync_protocol::verdict::{Direction, Readiness};

use super::supervisors::Approval;
use super::{Gate, Source};
use crate::cache::{FULL_BYTES, Store, StoreError};
use crate::clock::Moment;
use crate::door::{Answer, Decided, Fault, NotUndone, Outlet, Undoable};
use crate::print::shop::{Done, Job};
use crate::walk_in::right::{Question, decide, left, sells};
use crate::walk_in::{Order, Receipt, Refusal, Sold, Ware};

/// How many sales are offered to be taken back.
const SALES_OFFERED_MAX: usize = 50;

impl Gate {
    /// Returns the ticket types that this terminal sells, in the order of the rules; none for a
    /// terminal that does not sell.
    pub fn wares(&self) -> Vec<Ware> {
        let Some((_, policy)) = self.store.policy() else { return Vec::new() };
        let at = self.store.time_of_next_entry(&self.moment());
        let certificate = self.store.certificate();
        let sold_here = policy.classes.iter().filter(|class| sells(certificate, class.id));
        sold_here
            .map(|class| {
                let lease = self.store.lease(class.id);
                Ware {
                    class: class.id,
                    name: class.name.clone(),
                    price: class.price.clone(),
                    left: left(lease, self.store.book(), class.id, at),
                    expires: lease.map(|lease| lease.expires),
                    then: policy.switches.walk_in,
                }
            })
            .collect()
    }

    /// Sells a ticket. When this returns a receipt, the sale is on the disk.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the machine cannot write it down; then nothing is sold.
    pub fn sell(&mut self, order: &Order) -> Result<Result<Receipt, Refusal>, Fault> {
        let moment = self.moment();
        if self.clock_went_back(&moment) {
            return Err(Fault::ClockWentBack);
        }
        let free = self.store.free_bytes();
        if free < FULL_BYTES {
            self.store.release_reserve();
            return Err(Fault::DiskFull(free));
        }
        let Some((_, policy)) = self.store.policy() else { return Ok(Err(Refusal::NotReady)) };
        let (right, approval) = match self.right(order, &policy, &moment)? {
            Ok(allowed) => allowed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let price = policy.class(order.class).and_then(|class| class.price.as_ref());
        let mut draft = Store::draft(EntryKind::WalkIn);
        draft.flags = Flags::WALK_IN;
        draft.gate = self.gate;
        draft.class = order.class;
        draft.reason = right.reason();
        draft.amount = Some(amount(price, order.payment));
        draft.operator = order.operator.as_deref().map(|name| tidy(name, OPERATOR_BYTES_MAX));
        if let Some(approval) = approval {
            draft.flags = draft.flags.and(Flags::OVERRIDE);
            draft.note = Some(tidy(&approval.note("no place was left"), NOTE_BYTES_MAX));
        }
        let sold = match self.store.sell(draft, &order.guest, &moment) {
            Ok(signed) => self.store.book().sale(signed.entry().seq).cloned(),
            // A form checks this before; whatever else came here is told, not written.
            Err(StoreError::Unwritable(_)) => return Ok(Err(Refusal::Guest)),
            Err(error) => return Err(self.fault(&error)),
        };
        // What was just written is in the book.
        Ok(sold.map(|sold| self.receipt(sold)).ok_or(Refusal::Guest))
    }

    /// Says under which right a ticket is sold, and who approved of it where somebody had to.
    fn right(
        &mut self,
        order: &Order,
        policy: &Policy,
        moment: &Moment,
    ) -> Result<Result<(Right, Option<Approval>), Refusal>, Fault> {
        if self.readiness(moment) != Readiness::Ready {
            return Ok(Err(Refusal::NotReady));
        }
        let question = Question {
            certificate: self.store.certificate(),
            policy,
            book: self.store.book(),
            lease: self.store.lease(order.class),
            class: order.class,
            at: self.store.time_of_next_entry(moment),
        };
        match decide(&question) {
            Err(Refusal::AskSupervisor) => {}
            decided => return Ok(decided.map(|right| (right, None))),
        }
        Ok(match self.supervised(order.supervisor.as_ref(), policy, moment)? {
            Ok(approval) => Ok((Right::Supervisor, Some(approval))),
            Err(None) => Err(Refusal::AskSupervisor),
            Err(Some(refused)) => Err(Refusal::Pin(refused)),
        })
    }

    /// Returns what this terminal sold, newest first.
    pub fn sales(&self) -> Vec<Sold> {
        self.store.book().sales().rev().cloned().collect()
    }

    /// Returns a sale with its ticket, as it was on the screen when it was made.
    pub fn sold(&self, entry: Seq) -> Option<Receipt> {
        self.store.book().sale(entry).cloned().map(|sold| self.receipt(sold))
    }

    fn receipt(&self, sold: Sold) -> Receipt {
        let policy = self.store.policy().map(|(_, policy)| policy);
        Receipt {
            event: policy.as_ref().map_or_else(String::new, |policy| policy.event.clone()),
            class: class_name(policy.as_deref(), sold.class),
            credential: self.store.sold_credential(&sold).to_text(),
            sold,
        }
    }

    /// Lets in whoever a ticket was just sold to, as if the ticket had been shown; nothing if there
    /// is no such sale.
    ///
    /// # Errors
    ///
    /// As [`Gate::present`].
    pub fn admit_sold(&mut self, entry: Seq) -> Result<Option<Decided>, Fault> {
        let Some(receipt) = self.sold(entry) else { return Ok(None) };
        self.present(&receipt.credential, Source::Scanned, Direction::Entry).map(Some)
    }

    /// Writes down that a right to sell ended unspent: the server returns the places once it holds
    /// this journal beyond that time.
    pub(super) fn return_rights(&mut self) -> Result<(), StoreError> {
        let moment = self.moment();
        if self.store.suspension().is_some() || self.clock_went_back(&moment) {
            return Ok(());
        }
        let (at, last) = (self.store.time_of_next_entry(&moment), self.store.last_entry_at());
        let book = self.store.book();
        let has_ended = self
            .store
            .leases()
            .any(|(class, lease)| lease.expires <= at && last < lease.expires && lease.count > book.spent(class));
        if has_ended {
            let mut draft = Store::draft(EntryKind::Sync);
            draft.gate = self.gate;
            self.store.append(draft, &moment)?;
        }
        Ok(())
    }
}

/// Taking a sale back.
impl Gate {
    /// Returns this terminal's sales that may be taken back.
    pub(super) fn undoable_sales(&self) -> Vec<Undoable> {
        let sales = self.store.book().sales().rev().filter(|sold| !sold.is_undone);
        sales.take_while(|sold| self.is_young_enough(sold.at)).take(SALES_OFFERED_MAX).map(undoable).collect()
    }

    /// Takes a sale back: its ticket is cancelled here at once, and whoever came in with it at this
    /// door counts as not having come in. When this returns, all of it is on the disk.
    pub(super) fn undo_sale(&mut self, entry: Seq, reason: &str) -> Result<Answer, Fault> {
        let Some(sold) = self.store.book().sale(entry).filter(|sold| !sold.is_undone).cloned() else {
            return Ok(Answer::NotUndone(NotUndone::Gone));
        };
        if !self.is_young_enough(sold.at) {
            return Ok(Answer::NotUndone(NotUndone::TooLate));
        }
        let moment = self.moment();
        if self.clock_went_back(&moment) {
            return Err(Fault::ClockWentBack);
        }
        let came_in: Vec<Seq> =
            self.own_movements().iter().filter(|own| own.ticket == sold.ticket).map(|own| own.seq).collect();
        // The sale last: if the power goes in between, it can still be taken back.
        for target in came_in.into_iter().rev().chain([entry]) {
            let mut draft = Store::draft(EntryKind::Undo);
            draft.gate = self.gate;
            draft.ticket = sold.ticket;
            draft.undo_target = Some(target);
            draft.note = Some(tidy(reason, NOTE_BYTES_MAX));
            self.store.append(draft, &moment).map_err(|error| self.fault(&error))?;
        }
        Ok(Answer::Undone(undoable(&sold)))
    }
}

fn undoable(sold: &Sold) -> Undoable {
    Undoable {
        entry: sold.entry,
        at: sold.at,
        direction: Direction::Entry,
        is_sale: true,
        ticket: sold.ticket,
        name: sold.name().to_owned(),
    }
}

/// Answers of the gate's thread to the screens that sell.
impl Gate {
    pub(super) fn answer_order(&mut self, order: &Order) -> Result<Answer, Fault> {
        Ok(match self.sell(order)? {
            Ok(receipt) => Answer::Sold(Box::new(receipt)),
            Err(refusal) => {
                let policy = self.store.policy().map(|(_, policy)| policy);
                let named = policy.iter().flat_map(|policy| &policy.supervisors);
                let supervisors = named.map(|supervisor| supervisor.name.clone()).collect();
                Answer::NotSold { refusal, wares: self.wares(), supervisors }
            }
        })
    }

    /// Gives the ticket of a sale to the printer, or to the folder for files.
    pub(super) fn put_out(&self, entry: Seq, outlet: Outlet) -> Done {
        match (outlet, &self.shop, self.sold(entry)) {
            (Outlet::Printer, Some(shop), Some(receipt)) => {
                shop.take(Job::Print(receipt.sheet(shop.outlets().language)))
            }
            (Outlet::Files, Some(shop), Some(receipt)) => shop.take(Job::Save(receipt.sheet(shop.outlets().language))),
            (Outlet::Printer, ..) => Done::NoPrinter,
            (Outlet::Files, ..) => Done::NoFolder,
        }
    }

    /// Answers with the ticket of a sale, or with the sales there are.
    pub(super) fn answer_sold(&self, entry: Seq) -> Answer {
        self.sold(entry).map_or_else(|| Answer::Sales(self.sales()), |receipt| Answer::Sold(Box::new(receipt)))
    }
}

/// Returns what is taken: nothing for what costs nothing.
fn amount(price: Option<&Price>, payment: Payment) -> Amount {
    let currency = price.and_then(|price| price.currency.as_bytes().try_into().ok()).unwrap_or(NO_CURRENCY);
    match price.map_or(0, |price| price.amount) {
        minor if minor > 0 && payment != Payment::Free => Amount { minor, currency, method: payment as u8 },
        _ => Amount { minor: 0, currency, method: Payment::Free as u8 },
    }
}

fn class_name(policy: Option<&Policy>, class: ClassId) -> String {
    policy.and_then(|policy| policy.class(class)).map_or_else(String::new, |class| class.name.clone())
}
