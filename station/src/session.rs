//! A packer's day as a state machine: what a scan, a still picture or time going by does to the clip of a bench.
//!
//! Pure: inputs with their times go in, actions come out. It reads no clock and touches no disk. DESIGN.md, "The
//! session", has the diagram.

use evidence::{
    statement::{Control, Direction, EventKind, Opened, Reason},
    value::{Order, Token},
};

use crate::{
    code::{Code, Scan},
    config::SameCode,
    prompt::Prompt,
};

/// What the configuration sets for a bench's session. Times are µs.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// What the open clip's order does when it is scanned again.
    pub same_code: SameCode,
    /// How long the picture may be still before the bench asks; `None`: for ever.
    pub still_us: Option<i64>,
    /// How long a clip may last since its order was scanned last, before the bench asks.
    pub longest_us: i64,
    /// How long the bench waits for an answer.
    pub answer_us: i64,
    /// Order codes less than this apart come from one shot of the scanner; 0: each is a shot of its own.
    pub one_shot_us: i64,
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A code was scanned.
    Scan {
        /// What it is.
        scan: Scan,
        /// How it came.
        via: Via,
        /// Whole days since this order was recorded last, where that is to be warned of. The open clip does not count.
        before: Option<u64>,
    },
    /// Nothing moves before the camera.
    Still,
    /// Something moves again.
    Moving,
    /// The camera is gone.
    CameraLost,
    /// It sends nothing.
    CameraStalled,
    /// Pictures come again.
    CameraBack,
    /// The recorder closed the open clip by itself, for this reason.
    Closed(Reason),
    /// The clip that was asked for last cannot be opened.
    Refused(Refusal),
    /// Time went by: wanted at [`Session::due`], harmless at any time.
    Tick,
}

/// How a code came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A scanner of the bench read it.
    Scanner,
    /// A program handed it to the interface; whether somebody scanned it, the station cannot know.
    Api,
}

impl Via {
    /// What opened a clip, where a scanner's code would have done so as `scanned`.
    fn opened(self, scanned: Opened) -> Opened {
        match self {
            Self::Scanner => scanned,
            Self::Api => Opened::Api,
        }
    }

    /// The event that this order was taken as the clip's own.
    pub fn taken(self, order: Order) -> EventKind {
        match self {
            Self::Scanner => EventKind::OrderScan(order),
            Self::Api => EventKind::OrderApi(order),
        }
    }
}

/// Why a clip cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The disk is full, or below the floor that is kept free.
    NoRoom,
    /// The disk or the catalogue failed.
    Disk,
    /// No picture came for too long.
    Camera,
    /// The pictures that come cannot be sealed.
    Pictures,
}

/// What the bench is to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open a clip. None is open: what was open was closed by an action before this one.
    Open {
        /// Its order, where it is known.
        order: Option<Order>,
        /// What opened it.
        opened: Opened,
        /// Packed or returned.
        direction: Direction,
    },
    /// The open clip, which has no order, is of this one: sign how it came, and let END carry it.
    Bind(Order, Via),
    /// Sign this event in the open clip.
    Note(EventKind),
    /// Close the open clip.
    Close(Reason),
    /// Put the open clip on hold; where its order is not known yet, the hold follows the clip.
    Hold,
    /// This operator is signed on from now on, `None`: nobody. START of later clips says so.
    Operator(Option<Token>),
    /// Tell the packer.
    Prompt(Prompt),
}

/// The clip that was asked for and not closed yet.
#[derive(Debug)]
struct Clip {
    order: Option<Order>,
    direction: Direction,
    /// When it was opened or its order was scanned last: somebody meant it then.
    meant_us: i64,
    question: Option<Question>,
}

/// What the bench asked, and until when it waits for an answer. One at a time.
#[derive(Debug, Clone, Copy)]
struct Question {
    about: About,
    until_us: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Its order was scanned again: is the clip to end? Silence means no.
    SameCode,
    /// Nothing moves: is the clip to go on? Silence means no.
    Still,
    /// It is long: is it to go on? Silence means no.
    Longest,
}

