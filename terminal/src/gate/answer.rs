//! Answers what screens ask, on the gate's thread.

use super::Gate;
use crate::door::{Answer, Notice, Request, SessionAnswer};

impl Gate {
    /// Does what a screen asks for and returns what it, or the door, is to be told.
    pub fn answer(&mut self, request: Request) -> Notice {
        // The screen asks nothing of this kind while it is locked; whoever gets round it gets nothing.
        if self.session.is_locked() && !matches!(request, Request::Session(_)) {
            return Notice::Answer(Box::new(Answer::Session(SessionAnswer::Locked)));
        }
        let answer = match request {
            Request::Session(request) => Ok(Answer::Session(self.session_answer(request))),
            Request::Undoable => self.undoable().map(Answer::Undoable),
            Request::Undo { entry, reason } => self.undo(entry, &reason),
            Request::Wares => Ok(Answer::Wares(self.wares())),
            Request::Sell(order) => self.answer_order(&order),
            Request::Sales => Ok(Answer::Sales(self.sales())),
            Request::SoldTicket(entry) => Ok(self.answer_sold(entry)),
            Request::PutOut(entry, outlet) => Ok(Answer::PutOut(self.put_out(entry, outlet))),
            Request::AdmitSold(entry) => {
                return match self.admit_sold(entry) {
                    Ok(Some(decided)) => Notice::Decided(Box::new(decided)),
                    Ok(None) => Notice::Answer(Box::new(Answer::Sales(self.sales()))),
                    Err(fault) => Notice::Fault(fault),
                };
            }
            Request::Decide(decision) => match self.decide_against(&decision) {
                Ok(Ok(decided)) => return Notice::Decided(Box::new(decided)),
                Ok(Err(refused)) => Ok(Answer::NotDecided(refused)),
                Err(fault) => Err(fault),
            },
            Request::Seek(seek) => {
                self.seek(seek);
                Ok(Answer::Sought)
            }
            Request::Known(ticket) => {
                let known = self.known(ticket).map(|known| Answer::Known(known.map(Box::new)));
                known.map_err(|error| self.fault(&error))
            }
            Request::Doors => Ok(Answer::Doors(Box::new(self.doors_seen()))),
            Request::StandAt(gate) => Ok(self.stand_at(gate)),
            Request::Probe(probe) => Ok(Answer::Probed(self.probe(probe))),
            Request::KeepDrill(drill) => Ok(Answer::DrillKept(self.keep_drill(&drill).is_ok())),
        };
        match answer {
            Ok(answer) => Notice::Answer(Box::new(answer)),
            Err(fault) => Notice::Fault(fault),
        }
    }
}
