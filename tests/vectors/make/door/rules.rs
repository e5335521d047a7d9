//! JSON that the door reads: the policy's words about sales, guests, the notes of drills.

use serde_json::{Value, json};
use sync_protocol::policy::{Policy, Price, Supervisor, WalkIn};

use super::super::scene::{class, policy};
use super::super::with;

const PIN: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";

fn supervisor(name: &str) -> Supervisor {
    Supervisor { name: name.into(), pin: PIN.into() }
}

fn selling() -> Policy {
    let mut selling = policy();
    selling.classes = vec![class(6), class(7)];
    selling.classes[1].price = Some(Price { amount: 1_200, currency: "EUR".into() });
    selling.switches.walk_in = WalkIn::Overflow;
    selling.limits.walk_in_overflow_cap = 5;
    selling.supervisors = vec![supervisor("Ruth")];
    selling
}

fn says(walk_in: &str, cap: u32, price: Value, supervisors: Value) -> Value {
    json!({"says": {
        "walk_in": walk_in, "walk_in_overflow_cap": cap, "prices": [[6, null], [7, price]], "supervisors": supervisors,
    }})
}

pub(super) fn policies() -> Vec<Value> {
    let text = |policy: &Policy| serde_json::to_string(policy).unwrap();
    let whole = text(&selling());
    let euros = || json!({"amount": 1_200, "currency": "EUR"});
    let ruth = || json!([{"name": "Ruth", "pin": PIN}]);
    let case = |name: &str, text: &str, expect: Value| with(json!({"name": name, "text": text}), expect);
    // Every change must change something, or the case would say nothing.
    let changed = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        whole.replacen(from, to, 1)
    };

    let mut nothing = selling();
    (nothing.switches, nothing.limits, nothing.supervisors) = (policy().switches, policy().limits, vec![]);
    nothing.classes[1].price = None;
    let bare = text(&nothing);
    for word in ["walk_in", "price", "supervisors"] {
        assert!(!bare.contains(word), "{word}");
    }
    let mut many = selling();
    many.supervisors = (1..=100).map(|n| supervisor(&format!("Ruth {n}"))).collect();
    let hundred: Vec<Value> = (1..=100).map(|n| json!({"name": format!("Ruth {n}"), "pin": PIN})).collect();
    let long_pin = format!("{PIN}{}", "a".repeat(200 - PIN.len()));
    let long_name = "\u{e9}".repeat(64);
    let named = |name: &str| changed("\"Ruth\"", &format!("\"{name}\""));
    let pinned = |pin: &str| changed(PIN, pin);
    let cap = |cap: &str| changed("\"walk_in_overflow_cap\":5", &format!("\"walk_in_overflow_cap\":{cap}"));
    let switch = |word: &str| changed("\"walk_in\":\"overflow\"", &format!("\"walk_in\":{word}"));
    let price = |price: &str| changed("{\"amount\":1200,\"currency\":\"EUR\"}", price);

    let mut cases = vec![
        case("all of it", &whole, says("overflow", 5, euros(), ruth())),
        case("none of it", &bare, says("deny", 20, Value::Null, json!([]))),
        case("deny by name", &switch("\"deny\""), says("deny", 5, euros(), ruth())),
        case("a supervisor", &switch("\"supervisor\""), says("supervisor", 5, euros(), ruth())),
        case("the usual cap by name", &cap("20"), says("overflow", 20, euros(), ruth())),
        case("a cap of none", &cap("0"), says("overflow", 0, euros(), ruth())),
        case("the largest cap", &cap("4294967295"), says("overflow", u32::MAX, euros(), ruth())),
        case("no price by name", &price("null"), says("overflow", 5, Value::Null, ruth())),
        case("100 supervisors", &text(&many), says("overflow", 5, euros(), json!(hundred))),
        case("no supervisors by name", &bare.replacen("\"limits\"", "\"supervisors\":[],\"limits\"", 1), {
            says("deny", 20, Value::Null, json!([]))
        }),
        case("the longest name", &named(&long_name), {
            says("overflow", 5, euros(), json!([{"name": long_name, "pin": PIN}]))
        }),
        case("the longest PIN", &pinned(&long_pin), {
            says("overflow", 5, euros(), json!([{"name": "Ruth", "pin": long_pin}]))
        }),
    ];
    for (name, amount) in [("a price of nothing", 0), ("the highest price", u32::MAX)] {
        let text = price(&format!("{{\"amount\":{amount},\"currency\":\"JPY\"}}"));
        cases.push(case(name, &text, says("overflow", 5, json!({"amount": amount, "currency": "JPY"}), ruth())));
    }

    many.supervisors.push(supervisor("Ruth 101"));
    let amount = |amount: &str| price(&format!("{{\"amount\":{amount},\"currency\":\"EUR\"}}"));
    let currency = |currency: &str| price(&format!("{{\"amount\":1,\"currency\":{currency}}}"));
    let one = format!("{{\"name\":\"Ruth\",\"pin\":\"{PIN}\"}}");
    for (name, text) in [
        ("walk_in of another word", switch("\"sometimes\"")),
        ("walk_in in capitals", switch("\"Deny\"")),
        ("walk_in of no word", switch("true")),
        ("walk_in among the limits", changed("\"walk_in_overflow_cap\":5", "\"walk_in\":\"deny\"")),
        ("the cap among the switches", changed("\"walk_in\":\"overflow\"", "\"walk_in_overflow_cap\":5")),
        ("a cap below none", cap("-1")),
        ("a cap of 2^32", cap("4294967296")),
        ("a cap of a half", cap("0.5")),
        ("a cap of no number", cap("\"5\"")),
        ("a cap twice", cap("5,\"walk_in_overflow_cap\":5")),
        ("a price below nothing", amount("-1")),
        ("a price of 2^32", amount("4294967296")),
        ("a price with a point", amount("12.0")),
        ("a price with an exponent", amount("1e2")),
        ("a price of no number", amount("\"1200\"")),
        ("a price without an amount", price("{\"currency\":\"EUR\"}")),
        ("a price without a currency", price("{\"amount\":1}")),
        ("a price that says more", price("{\"amount\":1,\"currency\":\"EUR\",\"tax\":19}")),
        ("a price of the event", changed("\"limits\"", "\"price\":{\"amount\":1,\"currency\":\"EUR\"},\"limits\"")),
        ("a currency of small letters", currency("\"eur\"")),
        ("a currency of two letters", currency("\"EU\"")),
        ("a currency of four letters", currency("\"EURO\"")),
        ("a currency of no letters", currency("\"\"")),
        ("a currency with a digit", currency("\"E1R\"")),
        ("a currency beyond ASCII", currency("\"\u{c9}R\"")),
        ("a currency of no text", currency("978")),
        ("101 supervisors", text(&many)),
        ("a supervisor twice", changed(&one, &format!("{one},{one}"))),
        ("a supervisor without a PIN", changed(&one, "{\"name\":\"Ruth\"}")),
        ("a supervisor without a name", changed(&one, &format!("{{\"pin\":\"{PIN}\"}}"))),
        ("a supervisor who is more", changed(&one, &one.replacen('{', "{\"until\":1,", 1))),
        ("a supervisor alone", changed(&format!("[{one}]"), &one)),
        ("a name of nothing", named("")),
        ("a name of 129 bytes", named(&"n".repeat(129))),
        ("a name with a control character", named("Ru\\u0007th")),
        ("a name that is not in normal form C", named("Zoe\u{308}")),
        ("a name that is no text", named("\\ud800")),
        ("a PIN in the clear", pinned("1234")),
        ("a PIN of another function", pinned("$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")),
        ("a PIN with a space", pinned(&format!("{PIN} "))),
        ("a PIN beyond ASCII", pinned(&format!("{PIN}\u{e9}"))),
        ("a PIN of 201 bytes", pinned(&format!("{long_pin}a"))),
    ] {
        cases.push(case(name, &text, json!({"refused": true})));
    }
    cases
}

