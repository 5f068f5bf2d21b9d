// The page behind an EVSE's sticker: price, payment, live session, receipt. Everything it knows comes from /graphql.
import { words } from "/charge-page/words.js";

const german = (navigator.languages || [navigator.language]).map(l => l.slice(0, 2)).find(l => l === "de" || l === "en") === "de";
const say = words[german ? "de" : "en"], locale = german ? "de" : "en";
const $ = id => document.getElementById(id);
const name = decodeURIComponent(location.pathname.split("/").filter(Boolean).pop() || "");
const POLL_MS = 1500, SLOW_MS = 6000, OVER = ["CAPTURED", "RELEASED", "EXPIRED", "FAILED"];
const LOOK = `query($evse: ID!, $locale: String) { evse(evseId: $evse, locale: $locale) { id evseId physicalReference operatorName availability
  location { name address postalCode city helpPhone } connectors { standard format maxPowerW }
  priceSign { label unit price currency condition } holdAmount { amountMinor currency } } }`;
const QUOTE = `query($evse: ID!, $voucher: String) { quote(evseId: $evse, voucherCode: $voucher) { id holdAmount { amountMinor currency } } }`;
const INTENT = `mutation($evse: ID!, $quote: ID!, $back: Url!, $contact: String, $target: TargetInput, $key: String!) {
  chargeIntentCreate(evseId: $evse, quoteId: $quote, returnUrl: $back, contact: $contact, target: $target,
    options: { idempotencyKey: $key, waitSeconds: 25 }) { hold { id status } checkoutUrl guestToken
    errors { code message ... on Refusal { subjectId } } } }`;
const MINE = `{ holds { nodes { id status failure releaseReason checkoutUrl payBy provisional amount { amountMinor currency }
  wanted { amountMinor currency } captured { amountMinor currency }
  pluggedElsewhere { evse { id evseId physicalReference } objection { code } }
  session { id status startedAt endedAt energyWh powerW socPercent stopReason steps { name state at deadline code message }
    cost { price { total { amountMinor currency } } lines { dimension amount { total { amountMinor currency } } } } evse { status } documents { id kind number url } } } } }`;
const STOP = `mutation($id: ID!, $key: String!) { sessionStop(sessionId: $id, options: { idempotencyKey: $key, waitSeconds: 15 }) { errors { code message } } }`;
const MOVE = `mutation($id: ID!, $evse: ID!, $key: String!) { chargeIntentMove(id: $id, evseId: $evse, options: { idempotencyKey: $key, waitSeconds: 5 }) { errors { code message } } }`;
const CANCEL = `mutation($id: ID!, $key: String!) { holdRelease(id: $id, options: { idempotencyKey: $key, waitSeconds: 5 }) { errors { code message } } }`;

const LETTER = `mutation($evse: ID!, $contact: String!) { guestAccessRequest(evseId: $evse, contact: $contact) { errors { code message } } }`;

let evse = null, last = null, timer = null, busy = false;

class Failed extends Error { constructor(code, message) { super(message); this.code = code; } }

async function ask(query, variables, token) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const body = await answer.json();
  const error = body.errors && body.errors[0];
  if (error) throw new Failed((error.extensions || {}).code, error.message);
  return body.data;
}

const digits = currency => new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
const money = m => new Intl.NumberFormat(locale, { style: "currency", currency: m.currency }).format(m.amountMinor / 10 ** digits(m.currency));
const minus = (a, b) => ({ amountMinor: a.amountMinor - b.amountMinor, currency: a.currency });
const number = (value, most) => new Intl.NumberFormat(locale, { maximumFractionDigits: most }).format(value);
const clock = at => new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(new Date(at));
const key = () => crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, "0")).join("");

function put(id, text) { if ($(id).textContent !== text) $(id).textContent = text; }
function show(id, shown) { $(id).hidden = !shown; }
function notice(text, bad) { put("notice", text || ""); $("notice").classList.toggle("bad", !!bad); }
function make(tag, text, ...classes) { const made = document.createElement(tag); made.textContent = text; made.classList.add(...classes.filter(Boolean)); return made; }

// Where this phone keeps the way back, by EVSE. Without storage the way back lasts as long as the page.
const memory = new Map();
const slot = () => `voltgraph.guest.${evse.id}`;
function kept() { try { return localStorage.getItem(slot()); } catch { return memory.get(slot()) || null; } }
function keep(token) { try { localStorage.setItem(slot(), token); } catch { memory.set(slot(), token); } }
function forget() { try { localStorage.removeItem(slot()); } catch { memory.delete(slot()); } }