/// Order codes that were read together.
#[derive(Debug)]
struct Shot {
    /// The first one, the only one that counts.
    order: Order,
    /// When the last one of them was read.
    at_us: i64,
    /// Whether the packer was told that there were several.
    told: bool,
}

/// The state of a bench.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    now_us: i64,
    operator: Option<Token>,
    clip: Option<Clip>,
    shot: Option<Shot>,
    /// Since when the picture's stillness counts, while it is still.
    still_us: Option<i64>,
    /// What was said of the camera, while no pictures come.
    camera_gone: Option<Prompt>,
    /// Order of a returns clip that nobody ended, to be gone on with.
    returning: Option<Order>,
    /// Of the step that is being made.
    actions: Vec<Action>,
}

impl Session {
    /// A bench at which nothing is open and nobody is signed on.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            now_us: i64::MIN,
            operator: None,
            clip: None,
            shot: None,
            still_us: None,
            camera_gone: None,
            returning: None,
            actions: Vec::new(),
        }
    }

    /// Whether a clip was asked for and not closed.
    pub fn is_recording(&self) -> bool {
        self.clip.is_some()
    }

    /// The open clip's order, where it is known.
    pub fn order(&self) -> Option<&Order> {
        self.clip.as_ref()?.order.as_ref()
    }

    /// The open clip's direction.
    pub fn direction(&self) -> Option<Direction> {
        Some(self.clip.as_ref()?.direction)
    }

    /// Who is signed on.
    pub fn operator(&self) -> Option<&Token> {
        self.operator.as_ref()
    }

    /// From when on [`Input::Tick`] does something, µs; it may have gone by. `None`: nothing is open.
    pub fn due(&self) -> Option<i64> {
        let clip = self.clip.as_ref()?;
        let first = || self.longest_due(clip).min(self.still_due().unwrap_or(i64::MAX));
        Some(clip.question.map_or_else(first, |question| question.until_us))
    }

    fn longest_due(&self, clip: &Clip) -> i64 {
        clip.meant_us.saturating_add(self.settings.longest_us)
    }

    fn still_due(&self) -> Option<i64> {
        Some(self.still_us?.saturating_add(self.settings.still_us?))
    }

    /// Takes an input of this time, µs. Scanners and camera have ways of different length: a time before that of the
    /// last input counts as that one.
    pub fn step(&mut self, at_us: i64, input: Input) -> Vec<Action> {
        self.now_us = self.now_us.max(at_us);
        match input {
            Input::Scan { scan, via, before } => self.scan(scan, via, before),
            Input::Still => _ = self.still_us.get_or_insert(self.now_us),
            Input::Moving => self.moving(),
            Input::CameraLost => self.camera_gone(Prompt::CameraLost),
            Input::CameraStalled => self.camera_gone(Prompt::CameraStalled),
            Input::CameraBack => {
                if self.camera_gone.take().is_some() {
                    self.say(Prompt::CameraBack);
                }
            }
            Input::Closed(reason) => self.closed(reason),
            Input::Refused(refusal) => self.refused(refusal),
            Input::Tick => self.tick(),
        }
        std::mem::take(&mut self.actions)
    }

    fn scan(&mut self, scan: Scan, via: Via, before: Option<u64>) {
        // Whoever scans is there: stillness counts from here.
        self.still_us = self.still_us.map(|_| self.now_us);
        let read = match &scan.code {
            Code::Order(order) if self.order() == Some(order) => via.taken(order.clone()),
            _ => EventKind::OtherCode(scan.class(), scan.length),
        };
        let going_on = self.answer(&scan.code);
        match scan.code {
            Code::Order(order) if self.read_before(&order, &read) => {}
            Code::Order(order) => self.take(order, via, before, read, going_on),
            Code::Control(control) => self.control(control, via),
            Code::Operator(operator) => self.sign(operator),
            // Beside an order it is some other code of the same label, and begins nothing.
            Code::Item if self.clip.is_none() && !self.in_shot() => {
                self.open(None, via.opened(Opened::Scan), Direction::Outgoing, None);
                self.note(read);
            }
            Code::Unknown if !self.in_shot() => {
                self.note(read);
                self.say(Prompt::UnknownCode { length: scan.length });
            }
            Code::Item | Code::Ignored | Code::Unknown => self.note(read),
        }
        if going_on && !self.actions.iter().any(|action| matches!(action, Action::Close(_))) {
            self.say(Prompt::GoingOn);
        }
    }

    /// Whether an order was read so recently that another one is of the same shot.
    fn in_shot(&self) -> bool {
        let ago = |shot: &Shot| self.now_us.saturating_sub(shot.at_us);
        self.shot.as_ref().is_some_and(|shot| ago(shot) < self.settings.one_shot_us)
    }

    /// Whether this order code is not to be taken, as its shot gave one before it.
    fn read_before(&mut self, order: &Order, read: &EventKind) -> bool {
        let (now_us, in_shot) = (self.now_us, self.in_shot());
        match &mut self.shot {
            Some(shot) if in_shot => {
                shot.at_us = now_us;
                // The same one is a double read. Which one of several the packer meant nobody knows: the first stays.
                if shot.order != *order {
                    let told = std::mem::replace(&mut shot.told, true);
                    self.note(read.clone());
                    if !told {
                        self.say(Prompt::SeveralOrders);
                    }
                }
                true
            }
            shot => {
                *shot = Some(Shot { order: order.clone(), at_us: now_us, told: false });
                false
            }
        }
    }

    /// Lets a scan answer or drop the question that was asked: whether it says that the clip is to go on.
    fn answer(&mut self, code: &Code) -> bool {
        let (now_us, in_shot) = (self.now_us, self.in_shot());
        let Some(clip) = &mut self.clip else { return false };
        // The order that a clip without one now gets is as good as its own.
        let own = matches!(code, Code::Order(order) if clip.order.as_ref().is_none_or(|own| own == order));
        if own {
            clip.meant_us = now_us;
        }
        let Some(question) = &mut clip.question else { return false };
        match (question.about, code) {
            (About::Still, _) => clip.question = None,
            (About::Longest, _) if own => clip.question = None,
            (About::Longest, _) => return false,
            // It confirms, which is looked at where the same code is.
            (About::SameCode, _) if own => return false,
            (About::SameCode, Code::Item | Code::Ignored | Code::Unknown) => {
                // The packer goes on; unless it is of the order's own label, read in one shot with it, before or after.
                if !in_shot {
                    question.until_us = question.until_us.min(now_us.saturating_add(self.settings.one_shot_us));
                }
                return false;
            }
            (About::SameCode, _) => {
                clip.question = None;
                return false;
            }
        }
        true
    }

    fn take(&mut self, order: Order, via: Via, before: Option<u64>, read: EventKind, going_on: bool) {
        match &mut self.clip {
            None => {
                let direction = match self.returning.as_ref() == Some(&order) {
                    true => Direction::Return,
                    false => Direction::Outgoing,
                };
                self.open(Some(order), via.opened(Opened::Scan), direction, before);
            }
            Some(clip) if clip.order.as_ref() == Some(&order) => self.again(read, going_on),
            Some(clip) if clip.order.is_none() => {
                clip.order = Some(order.clone());
                let direction = clip.direction;
                self.actions.push(Action::Bind(order.clone(), via));
                self.say(Prompt::OrderBound { order: order.clone() });
                self.tell_of_earlier(order, direction, before);
            }
            Some(clip) => {
                // A returns desk scans RETURN once, then works through its heap: the next one is a return, too.
                let direction = clip.direction;
                self.note(EventKind::NextScan);
                self.close(Reason::NextScan);
                self.open(Some(order), via.opened(Opened::Scan), direction, before);
            }
        }
    }

    /// The open clip's order was scanned again.
    fn again(&mut self, read: EventKind, going_on: bool) {
        let question = self.clip.as_mut().and_then(|clip| clip.question.take());
        let confirmed = question.is_some_and(|question| self.now_us < question.until_us);
        match self.settings.same_code {
            // The bench asked whether to go on: whatever else this scan may mean, now it is the answer.
            _ if going_on => self.note(read),
            SameCode::Ignore => self.note(read),
            SameCode::Stop => self.close(Reason::SameCode),
            SameCode::Ask if confirmed => self.close(Reason::SameCode),
            SameCode::Ask => {
                self.note(read);
                let seconds = self.ask(About::SameCode);
                self.say(Prompt::SameCodeAsk { seconds });
            }
        }
    }

    fn control(&mut self, control: Control, via: Via) {
        let opened = via.opened(Opened::Control);
        if control == Control::Shift {
            return self.sign(None);
        }
        if self.clip.is_none() {
            return match control {
                Control::Start => self.open(None, opened, Direction::Outgoing, None),
                Control::Return => self.open(None, opened, Direction::Return, None),
                Control::Hold => self.say(Prompt::HoldNeedsClip),
                Control::End | Control::Cancel | Control::Shift => self.say(Prompt::NothingOpen),
            };
        }
        self.note(EventKind::Control(control));
        match control {
            Control::Start | Control::Return => {
                let direction = if control == Control::Start { Direction::Outgoing } else { Direction::Return };
                self.close(Reason::NextScan);
                self.open(None, opened, direction, None);
            }
            Control::End => self.close(Reason::EndCode),
            Control::Cancel => self.close(Reason::Cancelled),
            Control::Hold => {
                self.actions.push(Action::Hold);
                self.say(Prompt::HoldSet);
            }
            Control::Shift => {}
        }
    }

    fn sign(&mut self, operator: Option<Token>) {
        self.operator.clone_from(&operator);
        self.actions.push(Action::Operator(operator.clone()));
        self.note(operator.clone().map_or(EventKind::OperatorOff, EventKind::Operator));
        self.say(operator.map_or(Prompt::OperatorOff, |operator| Prompt::OperatorOn { operator }));
    }

    fn open(&mut self, order: Option<Order>, opened: Opened, direction: Direction, before: Option<u64>) {
        self.returning = None;
        self.clip = Some(Clip { order: order.clone(), direction, meant_us: self.now_us, question: None });
        self.actions.push(Action::Open { order: order.clone(), opened, direction });
        self.say(match (order.clone(), direction) {
            (None, Direction::Outgoing) => Prompt::Started,
            (None, Direction::Return) => Prompt::ReturnStarted,
            (Some(order), Direction::Outgoing) => Prompt::OrderOpened { order },
            (Some(order), Direction::Return) => Prompt::ReturnOpened { order },
        });
        if let Some(order) = order {
            self.tell_of_earlier(order, direction, before);
        }
        if let Some(prompt) = self.camera_gone.clone() {
            // Said before, and not heeded.
            self.say(prompt);
        }
    }

    fn tell_of_earlier(&mut self, order: Order, direction: Direction, before: Option<u64>) {
        let Some(days) = before else { return };
        self.say(match direction {
            Direction::Outgoing => Prompt::DuplicateOrder { order, days },
            // What comes back went out before.
            Direction::Return => Prompt::ReturnKnown { order, days },
        });
    }

    fn close(&mut self, reason: Reason) {
        let Some(clip) = self.clip.take() else { return };
        self.actions.push(Action::Close(reason));
        match reason {
            Reason::Timeout => {
                self.unfinished(clip);
                self.say(Prompt::TimedOut);
            }
            Reason::Cancelled => self.say(Prompt::Cancelled),
            _ if clip.order.is_none() => self.say(Prompt::NoOrder),
            // The next clip's prompt follows, and says as much.
            Reason::NextScan => {}
            _ => self.say(Prompt::Ended),
        }
    }

    /// The packer was told to scan this clip's order again: a return stays one.
    fn unfinished(&mut self, clip: Clip) {
        self.returning = clip.order.filter(|_| clip.direction == Direction::Return);
    }

    fn closed(&mut self, reason: Reason) {
        match self.clip.take() {
            Some(clip) => self.unfinished(clip),
            // It was a clip whose end was decided: bad only if it did not get there.
            None if reason.is_complete() => return,
            None => {}
        }
        self.say(match reason {
            Reason::NextScan | Reason::EndCode | Reason::SameCode | Reason::Stopped => Prompt::Ended,
            Reason::Cancelled => Prompt::Cancelled,
            Reason::Timeout => Prompt::StoppedLongest,
            Reason::SourceEnd => Prompt::StoppedSourceEnd,
            Reason::FormatChanged => Prompt::StoppedFormatChanged,
            Reason::CameraLost => Prompt::StoppedCameraLost,
            Reason::DiskFull => Prompt::StoppedDiskFull,
            Reason::Damaged | Reason::Recovered => Prompt::StoppedDamaged,
            Reason::Shutdown => Prompt::StoppedShutdown,
        });
    }

    fn refused(&mut self, refusal: Refusal) {
        if let Some(clip) = self.clip.take() {
            self.unfinished(clip);
        }
        self.say(match refusal {
            Refusal::NoRoom => Prompt::RefusedNoRoom,
            Refusal::Disk => Prompt::RefusedDisk,
            Refusal::Camera => Prompt::RefusedCamera,
            Refusal::Pictures => Prompt::RefusedPictures,
        });
    }

    fn moving(&mut self) {
        self.still_us = None;
        if self.drop_still_question() {
            self.say(Prompt::GoingOn);
        }
    }

    fn camera_gone(&mut self, prompt: Prompt) {
        // Without pictures nobody knows what moves. The recorder ends a clip that gets none for long.
        self.still_us = None;
        self.drop_still_question();
        if self.camera_gone.is_none() {
            self.camera_gone = Some(prompt.clone());
            self.say(prompt);
        }
    }

    fn drop_still_question(&mut self) -> bool {
        let question = self.clip.as_mut().map(|clip| &mut clip.question);
        question.is_some_and(|question| question.take_if(|question| question.about == About::Still).is_some())
    }

    fn tick(&mut self) {
        let now_us = self.now_us;
        let Some(clip) = &mut self.clip else { return };
        match clip.question {
            Some(question) if now_us < question.until_us => return,
            Some(Question { about: About::Still | About::Longest, .. }) => return self.close(Reason::Timeout),
            Some(Question { about: About::SameCode, .. }) | None => clip.question = None,
        }
        let longest = self.clip.as_ref().is_some_and(|clip| now_us >= self.longest_due(clip));
        if longest {
            let seconds = self.ask(About::Longest);
            self.say(Prompt::LongestAsk { seconds });
        } else if self.still_due().is_some_and(|due_us| now_us >= due_us) {
            let seconds = self.ask(About::Still);
            self.say(Prompt::StillAsk { seconds });
        }
    }

    /// Asks: how many seconds there are to answer.
    fn ask(&mut self, about: About) -> u64 {
        let until_us = self.now_us.saturating_add(self.settings.answer_us);
        if let Some(clip) = &mut self.clip {
            clip.question = Some(Question { about, until_us });
        }
        u64::try_from(self.settings.answer_us).unwrap_or(0).div_ceil(1_000_000)
    }

    fn note(&mut self, kind: EventKind) {
        if self.clip.is_some() {
            self.actions.push(Action::Note(kind));
        }
    }

    fn say(&mut self, prompt: Prompt) {
        self.actions.push(Action::Prompt(prompt));
    }
}

#[cfg(test)]
mod tests;