pub(super) fn guests() -> Vec<Value> {
    let case = |name: &str, data: &[u8], expect: Value| with(json!({"name": name, "data": hex::encode(data)}), expect);
    let good = |name: &str, data: &str, guest: &str, email: &str| {
        case(name, data.as_bytes(), json!({"says": {"name": guest, "email": email}}))
    };
    let (n128, e128) = ("n".repeat(128), "e".repeat(128));
    let mut cases = vec![
        good("a name", r#"{"name":"Ada Lovelace"}"#, "Ada Lovelace", ""),
        good("a name and an e-mail address", r#"{"name":"Ada","email":"ada@example.org"}"#, "Ada", "ada@example.org"),
        good("the other way round", r#"{ "email": "a@b", "name": "Ada" }"#, "Ada", "a@b"),
        good("no e-mail address by name", r#"{"name":"Ada","email":""}"#, "Ada", ""),
        good("other scripts", "{\"name\":\"Zo\u{eb} \u{5c71}\u{7530}\"}", "Zo\u{eb} \u{5c71}\u{7530}", ""),
        good("escapes", r#"{"name":"Zo\u00eb \ud83c\udf9f"}"#, "Zo\u{eb} \u{1f39f}", ""),
        good("the longest", &format!("{{\"name\":\"{n128}\",\"email\":\"{e128}\"}}"), &n128, &e128),
    ];
    let too_long = format!("{{\"name\":\"Ada\"{}}}", " ".repeat(2_048 - 13));
    assert_eq!(too_long.len(), 2_049);
    for (name, data) in [
        ("nothing", String::new()),
        ("nobody", "{}".into()),
        ("no name", r#"{"email":"ada@example.org"}"#.into()),
        ("an empty name", r#"{"name":""}"#.into()),
        ("a name of no text", r#"{"name":1}"#.into()),
        ("a name of null", r#"{"name":null}"#.into()),
        ("an e-mail address of null", r#"{"name":"Ada","email":null}"#.into()),
        ("a space before the name", r#"{"name":" Ada"}"#.into()),
        ("a space after the name", r#"{"name":"Ada "}"#.into()),
        ("a no-break space after the name", "{\"name\":\"Ada\u{a0}\"}".into()),
        ("a name of a space", r#"{"name":" "}"#.into()),
        ("a space before the e-mail address", r#"{"name":"Ada","email":" a@b"}"#.into()),
        ("a control character in the name", r#"{"name":"A\u0007da"}"#.into()),
        ("a control character in the e-mail address", r#"{"name":"Ada","email":"a\u0085b"}"#.into()),
        ("a name that is not in normal form C", "{\"name\":\"Zoe\u{308}\"}".into()),
        ("a name that is no text at all", r#"{"name":"A\ud800"}"#.into()),
        ("a name of 129 bytes", format!("{{\"name\":\"{n128}n\"}}")),
        ("a name of 130 bytes and 65 letters", format!("{{\"name\":\"{}\"}}", "\u{e9}".repeat(65))),
        ("an e-mail address of 129 bytes", format!("{{\"name\":\"Ada\",\"email\":\"{e128}e\"}}")),
        ("a telephone number", r#"{"name":"Ada","phone":"1"}"#.into()),
        ("a name twice", r#"{"name":"Ada","name":"Ada"}"#.into()),
        ("a list", r#"["Ada"]"#.into()),
        ("a name alone", r#""Ada""#.into()),
        ("two guests", r#"{"name":"Ada"}{"name":"Zoe"}"#.into()),
        ("a comma too many", r#"{"name":"Ada",}"#.into()),
        ("no end", r#"{"name":"Ada""#.into()),
        ("2 049 bytes", too_long),
    ] {
        cases.push(case(name, data.as_bytes(), json!({"refused": true})));
    }
    let utf_16: Vec<u8> = r#"{"name":"Ada"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    cases.push(case("another encoding", &utf_16, json!({"refused": true})));
    cases.push(case("a byte order mark", b"\xef\xbb\xbf{\"name\":\"Ada\"}", json!({"refused": true})));
    cases.push(case("a name that is not UTF-8", b"{\"name\":\"A\xff\"}", json!({"refused": true})));
    cases
}

pub(super) fn drills() -> Vec<Value> {
    let case = |name: &str, note: &str, expect: Value| with(json!({"name": name, "note": note}), expect);
    let check = |name: &str| format!("{{\"check\":\"{name}\",\"light\":\"green\"}}");
    let note = |checks: &[String]| format!("{{\"checks\":[{}]}}", checks.join(","));
    let names = |count: u8| (0..count).map(|n| char::from(b'a' + n).to_string()).collect::<Vec<_>>();
    let twenty: Vec<_> = names(20).iter().map(|name| check(name)).collect();
    let twenty_one: Vec<_> = names(21).iter().map(|name| check(name)).collect();
    let says = |checks: Value| json!({"says": checks});
    let remark = |remark: &str| format!(r#"{{"checks":[{{"check":"clock","light":"amber","remark":"{remark}"}}]}}"#);
    let light = |light: &str| format!(r#"{{"checks":[{{"check":"clock","light":{light}}}]}}"#);
    let r64 = "\u{e9}".repeat(32);
    let mut cases = vec![
        case(
            "three lights",
            {
                "{\"checks\":[{\"check\":\"list\",\"light\":\"green\"},{\"check\":\"clock\",\"light\":\"amber\",\"remark\":\"\
             \u{b1} 900 ms\"},{\"check\":\"test_code\",\"light\":\"red\",\"remark\":\"no code\"}]}"
            },
            says(json!([["list", "green", ""], ["clock", "amber", "\u{b1} 900 ms"], ["test_code", "red", "no code"]])),
        ),
        case("nothing was checked", r#"{"checks":[]}"#, says(json!([]))),
        case("an empty remark", &remark(""), says(json!([["clock", "amber", ""]]))),
        case("the longest remark", &remark(&r64), says(json!([["clock", "amber", r64]]))),
        case("the longest name", &note(&[check("abcdefghij_klmnopqrs")]), {
            says(json!([["abcdefghij_klmnopqrs", "green", ""]]))
        }),
        case(
            "20 checks",
            &note(&twenty),
            says(json!(names(20).iter().map(|name| json!([name, "green", ""])).collect::<Vec<_>>())),
        ),
    ];
    let padding = " ".repeat(1_024);
    for (name, note) in [
        ("nothing", String::new()),
        ("words", "camera unplugged".into()),
        ("no checks", "{}".into()),
        ("a list", format!("[[{}]]", check("clock"))),
        ("checks that are no list", r#"{"checks":{}}"#.into()),
        ("checks twice", r#"{"checks":[],"checks":[]}"#.into()),
        ("more than checks", r#"{"checks":[],"by":"Grace"}"#.into()),
        ("more than a check", r#"{"checks":[{"check":"clock","light":"green","at":1}]}"#.into()),
        ("21 checks", note(&twenty_one)),
        ("a check twice", note(&[check("clock"), check("clock")])),
        ("a check without a name", note(&[check("")])),
        ("a check without its name", r#"{"checks":[{"light":"green"}]}"#.into()),
        ("a name of 21 letters", note(&[check("abcdefghijklmnopqrstu")])),
        ("a capital letter", note(&[check("Clock")])),
        ("a digit", note(&[check("clock2")])),
        ("a hyphen", note(&[check("test-code")])),
        ("a letter beyond ASCII", note(&[check("cl\u{f6}ck")])),
        ("no light", r#"{"checks":[{"check":"clock"}]}"#.into()),
        ("a blue light", light("\"blue\"")),
        ("a light in capitals", light("\"Green\"")),
        ("a light of a number", light("1")),
        ("a remark of 65 bytes", remark(&format!("{r64}a"))),
        ("a remark of null", r#"{"checks":[{"check":"clock","light":"red","remark":null}]}"#.into()),
        ("a remark with a control character", remark("\\u0007")),
        ("a remark that is not in normal form C", remark("e\u{301}")),
        ("1 025 bytes", format!("{{\"checks\":[{}]}}", &padding[..1_012])),
    ] {
        cases.push(case(name, &note, json!({"refused": true})));
    }
    cases
}