// A mailed link brings its secret behind the #, which no server sees; nor does anybody who looks at the address later.
function arrive() {
  const found = /^#guest=(vgg_[A-Za-z0-9_-]{20,100})$/.exec(location.hash);
  if (!found) return;
  keep(found[1]);
  history.replaceState(null, "", location.pathname);
}

async function askLetter(event) {
  event.preventDefault();
  const contact = $("lost-contact").value.trim();
  if (!contact) { $("lost-contact").focus(); return; }
  $("lost-button").disabled = true;
  try {
    const made = (await ask(LETTER, { evse: evse.id, contact })).guestAccessRequest;
    const error = made.errors[0];
    notice(error ? say.refused[error.code] || `${say.sorry} ${error.message}` : say.letterSent, !!error);
  } catch (error) { notice(say.refused[error.code] || `${say.sorry} ${error.message}`, true); }
  $("lost-button").disabled = false;
}

// What the driver set at the charger before scanning its code: the address says it in Wh, seconds and the tariff's currency.
const asked = new URLSearchParams(location.search), limit = name => { const value = Number(asked.get(name)); return value > 0 && value < 1e9 ? value : null; };
const limits = { energy: limit("maxenergy"), time: limit("maxtime"), cost: limit("maxcost") };

function limited() {
  const parts = [limits.energy && `${number(limits.energy / 1000, 2)} kWh`, limits.time && say.minutes(number(limits.time / 60, 0)),
    limits.cost && evse.holdAmount && new Intl.NumberFormat(locale, { style: "currency", currency: evse.holdAmount.currency }).format(limits.cost)].filter(Boolean);
  show("limits", parts.length > 0);
  put("limits", parts.length ? say.limits(parts.join(", ")) : "");
}

function wish(wantedKwh, currency) {
  const target = {};
  const energy = [wantedKwh > 0 ? Math.round(wantedKwh * 1000) : null, limits.energy && Math.round(limits.energy)].filter(Boolean);
  if (energy.length) target.energyWh = Math.min(...energy);
  if (limits.cost) target.costLimitMinor = Math.round(limits.cost * 10 ** digits(currency));
  if (limits.time) target.durationS = Math.round(limits.time);
  return Object.keys(target).length ? target : null;
}

function head() {
  put("title", [evse.evseId, evse.physicalReference].filter(Boolean).join(" · ") || evse.location.name);
  put("operator", evse.operatorName);
  const place = evse.location, plugs = evse.connectors.map(c => `${say.plug[c.standard] || c.standard} ${number(c.maxPowerW / 1000, 0)} kW`);
  put("place", [place.name, place.address, [place.postalCode, place.city].filter(Boolean).join(" "), plugs.join(", ")].filter(Boolean).join(" · "));
  put("help", place.helpPhone ? say.help(place.helpPhone) : "");
  document.title = `${say.title} ${evse.evseId || ""}`;
}

function offer() {
  show("live", false);
  show("offer", true);
  put("price-title", say.price);
  $("prices").replaceChildren(...evse.priceSign.map(line => {
    const row = document.createElement("tr");
    const what = line.condition ? `${line.label} (${line.condition})` : line.label;
    const price = new Intl.NumberFormat(locale, { style: "currency", currency: line.currency, maximumFractionDigits: 4 }).format(Number(line.price));
    row.append(make("td", what), make("td", `${price} / ${line.unit}`));
    return row;
  }));
  put("hold", evse.holdAmount ? say.hold(money(evse.holdAmount)) : say.noPrice);
  limited();
  put("availability", say.availability[evse.availability]);
  show("pay", evse.availability === "AVAILABLE" && !!evse.holdAmount);
  show("lost", true);
}

