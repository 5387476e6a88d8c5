//! What the attributes make of a function.
//!
//! The body moves into a coroutine of its own, so that the compiler's messages name the types written there. A coroutine around it
//! returns a result of asyncio's. Both have the function's name, because tasks and callbacks show it in a `repr` and in the report
//! of a deadlock.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

use crate::arguments::{Argument, parse};
use crate::function::Function;
use crate::problem::Problem;

/// The options that `main` and `test` share.
#[derive(Default)]
struct Common {
    krate: Option<String>,
    clock: Option<&'static str>,
    debug: Option<bool>,
}

impl Common {
    /// Takes the argument, if it is one of these.
    fn take(&mut self, argument: &Argument) -> Result<bool, Problem> {
        match argument.name.as_str() {
            "crate" => self.krate = Some(argument.path()?),
            "clock" => self.clock = Some(argument.one_of(&[("virtual", "Virtual"), ("real", "Real")])?),
            "debug" => self.debug = Some(argument.truth()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn krate(&self) -> String {
        self.krate.clone().unwrap_or_else(|| "::asyncio".to_owned())
    }

    /// The calls that set the options of a runner.
    fn calls(&self) -> String {
        let krate = self.krate();
        let clock = self.clock.map(|clock| format!(".clock({krate}::Clock::{clock})")).unwrap_or_default();
        let debug = self.debug.map(|debug| format!(".debug({debug})")).unwrap_or_default();
        clock + &debug
    }
}

/// `#[asyncio::main]`.
pub(crate) fn main(arguments: TokenStream, function: TokenStream) -> Result<TokenStream, Problem> {
    let function = Function::parse(function, "main")?;
    let mut common = Common::default();
    for argument in parse(arguments, &["clock", "debug", "crate"])? {
        common.take(&argument)?;
    }
    let (krate, calls) = (common.krate(), common.calls());
    let runner = match calls.as_str() {
        "" => "::core::option::Option::None".to_owned(),
        calls => format!("::core::option::Option::Some({krate}::Runner::new(){calls})"),
    };
    let name = &function.name;
    let wrapper = Wrapper {
        first: TokenStream::new(),
        returns: Some("impl ::std::process::Termination"),
        settle: format!("{krate}::entry::main_result"),
        run: format!("{krate}::entry::run_main({runner}, {name}())"),
        attribute: "",
    };
    Ok(wrapper.around(function, &krate))
}

/// How the orders of a test are explored.
#[derive(Default)]
struct Orders {
    schedules: Option<u64>,
    threads: Option<u64>,
    seed: Option<u64>,
    schedule: Option<String>,
    delays: Option<u64>,
    slow_steps: Option<f64>,
}

/// `#[asyncio::test]`.
pub(crate) fn test(arguments: TokenStream, function: TokenStream) -> Result<TokenStream, Problem> {
    let function = Function::parse(function, "test")?;
    if let Some(other) = function.other_test() {
        return Err(Problem::at(&other, "`#[asyncio::test]` makes a test by itself: leave the other attribute out"));
    }
    let (mut common, mut orders, mut denies) = (Common::default(), Orders::default(), false);
    let (mut of_orders, mut network) = (None, None);
    let known = [
        "clock",
        "debug",
        "leaks",
        "schedules",
        "threads",
        "delays",
        "seed",
        "slow_steps",
        "schedule",
        "network",
        "crate",
    ];
    let arguments = parse(arguments, &known)?;
    for argument in &arguments {
        if common.take(argument)? {
            continue;
        }
        match argument.name.as_str() {
            "leaks" => denies = argument.one_of(&[("deny", true), ("cancel", false)])?,
            "schedules" => orders.schedules = Some(argument.number(1)?),
            "threads" => orders.threads = Some(argument.number(1)?),
            "delays" => orders.delays = Some(argument.number(1)?),
            "seed" => orders.seed = Some(argument.number(0)?),
            "slow_steps" => orders.slow_steps = Some(argument.seconds()?),
            "network" => network = Some(argument),
            _ => orders.schedule = Some(token(argument)?),
        }
        if !["leaks", "network"].contains(&argument.name.as_str()) {
            of_orders = of_orders.or(Some(argument));
        }
    }
    if let Some(argument) = of_orders.or(network).filter(|_| !cfg!(feature = "simulation")) {
        let text = format!(
            "`{}` needs the feature `simulation` of asyncio: `asyncio = {{ …, features = [\"simulation\"] }}`",
            argument.name
        );
        return Err(Problem::new(Some(argument.at), text));
    }
    let (krate, name) = (common.krate(), &function.name);
    let first = network.map(|argument| enter(argument, &krate)).transpose()?.unwrap_or_default();
    let run = match of_orders {
        None => {
            let leaks = if denies { ".deny_leaks()" } else { "" };
            format!("{krate}::testing::TestRunner::new(){}{leaks}.run({name}())", common.calls())
        }
        Some(_) => {
            if let Some(other) = arguments.iter().find(|argument| ["clock", "debug"].contains(&argument.name.as_str()))
            {
                let text = format!("`{}` has no effect where orders are explored: leave it out", other.name);
                return Err(Problem::new(Some(other.at), text));
            }
            let leaks = if denies { "" } else { ".allow_leaked_tasks()" };
            let options = orders.calls(&arguments, &krate)?;
            format!("{krate}::simulation::explore({name}){leaks}{options}.check()")
        }
    };
    let wrapper = Wrapper {
        first,
        returns: None,
        settle: format!("{krate}::entry::test_result"),
        run,
        attribute: "#[::core::prelude::v1::test]",
    };
    Ok(wrapper.around(function, &krate))
}

/// The statement that puts the test on a network: a perfect one, or the value of an expression.
fn enter(argument: &Argument, krate: &str) -> Result<TokenStream, Problem> {
    let network = match argument.expression() {
        Some(expression) => expression,
        None => {
            argument.one_of(&[("memory", ())])?;
            format!("{krate}::simulation::Network::new()").parse().expect("it is Rust")
        }
    };
    let mut statement: TokenStream = "let __network =".parse().expect("it is Rust");
    statement.extend([TokenTree::Group(Group::new(Delimiter::Parenthesis, network))]);
    statement.extend(".enter();".parse::<TokenStream>().expect("it is Rust"));
    Ok(statement)
}

/// Checks a token, as far as that is possible without the parser of the crate `simulation`.
fn token(argument: &Argument) -> Result<String, Problem> {
    let wanted = "a token, such as \"1:fence:dev:3=1/4\"";
    let text = argument.string(wanted)?;
    if !text.starts_with("1:fence:walk:") && !text.starts_with("1:fence:dev:") {
        return Err(Problem::new(Some(argument.at), format!("`schedule` is {wanted}, not {text:?}")));
    }
    Ok(text)
}

impl Orders {
    /// The calls that set the options of an exploration.
    fn calls(&self, arguments: &[Argument], krate: &str) -> Result<String, Problem> {
        let at = |name: &str| arguments.iter().find(|argument| argument.name == name).map(|argument| argument.at);
        let together =
            |one: &str, other: &str| Problem::new(at(other), format!("`{one}` and `{other}` cannot go together"));
        match self {
            Self { schedule: Some(_), schedules: Some(_), .. } => return Err(together("schedule", "schedules")),
            Self { schedule: Some(_), delays: Some(_), .. } => return Err(together("schedule", "delays")),
            Self { schedule: Some(_), threads: Some(_), .. } => return Err(together("schedule", "threads")),
            Self { schedule: Some(_), seed: Some(_), .. } => return Err(together("schedule", "seed")),
            Self { delays: Some(_), seed: Some(_), .. } => return Err(together("delays", "seed")),
            Self { schedule: Some(_), slow_steps: Some(_), .. } => return Err(together("schedule", "slow_steps")),
            Self { delays: Some(_), slow_steps: Some(_), .. } => return Err(together("delays", "slow_steps")),
            _ => {}
        }
        let number =
            |name: &str, value: Option<u64>| value.map(|value| format!(".{name}({value})")).unwrap_or_default();
        let schedule = self
            .schedule
            .as_ref()
            .map(|token| format!(".schedule(&{token:?}.parse().expect(\"`schedule` of `#[asyncio::test]`\"))"));
        let delays = self.delays.map(|delays| format!(".strategy({krate}::simulation::Strategy::Delays({delays}))"));
        let slow = self.slow_steps.map(|seconds| format!(".slow_steps({seconds:?})"));
        let numbers = [("schedules", self.schedules), ("threads", self.threads), ("seed", self.seed)];
        let numbers = numbers.map(|(name, value)| Some(number(name, value)));
        let parts = numbers.into_iter().chain([slow, schedule, delays]);
        Ok(parts.flatten().collect())
    }
}

/// The code that is written around the body.
struct Wrapper {
    /// Code that runs before the body, in the same task.
    first: TokenStream,
    attribute: &'static str,
    /// The return type of the function, if it has one.
    returns: Option<&'static str>,
    /// The function that converts the body's return value into a result of asyncio's.
    settle: String,
    /// The call that runs it all.
    run: String,
}

impl Wrapper {
    /// `ATTRIBUTE … fn NAME() { async fn NAME() { FIRST async fn NAME() { … } SETTLE(NAME().await) } RUN }`.
    fn around(self, function: Function, krate: &str) -> TokenStream {
        let Function { before, name, returns, body } = function;
        let tokens = |text: &str| -> TokenStream { text.parse().expect("it is Rust") };
        let block = |tokens: TokenStream| TokenTree::Group(Group::new(Delimiter::Brace, tokens));
        let head = format!("async fn {name}() ->");
        let mut coroutine = self.first;
        coroutine.extend(tokens(&head));
        coroutine.extend(returns.clone());
        coroutine.extend([TokenTree::Group(body)]);
        coroutine.extend(tokens(&format!("{}({name}().await)", self.settle)));
        let mut inner = tokens(&format!("{head} {krate}::Result<"));
        inner.extend(if self.returns.is_some() { returns } else { tokens("()") });
        inner.extend(tokens(">"));
        inner.extend([block(coroutine)]);
        inner.extend(tokens(&self.run));
        let mut whole = tokens(self.attribute);
        whole.extend(before);
        whole.extend(tokens("fn"));
        whole.extend([TokenTree::Ident(name)]);
        whole.extend(tokens(&format!(
            "() {}",
            self.returns.map_or_else(String::new, |returns| format!("-> {returns}"))
        )));
        whole.extend([block(inner)]);
        whole
    }
}