async function pay(event) {
  event.preventDefault();
  const wanted = Number($("energy").value.replace(",", "."));
  if ($("energy").value.trim() && !(wanted > 0 && wanted <= 1000)) { notice(say.badEnergy, true); $("energy").focus(); return; }
  const target = wish(wanted, evse.holdAmount.currency);
  $("pay-button").disabled = true;
  notice(say.preparing);
  try {
    const quote = (await ask(QUOTE, { evse: evse.id, voucher: $("voucher").value.trim() || null })).quote;
    const made = (await ask(INTENT, { evse: evse.id, quote: quote.id, back: location.origin + location.pathname,
      contact: $("contact").value.trim() || null, target, key: key() })).chargeIntentCreate;
    if (made.errors.length) throw new Failed(made.errors[0].code, made.errors[0].message);
    keep(made.guestToken);
    if (made.checkoutUrl) { location.assign(made.checkoutUrl); return; }
    await follow();
  } catch (error) {
    notice(say.refused[error.code] || `${say.sorry} ${error.message}`, true);
    await look().catch(() => {});
  } finally { $("pay-button").disabled = false; }
}

const left = one => {
  if (one.state !== "WAITING" || !one.deadline) return "";
  const seconds = Math.round((new Date(one.deadline) - Date.now()) / 1000);
  return " " + (seconds > 0 ? say.within(seconds) : say.soon);
};

// What changed is read out once; a countdown is not.
function list(steps) {
  const seen = JSON.stringify(steps.map(one => [one.name, one.state]));
  if ($("steps").dataset.seen !== seen) $("steps").replaceChildren(...steps.map(step));
  $("steps").dataset.seen = seen;
  steps.forEach((one, at) => { $("steps").children[at].querySelector(".left").textContent = left(one); });
}

function step(one) {
  const item = make("li", "", one.state), mark = make("span", say.mark[one.state] || "·", "mark"), text = make("span", "");
  mark.ariaHidden = "true";
  let said = say.step[one.name] ? say.step[one.name][one.state] || say.step[one.name].WAITING : one.name;
  if (one.state === "DONE" && one.at) said += ` (${clock(one.at)})`;
  text.textContent = said;
  const count = make("span", "", "left");
  count.ariaHidden = "true";
  text.append(count);
  item.append(mark, text);
  return item;
}

const state = (session, name) => ((session && session.steps.find(one => one.name === name)) || {}).state;

const at = one => one.physicalReference || one.evseId || "?";

// What is happening, and what happens with the money: one sentence each, whatever went wrong.
function story(hold) {
  const session = hold.session, held = money(hold.amount), back = money(minus(hold.amount, hold.captured));
  const silent = session && session.status === "ACTIVE" && !session.endedAt && session.evse && session.evse.status === "UNKNOWN";
  switch (hold.status) {
    case "CREATED": case "ACTION_REQUIRED":
      return hold.failure ? [say.declined, say.nothingHeld, true] : [say.unpaid(clock(hold.payBy)), say.nothingHeld];
    case "HELD":
      if (!session) return [say.asking, say.held(held)];
      if (silent) return [say.silent, say.heldSilent(held), true];
      if (state(session, "UNPLUGGED") === "WAITING") return [say.staying, say.held(held)];
      if (session.endedAt) return [say.ended, say.held(held)];
      if (session.startedAt) return [say.charging, say.held(held)];
      if (hold.pluggedElsewhere) return [say.elsewhere(at(hold.pluggedElsewhere.evse), !hold.pluggedElsewhere.objection), say.held(held), true];
      return [session.status === "INVALID" ? say.notStarted : say.plugIn, say.held(held)];
    case "CAPTURED": return [hold.provisional ? say.provisional : say.done, say.captured(money(hold.captured), back)];
    case "RELEASED":
      if (state(session, "START_ACCEPTED") === "FAILED") return [say.chargerRefused, say.released, true];
      if (state(session, "TRANSACTION_STARTED") === "FAILED") return [say.nobodyPlugged, say.released, true];
      return [say.reason[hold.releaseReason] || say.notStarted, say.released];
    case "EXPIRED": return [say.expired, say.nothingTaken, true];
    default: return [say.declined, say.nothingTaken, true];
  }
}

function live(hold) {
  const session = hold.session, over = OVER.includes(hold.status), unpaid = ["CREATED", "ACTION_REQUIRED"].includes(hold.status);
  show("offer", false);
  show("lost", false);
  show("live", true);
  put("live-title", over ? say.over : say.yours);
  const [what, purse, bad] = story(hold);
  notice(what, bad);
  put("money", purse);
  const cost = session && session.cost ? money(session.cost.price.total) : "–";
  const facts = session ? [[say.energy, `${number(session.energyWh / 1000, 2)} kWh`], [say.cost, cost],
    session.endedAt || session.powerW == null ? [say.battery, session.socPercent == null ? "–" : `${session.socPercent} %`]
      : [say.power, `${number(session.powerW / 1000, 1)} kW`]] : [];
  const stay = session && session.cost ? session.cost.lines.filter(line => line.dimension === "PARKING_TIME") : [];
  if (stay.length) facts.splice(2, 0, [say.stay, money({ amountMinor: stay.reduce((sum, line) => sum + Number(line.amount.total.amountMinor), 0), currency: stay[0].amount.total.currency })]);
  $("numbers").replaceChildren(...facts.map(([label, value]) => { const pair = make("div", ""); pair.append(make("dt", label), make("dd", value)); return pair; }));
  const steps = session ? session.steps.filter(one => say.step[one.name] && !(over && one.state === "WAITING")) : [];
  list(steps);
  const documents = session ? session.documents.filter(one => one.url) : [];
  $("documents").replaceChildren(...documents.map(one => {
    const item = make("li", ""), link = make("a", `${say.document[one.kind] || one.kind} ${one.number}`);
    link.href = one.url;
    item.append(link);
    return item;
  }));
  show("pay-link", unpaid && !!hold.checkoutUrl);
  if (hold.checkoutUrl) { $("pay-link").href = hold.checkoutUrl; put("pay-link", say.payNow); }
  show("cancel", unpaid || !!hold.pluggedElsewhere);
  show("move", !!hold.pluggedElsewhere && !hold.pluggedElsewhere.objection);
  show("stop", !over && !!session && session.status === "ACTIVE" && !!session.startedAt && !session.endedAt);
  show("again", over);
}

async function end(query, variables, button) {
  $(button).disabled = true;
  try {
    const made = Object.values(await ask(query, { ...variables, key: key() }, kept()))[0];
    if (made.errors.length) notice(say.refused[made.errors[0].code] || `${say.sorry} ${made.errors[0].message}`, true);
  } catch (error) { notice(`${say.sorry} ${error.message}`, true); }
  $(button).disabled = false;
  await follow();
}

async function follow() {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  let again = SLOW_MS;
  try {
    const token = kept();
    if (!token) { await look(); return; }
    last = (await ask(MINE, {}, token)).holds.nodes[0] || null;
    if (!last) { forget(); await look(); return; }
    live(last);
    again = OVER.includes(last.status) ? SLOW_MS : POLL_MS;
  } catch (error) {
    if (error.code === "UNAUTHENTICATED") { forget(); await look().catch(() => {}); return; }
    notice(say.offline, true);
  } finally {
    busy = false;
    timer = setTimeout(follow, again);
  }
}

async function look() {
  const found = (await ask(LOOK, { evse: name, locale })).evse;
  if (!found) { evse = null; show("offer", false); show("live", false); show("lost", false); put("title", say.unknownTitle); notice(say.unknown, true); return; }
  evse = found;
  arrive();
  head();
  if (!kept()) offer();
}

async function begin() {
  document.documentElement.lang = locale;
  put("energy-label", say.energyWish); put("energy-hint", say.energyHint); put("contact-label", say.contact); put("voucher-label", say.voucher);
  put("pay-button", say.pay); put("cancel", say.cancel); put("stop", say.stop); put("again", say.again);
  $("pay").addEventListener("submit", pay);
  $("stop").addEventListener("click", () => end(STOP, { id: last.session.id }, "stop"));
  put("move", say.move); put("lost-title", say.lost); put("lost-label", say.lostContact); put("lost-button", say.lostSend);
  $("lost-form").addEventListener("submit", askLetter);
  $("move").addEventListener("click", () => end(MOVE, { id: last.id, evse: last.pluggedElsewhere.evse.id }, "move"));
  $("cancel").addEventListener("click", () => end(CANCEL, { id: last.id }, "cancel"));
  $("again").addEventListener("click", () => { forget(); notice(""); follow(); });
  try {
    const facts = await (await fetch("/charge-page/facts")).json();
    show("simulated", facts.simulated); put("simulated", facts.simulated ? say.simulated : "");
    await look();
    if (evse) await follow();
  } catch { notice(say.offline, true); timer = setTimeout(begin, SLOW_MS); }
}

// A phone that wakes up asks at once.
document.addEventListener("visibilitychange", () => { if (!document.hidden && evse) follow(); });
begin();
